package lambdahost_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

// A permission for an alias lets nobody invoke the function without the alias, and the other way round.
func TestAliasIsInvokedByItsOwnPermission(t *testing.T) {
	t.Parallel()
	rule := "arn:aws:events:us-east-1:123456789012:rule/bus/price"
	definition := echo("price")
	definition.Alias = "live"
	definition.Permissions = []lambdahost.Permission{{
		SID: "Rule", Qualifier: "live", Action: "lambda:InvokeFunction", Principal: iam.EventBridge, SourceARN: rule,
	}}
	host := newHost(t, lambdahost.Config{})
	create(t, host, definition)
	caller := iam.Caller{Service: iam.EventBridge, SourceARN: rule}
	for name, want := range map[string]string{
		arn("price") + ":live":    "",
		arn("price"):              "AccessDeniedException",
		arn("price") + ":$LATEST": "AccessDeniedException",
		arn("price") + ":other":   "ResourceNotFoundException",
	} {
		_, err := host.InvokeAsync(t.Context(), caller, name, []byte("{}"), "")
		if (err == nil) != (want == "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
	}
	client := newClient(t, host)
	policy, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String("price"), Qualifier: aws.String("live")})
	if err != nil || !strings.Contains(*policy.Policy, `"Resource":"`+arn("price")+`:live"`) {
		t.Errorf("the policy %v, error %v", policy, err)
	}
}

// Lambda treats an event as the version or alias says that it was accepted for, and no other.
func TestAliasHasItsOwnConfigurationAndPolicy(t *testing.T) {
	t.Parallel()
	director, diary, queues := newDirector(t), newDiary(), newFailures()
	host := newHost(t, lambdahost.Config{Recorder: diary, Queues: queues, Scale: atOnce})
	definition := function("price", director.environment("directed"))
	definition.Alias, definition.MaxRetries = "live", 0
	create(t, host, definition)
	client := newClient(t, host)
	live := aws.String("live")
	got, err := client.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: price, Qualifier: live})
	if err != nil || *got.MaximumRetryAttempts != 0 || *got.FunctionArn != arn("price")+":live" {
		t.Errorf("the alias's configuration %+v, error %v", got, err)
	}
	_, err = client.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: price})
	wantRefusal(t, "no configuration without the alias", err, "ResourceNotFoundException", arn("price")+":$LATEST doesn't have")

	invokeAsync(t, host, "price:live", `"live"`)
	director.next(t).answer(order{"fail", "x"})
	if sent := queues.next(t).record(t).RequestContext; sent.FunctionARN != arn("price")+":live" || sent.ApproximateInvokeCount != 1 {
		t.Errorf("record of %+v", sent)
	}
	invokeAsync(t, host, "price", `"latest"`) // by Lambda's own rules: two retries, and no destination
	for range 3 {
		director.next(t).answer(order{"fail", "x"})
	}
	if lost := diary.of(t, 1, activity.Lost); !strings.Contains(lost[0].Reason, "no on-failure queue") {
		t.Errorf("lost %+v", lost)
	}

	_, err = client.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{FunctionName: price, MaximumRetryAttempts: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	pages := lambda.NewListFunctionEventInvokeConfigsPaginator(client, &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: price, MaxItems: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, config := range page.FunctionEventInvokeConfigs {
			listed = append(listed, *config.FunctionArn)
		}
	}
	if diff := cmp.Diff([]string{arn("price") + ":$LATEST", arn("price") + ":live"}, listed); diff != "" {
		t.Error(diff)
	}
	if _, err := permit(t, client, lambda.AddPermissionInput{Qualifier: live}); err != nil {
		t.Fatal(err)
	}
	_, err = client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: price})
	wantRefusal(t, "the function's own policy", err, "ResourceNotFoundException", "The resource you requested does not exist.")
	remove := &lambda.RemovePermissionInput{FunctionName: price, StatementId: aws.String("added")}
	_, err = client.RemovePermission(t.Context(), remove)
	wantRefusal(t, "no permission without the alias", err, "ResourceNotFoundException", "No policy is associated with the given resource.")
	remove.Qualifier = live
	if _, err := client.RemovePermission(t.Context(), remove); err != nil {
		t.Error(err)
	}
	awaitQuiet(t, host)
}
