package template_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestProjectTemplate compares what the reader makes of the project's own template with a text that people review.
func TestProjectTemplate(t *testing.T) {
	t.Parallel()
	expectGolden(t, "project", readProject(t, nil))
}

// TestTemplates reads what functions need that send mail, and that post to social networks.
func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"mail", "social"} {
		source, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		expectGolden(t, name, read(t, string(source), nil))
	}
}

func expectGolden(t *testing.T, name string, stack *template.Stack) {
	t.Helper()
	golden := filepath.Join("testdata", name+".golden")
	got := describe(stack)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the template reads otherwise (go test -update accepts it) (-want +got):\n%s", diff)
	}
}

func TestProjectTemplateInProduction(t *testing.T) {
	t.Parallel()
	stack := readProject(t, map[string]string{"Environment": "production", "Architecture": "x86_64"})
	got := fmt.Sprintln(stack.Buses[0].Name, stack.Archives[0].Retention, stack.Tables[0].PointInTimeRecovery,
		stack.LogGroups[0].Retention, stack.Functions[0].Architecture, stack.Functions[0].Environment["TABLE_NAME"])
	if want := "bayon-coagent-events-production 2160h0m0s true 720h0m0s x86_64 BayonCoAgent-production\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestProjectTemplateBesideAnExistingTable(t *testing.T) {
	t.Parallel()
	stack := readProject(t, map[string]string{"ExistingTableName": "Platform"})
	var names []string
	for _, table := range stack.Tables {
		names = append(names, table.Name)
	}
	if diff := cmp.Diff([]string{"BayonCoAgent-idempotency-development"}, names); diff != "" {
		t.Error(diff)
	}
	for _, role := range stack.Roles {
		for _, statement := range role.Statements {
			if statement.SID == "ReadAndWriteAgents" && statement.Resources[0] != "arn:aws:dynamodb:us-east-1:123456789012:table/Platform" {
				t.Errorf("the role %s may use %s", role.LogicalID, statement.Resources[0])
			}
		}
	}
	for _, function := range stack.Functions {
		if function.Environment["TABLE_NAME"] != "Platform" {
			t.Errorf("%s uses the table %q", function.LogicalID, function.Environment["TABLE_NAME"])
		}
	}
}

