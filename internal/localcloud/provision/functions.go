package provision

import (
	"fmt"
	"maps"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Functions makes the functions be there, each with the bootstrap of its logical id. Their calls of AWS go to endpoint.
func Functions(host *lambdahost.Host, stack *template.Stack, bootstraps map[string]string, endpoint string) error {
	for _, described := range stack.Functions {
		environment := maps.Clone(described.Environment)
		environment["AWS_ENDPOINT_URL"] = endpoint
		err := host.Create(lambdahost.Function{
			Name:        described.Name,
			LogicalID:   described.LogicalID,
			Description: described.Description,
			Bootstrap:   bootstraps[described.LogicalID],
			Environment: environment,
			Timeout:     described.Timeout,
			MemoryMB:    described.MemoryMB,
			Role:        described.RoleARN,
			LogGroup:    described.Logging.LogGroup,
			LogFormat:   described.Logging.Format,
			LogLevel:    described.Logging.ApplicationLevel,
			Tracing:     described.Tracing,
			Reserved:    described.ReservedConcurrency,
			MaxRetries:  described.Async.Retry.MaximumRetryAttempts,
			MaxAge:      described.Async.Retry.MaximumEventAge,
			OnFailure:   described.Async.OnFailureARN,
			Permissions: permissionsOf(stack, described.ARN),
		})
		if err != nil {
			return fmt.Errorf("function %s: %w", described.LogicalID, err)
		}
	}
	return nil
}

// permissionsOf are the stack's permissions that are about a function.
func permissionsOf(stack *template.Stack, functionARN string) []lambdahost.Permission {
	var permissions []lambdahost.Permission
	for _, p := range stack.Permissions {
		if p.FunctionARN == functionARN {
			permissions = append(permissions, lambdahost.Permission{
				SID: p.LogicalID, Action: p.Action, Principal: p.Principal, SourceARN: p.SourceARN, SourceAccount: p.SourceAccount,
			})
		}
	}
	return permissions
}
