package template

// Join is what some stacks describe together, in their order.
func Join(stacks ...*Stack) *Stack {
	joined := &Stack{}
	for _, s := range stacks {
		joined.Buses = append(joined.Buses, s.Buses...)
		joined.Rules = append(joined.Rules, s.Rules...)
		joined.Archives = append(joined.Archives, s.Archives...)
		joined.Functions = append(joined.Functions, s.Functions...)
		joined.Permissions = append(joined.Permissions, s.Permissions...)
		joined.Queues = append(joined.Queues, s.Queues...)
		joined.Tables = append(joined.Tables, s.Tables...)
		joined.ScheduleGroups = append(joined.ScheduleGroups, s.ScheduleGroups...)
		joined.Schedules = append(joined.Schedules, s.Schedules...)
		joined.Registries = append(joined.Registries, s.Registries...)
		joined.LogGroups = append(joined.LogGroups, s.LogGroups...)
		joined.Roles = append(joined.Roles, s.Roles...)
		joined.ManagedPolicies = append(joined.ManagedPolicies, s.ManagedPolicies...)
		joined.Secrets = append(joined.Secrets, s.Secrets...)
		joined.EmailIdentities = append(joined.EmailIdentities, s.EmailIdentities...)
		joined.ConfigurationSets = append(joined.ConfigurationSets, s.ConfigurationSets...)
		joined.Keys = append(joined.Keys, s.Keys...)
		joined.KeyAliases = append(joined.KeyAliases, s.KeyAliases...)
		joined.Alarms = append(joined.Alarms, s.Alarms...)
		joined.Buckets = append(joined.Buckets, s.Buckets...)
		joined.Outputs = append(joined.Outputs, s.Outputs...)
		joined.Declarations = append(joined.Declarations, s.Declarations...)
	}
	return joined
}