func readProject(t *testing.T, parameters map[string]string) *template.Stack {
	t.Helper()
	source, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("template.yaml", source, parameters)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// describe tells everything of a stack but line numbers, one thing a line.
func describe(stack *template.Stack) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for _, bus := range stack.Buses {
		line("bus %s: %s, %q, log %s with detail %v", bus.LogicalID, bus.ARN, bus.Description, bus.LogLevel, bus.LogDetail)
	}
	for _, rule := range stack.Rules {
		line("rule %s: %s, enabled %v, %q", rule.LogicalID, rule.ARN, rule.Enabled, rule.Description)
		line("  on %s: %s", rule.Bus, rule.Pattern)
		for _, target := range rule.Targets {
			line("  to %s: %s, %s, else %s", target.ID, target.ARN, retry(target.Retry), target.DeadLetterARN)
		}
	}
	for _, archive := range stack.Archives {
		line("archive %s: %s, %v of %s: %s", archive.LogicalID, archive.ARN, archive.Retention, archive.Bus, archive.Pattern)
	}
	for _, function := range stack.Functions {
		describeFunction(line, function)
	}
	for _, permission := range stack.Permissions {
		line("permission %s: %s may %s on %s for %s%s", permission.LogicalID, permission.Principal, permission.Action,
			permission.FunctionARN, permission.SourceARN, permission.SourceAccount)
	}
	for _, queue := range stack.Queues {
		line("queue %s: %s, %s, %v", queue.LogicalID, queue.ARN, queue.URL, queue.Attributes)
		line("  policy %s", queue.Policy)
	}
	for _, table := range stack.Tables {
		line("table %s: %s, key %v of %v", table.LogicalID, table.ARN, table.Key, table.Attributes)
		for _, index := range table.Indexes {
			line("  index %s: key %v, projects %s %q", index.Name, index.Key, index.Projection, index.NonKey)
		}
		line("  ttl %q, stream %q, recovery %v, encrypted %v, protected %v, retained %v", table.TTLAttribute, table.StreamView,
			table.PointInTimeRecovery, table.Encrypted, table.DeletionProtection, table.Retain)
	}
	for _, group := range stack.ScheduleGroups {
		line("schedule group %s: %s", group.LogicalID, group.ARN)
	}
	for _, schedule := range stack.Schedules {
		line("schedule %s: %s, enabled %v", schedule.LogicalID, schedule.ARN, schedule.Enabled)
		line("  %s in %s, from %v to %v", schedule.Expression, schedule.TimeZone, schedule.Start, schedule.End)
		line("  to %s as %s: %s", schedule.TargetARN, schedule.RoleARN, schedule.Input)
		if schedule.EventSource != "" {
			line("  as the event %s of %s", schedule.EventDetailType, schedule.EventSource)
		}
		line("  %s, else %s", retry(schedule.Retry), schedule.DeadLetterARN)
	}
	for _, registry := range stack.Registries {
		line("registry %s: %s", registry.LogicalID, registry.ARN)
		for _, schema := range registry.Schemas {
			line("  schema %s: %s, %s", schema.LogicalID, schema.ARN, schema.Type)
		}
	}
	for _, group := range stack.LogGroups {
		line("log group %s: %s, %v", group.LogicalID, group.ARN, group.Retention)
	}
	for _, role := range stack.Roles {
		line("role %s: %s, %q", role.LogicalID, role.ARN, role.ManagedPolicies)
		describeStatements(line, "trusts", role.Trust)
		describeStatements(line, "may", role.Statements)
	}
	for _, policy := range stack.ManagedPolicies {
		line("managed policy %s: %s", policy.LogicalID, policy.ARN)
		describeStatements(line, "may", policy.Statements)
	}
	for _, secret := range stack.Secrets {
		line("secret %s: %s, %q, has a value %v, generated %+v", secret.LogicalID, secret.ARN, secret.Description, secret.Value != nil, secret.Generate)
	}
	for _, identity := range stack.EmailIdentities {
		line("e-mail identity %s: %s, with %q", identity.LogicalID, identity.ARN, identity.ConfigurationSet)
	}
	for _, set := range stack.ConfigurationSets {
		line("configuration set %s: %s, paused %v", set.LogicalID, set.ARN, set.Paused)
	}
	for _, key := range stack.Keys {
		line("key %s: %s, %q, disabled %v", key.LogicalID, key.ARN, key.Description, key.Disabled)
	}
	for _, alias := range stack.KeyAliases {
		line("key alias %s: %s of %s", alias.LogicalID, alias.Name, alias.Target)
	}
	for _, alarm := range stack.Alarms {
		line("alarm %s: %s, %q", alarm.LogicalID, alarm.ARN, alarm.Description)
	}
	for _, output := range stack.Outputs {
		line("output %s: %s", output.Name, output.Value)
	}
	return b.String()
}

func describeFunction(line func(string, ...any), function template.Function) {
	line("function %s: %s, invoked at %s", function.LogicalID, function.ARN, function.InvokedARN())
	line("  %s of %s built by %s for %s %s", function.Handler, function.CodeURI, function.BuildMethod, function.Runtime, function.Architecture)
	line("  %d MB, %v, tracing %v, role %s", function.MemoryMB, function.Timeout, function.Tracing, function.RoleARN)
	line("  log %v", function.Logging)
	line("  %s, else %s", retry(function.Async.Retry), function.Async.OnFailureARN)
	for _, name := range slices.Sorted(maps.Keys(function.Environment)) {
		line("  %s=%s", name, function.Environment[name])
	}
}

func describeStatements(line func(string, ...any), verb string, statements []template.Statement) {
	for _, statement := range statements {
		line("  %s %s %q%q on %q if %s", statement.Effect, verb, statement.Principals, statement.Actions, statement.Resources, statement.Condition)
	}
}

func retry(policy template.RetryPolicy) string {
	return fmt.Sprintf("%d retries in %v", policy.MaximumRetryAttempts, policy.MaximumEventAge)
}
