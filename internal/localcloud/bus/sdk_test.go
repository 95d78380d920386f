package bus_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

// client is AWS's own client for the bus.
func client(t *testing.T, c *cloud, key string) *eventbridge.Client {
	t.Helper()
	server := httptest.NewServer(c.Handler())
	t.Cleanup(server.Close)
	return eventbridge.New(eventbridge.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	})
}

func TestWithTheSDK(t *testing.T) {
	t.Parallel()
	c := open(t, memory(t), func(config *bus.Config) {
		config.FunctionOf = func(key string) (string, bool) { return "price", key == "AKIDFUNCTION" }
	})
	c.Start()
	ctx := t.Context()
	events := client(t, c, "AKIDFUNCTION")
	name, busName, queueARN := aws.String("r"), aws.String("b"), aws.String(queueARN)
	rule, err := events.PutRule(ctx, &eventbridge.PutRuleInput{
		Name: name, EventBusName: busName, EventPattern: aws.String(`{"detail-type":["T"]}`), State: types.RuleStateEnabled,
	})
	if err != nil || *rule.RuleArn != "arn:aws:events:us-east-1:123456789012:rule/b/r" {
		t.Fatal(rule, err)
	}
	_, err = events.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: name, EventBusName: busName, Targets: []types.Target{{
		Id: aws.String("q"), Arn: queueARN, RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(2)},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 10, 11, 12, 0, time.UTC)
	put, err := events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{
		{EventBusName: busName, Source: aws.String("s"), DetailType: aws.String("T"), Detail: aws.String(`{"a":"é\n"}`), Time: &at, Resources: []string{"x"}},
		{EventBusName: busName, Source: aws.String("s"), DetailType: aws.String("T"), Detail: aws.String(`[]`)},
	}})
	if err != nil || put.FailedEntryCount != 1 || aws.ToString(put.Entries[1].ErrorCode) != "MalformedDetail" || put.Entries[0].EventId == nil {
		t.Fatalf("%+v %v", put, err)
	}
	c.quiet(t)
	want := `{"version":"0","id":"` + *put.Entries[0].EventId + `","detail-type":"T","source":"s","account":"123456789012",` +
		`"time":"2026-11-20T10:11:12Z","region":"us-east-1","resources":["x"],"detail":{"a":"é\n"}}`
	if got := c.targets.at(*queueARN); len(got) != 1 || got[0].Body != want {
		t.Errorf("%v\nwant %s", got, want)
	}
	if published := c.notes.of("published"); len(published) != 1 || published[0].Function != "price" {
		t.Error(published)
	}
	listed, err := events.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: name, EventBusName: busName})
	if err != nil || len(listed.Targets) != 1 || *listed.Targets[0].RetryPolicy.MaximumRetryAttempts != 2 {
		t.Errorf("%+v %v", listed, err)
	}
	described, err := events.DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: busName})
	if err != nil || time.Since(*described.CreationTime) > time.Minute {
		t.Errorf("%+v %v", described, err)
	}
	tested, err := events.TestEventPattern(ctx, &eventbridge.TestEventPatternInput{EventPattern: aws.String(`{"source":["s"]}`), Event: &want})
	if err != nil || !tested.Result {
		t.Errorf("%+v %v", tested, err)
	}
	var noRule *types.ResourceNotFoundException
	if _, err := events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: aws.String("none")}); !errors.As(err, &noRule) {
		t.Error(err)
	}
	var badPattern *types.InvalidEventPatternException
	if _, err := events.PutRule(ctx, &eventbridge.PutRuleInput{Name: name, EventPattern: aws.String(`{"a":1}`)}); !errors.As(err, &badPattern) {
		t.Error(err)
	}
	if _, err := events.RemoveTargets(ctx, &eventbridge.RemoveTargetsInput{Rule: name, EventBusName: busName, Ids: []string{"q"}}); err != nil {
		t.Error(err)
	}
	if _, err := events.DeleteRule(ctx, &eventbridge.DeleteRuleInput{Name: name, EventBusName: busName}); err != nil {
		t.Error(err)
	}
}
