package lambdahost_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

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
