package lambdahost_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

var (
	price   = aws.String("price")
	ruleARN = awsapi.ARN("events", "rule/bus/rule")
)

// shownConfig is what a client sees of an event invoke config; -1 is a number that is not there.
type shownConfig struct {
	Retries, Age         int32
	OnFailure, OnSuccess string
}

func showConfig(retries, age *int32, destinations *types.DestinationConfig) shownConfig {
	number := func(n *int32) int32 {
		if n == nil {
			return -1
		}
		return *n
	}
	return shownConfig{number(retries), number(age), aws.ToString(destinations.OnFailure.Destination), aws.ToString(destinations.OnSuccess.Destination)}
}

func configOf(t *testing.T, client *lambda.Client) shownConfig {
	t.Helper()
	got, err := client.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: price})
	if err != nil {
		t.Fatal(err)
	}
	if *got.FunctionArn != arn("price")+":$LATEST" || time.Since(*got.LastModified) > time.Minute {
		t.Errorf("config of %s, last modified %v", *got.FunctionArn, got.LastModified)
	}
	return showConfig(got.MaximumRetryAttempts, got.MaximumEventAgeInSeconds, got.DestinationConfig)
}

func destinations(onFailure, onSuccess string) *types.DestinationConfig {
	return &types.DestinationConfig{
		OnFailure: &types.OnFailure{Destination: &onFailure}, OnSuccess: &types.OnSuccess{Destination: &onSuccess},
	}
}

func TestClientConfiguresAsynchronousInvocations(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true, Queues: newFailures()})
	create(t, host, echo("price"))
	client := newClient(t, host)
	want := func(step string, want shownConfig) {
		t.Helper()
		if diff := cmp.Diff(want, configOf(t, client)); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
		list, err := client.ListFunctionEventInvokeConfigs(t.Context(), &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: price})
		if err != nil || len(list.FunctionEventInvokeConfigs) != 1 {
			t.Errorf("%s: list %+v, error %v", step, list, err)
		}
	}
	want("as declared", shownConfig{2, 21600, failuresARN, ""})
	put := &lambda.PutFunctionEventInvokeConfigInput{FunctionName: price, MaximumRetryAttempts: aws.Int32(0)}
	answer, err := client.PutFunctionEventInvokeConfig(t.Context(), put)
	if err != nil {
		t.Fatal(err)
	}
	put0 := shownConfig{0, -1, "", ""}
	if diff := cmp.Diff(put0, showConfig(answer.MaximumRetryAttempts, answer.MaximumEventAgeInSeconds, answer.DestinationConfig)); diff != "" {
		t.Error(diff)
	}
	want("put replaces it", put0)
	update := func(input *lambda.UpdateFunctionEventInvokeConfigInput) {
		t.Helper()
		input.FunctionName = price
		if _, err := client.UpdateFunctionEventInvokeConfig(t.Context(), input); err != nil {
			t.Fatal(err)
		}
	}
	update(&lambda.UpdateFunctionEventInvokeConfigInput{MaximumEventAgeInSeconds: aws.Int32(60)})
	want("update changes a part", shownConfig{0, 60, "", ""})
	update(&lambda.UpdateFunctionEventInvokeConfigInput{DestinationConfig: destinations(failuresARN, failuresARN)})
	want("update sets destinations", shownConfig{0, 60, failuresARN, failuresARN})
	update(&lambda.UpdateFunctionEventInvokeConfigInput{
		DestinationConfig: &types.DestinationConfig{OnSuccess: &types.OnSuccess{Destination: aws.String("")}},
	})
	want("an empty destination is none", shownConfig{0, 60, failuresARN, ""})

	remove := &lambda.DeleteFunctionEventInvokeConfigInput{FunctionName: price, Qualifier: aws.String("$LATEST")}
	if _, err := client.DeleteFunctionEventInvokeConfig(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	gone := "The function " + arn("price") + ":$LATEST doesn't have an EventInvokeConfig"
	_, err = client.DeleteFunctionEventInvokeConfig(t.Context(), remove)
	wantRefusal(t, "delete", err, "ResourceNotFoundException", gone)
	_, err = client.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: price})
	wantRefusal(t, "get", err, "ResourceNotFoundException", gone)
	_, err = client.UpdateFunctionEventInvokeConfig(t.Context(), &lambda.UpdateFunctionEventInvokeConfigInput{
		FunctionName: price, MaximumRetryAttempts: aws.Int32(1),
	})
	wantRefusal(t, "update", err, "ResourceNotFoundException", gone)
	list, err := client.ListFunctionEventInvokeConfigs(t.Context(), &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: price})
	if err != nil || len(list.FunctionEventInvokeConfigs) != 0 {
		t.Errorf("list %+v, error %v", list, err)
	}
}

func wantRefusal(t *testing.T, name string, err error, code, message string) {
	t.Helper()
	var apiError smithy.APIError
	if !errors.As(err, &apiError) || apiError.ErrorCode() != code || !strings.Contains(apiError.ErrorMessage(), message) {
		t.Errorf("%s: error %v, want %s: %s", name, err, code, message)
	}
}

func TestEventInvokeConfigsAreRefusedAsAWSDoes(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true, Queues: newFailures()})
	create(t, host, echo("price"))
	client := newClient(t, host)
	other := awsapi.ARN("sqs", "other")
	tests := []struct {
		name          string
		input         lambda.PutFunctionEventInvokeConfigInput
		code, message string
	}{
		{"no function", lambda.PutFunctionEventInvokeConfigInput{FunctionName: aws.String("none"), MaximumRetryAttempts: aws.Int32(1)}, "ResourceNotFoundException", "The function doesn't exist."},
		{"no version", lambda.PutFunctionEventInvokeConfigInput{Qualifier: aws.String("1"), MaximumRetryAttempts: aws.Int32(1)}, "ResourceNotFoundException", "The function doesn't exist."},
		{"nothing", lambda.PutFunctionEventInvokeConfigInput{}, "InvalidParameterValueException", "You must specify at least one of error handling or destination setting."},
		{"retries", lambda.PutFunctionEventInvokeConfigInput{MaximumRetryAttempts: aws.Int32(3)}, "ValidationException", "Value '3' at 'maximumRetryAttempts'"},
		{"fewer retries", lambda.PutFunctionEventInvokeConfigInput{MaximumRetryAttempts: aws.Int32(-1)}, "ValidationException", "greater than or equal to 0"},
		{"young", lambda.PutFunctionEventInvokeConfigInput{MaximumEventAgeInSeconds: aws.Int32(59)}, "ValidationException", "greater than or equal to 60"},
		{"old", lambda.PutFunctionEventInvokeConfigInput{MaximumEventAgeInSeconds: aws.Int32(21601)}, "ValidationException", "less than or equal to 21600"},
		{"no ARN", lambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations("failures", "")}, "ValidationException", "'destinationConfig.onFailure.destination'"},
		{"no such queue", lambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations(other, "")}, "InvalidParameterValueException", "The destination ARN " + other + " is invalid."},
		{"itself", lambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations("", arn("price"))}, "InvalidParameterValueException", "You can't specify the function as a destination for itself."},
		{"another function", lambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations("", arn("other"))}, "InvalidParameterValueException", "SQS queues only"},
		{"another service", lambda.PutFunctionEventInvokeConfigInput{DestinationConfig: destinations(awsapi.ARN("iam", "x"), "")}, "InvalidParameterValueException", "The provided destination config"},
	}
	for _, test := range tests {
		if test.input.FunctionName == nil {
			test.input.FunctionName = price
		}
		_, err := client.PutFunctionEventInvokeConfig(t.Context(), &test.input)
		wantRefusal(t, test.name, err, test.code, test.message)
	}
	if diff := cmp.Diff(shownConfig{2, 21600, failuresARN, ""}, configOf(t, client)); diff != "" {
		t.Errorf("a refusal has changed something: %s", diff)
	}
	_, err := client.ListFunctionEventInvokeConfigs(t.Context(), &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: aws.String("none")})
	wantRefusal(t, "list", err, "ResourceNotFoundException", "The function doesn't exist.")
	_, err = client.ListFunctionEventInvokeConfigs(t.Context(), &lambda.ListFunctionEventInvokeConfigsInput{FunctionName: price, MaxItems: aws.Int32(51)})
	wantRefusal(t, "page size", err, "ValidationException", "less than or equal to 50")
}

func reserve(t *testing.T, client *lambda.Client, name string, number int32) error {
	t.Helper()
	_, err := client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{
		FunctionName: &name, ReservedConcurrentExecutions: &number,
	})
	return err
}

func TestClientReservesConcurrency(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"), echo("other"))
	client := newClient(t, host)
	reserved := func() *int32 {
		got, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: price})
		if err != nil {
			t.Fatal(err)
		}
		return got.ReservedConcurrentExecutions
	}
	for _, number := range []int32{0, 1, 900} {
		if err := reserve(t, client, "price", number); err != nil {
			t.Fatal(err)
		}
		if got := reserved(); got == nil || *got != number {
			t.Errorf("reserved %v, want %d", got, number)
		}
	}
	wantRefusal(t, "more than the account has", reserve(t, client, "price", 901), "InvalidParameterValueException",
		"decreases account's UnreservedConcurrentExecution below its minimum value of [100].")
	wantRefusal(t, "what another has", reserve(t, client, "other", 1), "InvalidParameterValueException", "[100]")
	wantRefusal(t, "negative", reserve(t, client, "price", -1), "ValidationException", "greater than or equal to 0")
	wantRefusal(t, "no function", reserve(t, client, "none", 1), "ResourceNotFoundException",
		"Function not found: "+arn("none")+":$LATEST")
	wantRefusal(t, "version", reserve(t, client, arn("price")+":$LATEST", 1), "InvalidParameterValueException",
		"This operation is permitted on Lambda functions only.")
	if _, err := client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: price}); err != nil {
		t.Fatal(err)
	}
	if got := reserved(); got != nil {
		t.Errorf("reserved %d after the deletion", *got)
	}
}

func TestClientStopsAndStartsAFunction(t *testing.T) {
	t.Parallel()
	director, diary, queues := newDirector(t), newDiary(), newFailures()
	host := newHost(t, lambdahost.Config{Recorder: diary, Queues: queues, Scale: atOnce})
	create(t, host, function("price", director.environment("directed")))
	client := newClient(t, host)
	if err := reserve(t, client, "price", 0); err != nil {
		t.Fatal(err)
	}
	stopped := invokeAsync(t, host, "price", `"stopped"`)
	if got := queues.next(t).record(t).RequestContext; got.Condition != "ZeroReservedConcurrency" || got.RequestID != stopped {
		t.Errorf("record of %+v", got)
	}
	_, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: price})
	wantAPICode(t, "a stopped function", err, "TooManyRequestsException")

	if _, err := client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: price}); err != nil {
		t.Fatal(err)
	}
	invokeAsync(t, host, "price", `"started"`)
	told := director.next(t)
	if told.Payload != `"started"` {
		t.Errorf("the function got %s", told.Payload)
	}
	told.answer(order{"answer", "1"})
	awaitQuiet(t, host)
}

func TestRaisedConcurrencyLetsWaitingEventsIn(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary, Concurrency: 4, Scale: func(time.Duration) time.Duration { return 10 * time.Millisecond }})
	definition := function("price", director.environment("directed"))
	definition.Reserved = new(1)
	create(t, host, definition)
	client := newClient(t, host)
	invokeAsync(t, host, "price", `1`)
	first := director.next(t)
	invokeAsync(t, host, "price", `2`)
	diary.of(t, 1, activity.Retried)
	if err := reserve(t, client, "price", 2); err != nil {
		t.Fatal(err)
	}
	director.next(t).answer(order{"answer", "1"}) // while the first one still runs
	first.answer(order{"answer", "1"})
	awaitQuiet(t, host)
}

func TestOnSuccessQueueIsTold(t *testing.T) {
	t.Parallel()
	director, diary, queues := newDirector(t), newDiary(), newFailures()
	host := newHost(t, lambdahost.Config{Recorder: diary, Queues: queues, Scale: atOnce})
	definition := function("price", director.environment("directed"))
	definition.OnSuccess = failuresARN
	create(t, host, definition)
	requestID := invokeAsync(t, host, "price", `{"a":1}`)
	director.next(t).answer(order{"fail", "x"})
	director.next(t).answer(order{"answer", `{"b":2}`})
	var got map[string]any
	if err := json.Unmarshal([]byte(queues.next(t).message.Body), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "timestamp")
	want := map[string]any{
		"version": "1.0",
		"requestContext": map[string]any{
			"requestId": requestID, "functionArn": arn("price") + ":$LATEST", "condition": "Success", "approximateInvokeCount": 2.0,
		},
		"requestPayload":  map[string]any{"a": 1.0},
		"responseContext": map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST"},
		"responsePayload": map[string]any{"b": 2.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	awaitQuiet(t, host)
	if lost := diary.list([]activity.Kind{activity.DeadLettered, activity.Lost}); len(lost) != 0 {
		t.Errorf("noted %+v", lost)
	}
}

// permit adds a permission for the rule, unless the input says otherwise.
func permit(t *testing.T, client *lambda.Client, input lambda.AddPermissionInput) (*lambda.AddPermissionOutput, error) {
	t.Helper()
	standard := lambda.AddPermissionInput{
		FunctionName: price, StatementId: aws.String("added"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("events.amazonaws.com"),
	}
	for _, member := range []struct{ given, standard **string }{
		{&input.FunctionName, &standard.FunctionName}, {&input.StatementId, &standard.StatementId},
		{&input.Action, &standard.Action}, {&input.Principal, &standard.Principal},
	} {
		if *member.given == nil {
			*member.given = *member.standard
		}
	}
	return client.AddPermission(t.Context(), &input)
}

func TestClientChangesWhoMayInvoke(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	client := newClient(t, host)
	rule := iam.Caller{Service: iam.EventBridge, SourceARN: ruleARN}
	mayInvoke := func() bool {
		_, err := host.InvokeAsync(t.Context(), rule, arn("price"), []byte("{}"), "")
		return err == nil
	}
	if mayInvoke() {
		t.Error("a rule may invoke without permission")
	}
	added, err := permit(t, client, lambda.AddPermissionInput{SourceArn: &ruleARN})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Sid":"added","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction",
		"Resource":"` + arn("price") + `","Condition":{"ArnLike":{"AWS:SourceArn":"` + ruleARN + `"}}}`
	if diff := cmp.Diff(decoded(t, want), decoded(t, *added.Statement)); diff != "" {
		t.Error(diff)
	}
	if !mayInvoke() {
		t.Error("a rule may not invoke with permission")
	}
	policy, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: price})
	if err != nil || !strings.Contains(*policy.Policy, `"Statement":[`+*added.Statement+`]`) {
		t.Errorf("policy %+v, error %v", policy, err)
	}
	remove := &lambda.RemovePermissionInput{FunctionName: price, StatementId: aws.String("added"), RevisionId: aws.String("another")}
	_, err = client.RemovePermission(t.Context(), remove)
	wantRefusal(t, "another revision", err, "PreconditionFailedException", "The Revision Id provided does not match")
	remove.RevisionId = policy.RevisionId
	if _, err := client.RemovePermission(t.Context(), remove); err != nil {
		t.Fatal(err)
	}
	if mayInvoke() {
		t.Error("a rule may invoke whose permission was removed")
	}
	_, err = client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: price})
	wantRefusal(t, "no policy", err, "ResourceNotFoundException", "The resource you requested does not exist.")
}

func TestPrincipalsOfPermissions(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	client := newClient(t, host)
	for i, test := range []struct{ principal, want string }{
		{"s3.amazonaws.com", `{"Service":"s3.amazonaws.com"}`},
		{"*", `"*"`},
		{"123456789012", `{"AWS":"arn:aws:iam::123456789012:root"}`},
		{"arn:aws:iam::123456789012:user/maria", `{"AWS":"arn:aws:iam::123456789012:user/maria"}`},
	} {
		added, err := permit(t, client, lambda.AddPermissionInput{StatementId: aws.String(fmt.Sprint(i)), Principal: &test.principal})
		if err != nil || !strings.Contains(*added.Statement, `"Principal":`+test.want) {
			t.Errorf("%s: %+v, error %v", test.principal, added, err)
		}
	}
}

func TestPermissionsAreRefusedAsAWSDoes(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	client := newClient(t, host)
	remove := func(function, id string) error {
		_, err := client.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: &function, StatementId: &id})
		return err
	}
	wantRefusal(t, "no policy", remove("price", "x"), "ResourceNotFoundException", "No policy is associated with the given resource.")
	if _, err := permit(t, client, lambda.AddPermissionInput{}); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "no statement", remove("price", "x"), "ResourceNotFoundException", "Statement x is not found in resource policy.")
	wantRefusal(t, "no function", remove("none", "x"), "ResourceNotFoundException", "No policy found for: "+arn("none"))
	long := strings.Repeat("x", 100)
	tests := []struct {
		name          string
		input         lambda.AddPermissionInput
		code, message string
	}{
		{"again", lambda.AddPermissionInput{}, "ResourceConflictException", "The statement id (added) provided already exists."},
		{"no function", lambda.AddPermissionInput{FunctionName: aws.String("none")}, "ResourceNotFoundException", "Function not found: " + arn("none")},
		{"version", lambda.AddPermissionInput{Qualifier: aws.String("42")}, "ResourceNotFoundException", "Function not found: " + arn("price") + ":42"},
		{"latest", lambda.AddPermissionInput{Qualifier: aws.String("$LATEST")}, "InvalidParameterValueException", "We currently do not support adding policies for $LATEST."},
		{"principal", lambda.AddPermissionInput{Principal: aws.String("invalid")}, "InvalidParameterValueException", "The provided principal was invalid."},
		{"blank principal", lambda.AddPermissionInput{Principal: aws.String("a b")}, "ValidationException", "'principal'"},
		{"id", lambda.AddPermissionInput{StatementId: aws.String("example.com")}, "ValidationException", "Value 'example.com' at 'statementId'"},
		{"long id", lambda.AddPermissionInput{StatementId: aws.String(long + "x")}, "ValidationException", "length less than or equal to 100"},
		{"action", lambda.AddPermissionInput{Action: aws.String("s3:Get")}, "ValidationException", "'action'"},
		{"source", lambda.AddPermissionInput{SourceArn: aws.String("rule")}, "ValidationException", "'sourceArn'"},
		{"account", lambda.AddPermissionInput{SourceAccount: aws.String("12")}, "ValidationException", "'sourceAccount'"},
		{"revision", lambda.AddPermissionInput{StatementId: aws.String("x"), RevisionId: aws.String("y")}, "PreconditionFailedException", "The Revision Id"},
		{"condition", lambda.AddPermissionInput{PrincipalOrgID: aws.String("o-1234567890")}, "InvalidParameterValueException", "no conditions but"},
	}
	for _, test := range tests {
		_, err := permit(t, client, test.input)
		wantRefusal(t, test.name, err, test.code, test.message)
	}
	if _, err := permit(t, client, lambda.AddPermissionInput{StatementId: &long}); err != nil {
		t.Errorf("an id of 100 characters: %v", err)
	}
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		_, err = permit(t, client, lambda.AddPermissionInput{StatementId: aws.String(fmt.Sprint(i))})
	}
	wantRefusal(t, "long policy", err, "PolicyLengthExceededException", "bigger than the limit (20480)")
}

// TestChangesStayUntilTheTemplateChanges starts a host again and again on the same store.
func TestChangesStayUntilTheTemplateChanges(t *testing.T) {
	t.Parallel()
	memory := newMemory(t)
	start := func(edit func(*lambdahost.Function)) (*lambdahost.Host, *lambda.Client) {
		host := newHostOn(t, memory, lambdahost.Config{Lazy: true, Queues: newFailures()})
		definition := echo("price")
		definition.Permissions = []lambdahost.Permission{
			{SID: "Rule", Action: "lambda:InvokeFunction", Principal: iam.EventBridge, SourceARN: ruleARN},
		}
		if edit != nil {
			edit(&definition)
		}
		create(t, host, definition)
		return host, newClient(t, host)
	}
	sids := func(client *lambda.Client) (sids []string) {
		got, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: price})
		if err != nil {
			t.Fatal(err)
		}
		var policy struct{ Statement []struct{ Sid string } }
		if err := json.Unmarshal([]byte(*got.Policy), &policy); err != nil {
			t.Fatal(err)
		}
		for _, statement := range policy.Statement {
			sids = append(sids, statement.Sid)
		}
		return sids
	}
	check := func(step string, client *lambda.Client, reserved int32, config shownConfig, statements ...string) {
		t.Helper()
		got, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: price})
		if err != nil || got.ReservedConcurrentExecutions == nil || *got.ReservedConcurrentExecutions != reserved {
			t.Errorf("%s: reserved %+v, error %v", step, got, err)
		}
		if diff := cmp.Diff(config, configOf(t, client)); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
		if diff := cmp.Diff(statements, sids(client)); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
	}
	host, client := start(nil)
	if err := reserve(t, client, "price", 0); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutFunctionEventInvokeConfig(t.Context(), &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: price, MaximumRetryAttempts: aws.Int32(1),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := permit(t, client, lambda.AddPermissionInput{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RemovePermission(t.Context(), &lambda.RemovePermissionInput{FunctionName: price, StatementId: aws.String("Rule")}); err != nil {
		t.Fatal(err)
	}
	changed := shownConfig{1, -1, "", ""}
	check("at once", client, 0, changed, "added")
	closeHost(t, host)

	host, client = start(nil)
	check("after a restart", client, 0, changed, "added")
	closeHost(t, host)

	another := func(f *lambdahost.Function) {
		f.MaxRetries = 0
		f.Permissions[0].SourceARN += "-2"
		f.Permissions = append(f.Permissions, lambdahost.Permission{SID: "Second", Action: "lambda:InvokeFunction", Principal: iam.EventBridge})
	}
	host, client = start(another)
	check("the template has changed", client, 0, shownConfig{0, 21600, failuresARN, ""}, "Rule", "Second", "added")
	closeHost(t, host)

	host, client = start(nil)
	check("and back", client, 0, shownConfig{2, 21600, failuresARN, ""}, "Rule", "added")
	closeHost(t, host)
}

func TestConcurrentChangesAreAllMade(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	client := newClient(t, host)
	const changes = 20
	var all sync.WaitGroup
	for i := range changes {
		all.Go(func() {
			if _, err := permit(t, client, lambda.AddPermissionInput{StatementId: aws.String(fmt.Sprint(i))}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	policy, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: price})
	if err != nil || strings.Count(*policy.Policy, `"Sid"`) != changes {
		t.Errorf("policy %+v, error %v", policy, err)
	}
}

// TestStoppedFunctionIsReady is about a start: nothing would ever be ready if it waited for a function that may not run.
func TestStoppedFunctionIsReady(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	stopped := echo("price")
	stopped.Reserved = new(0)
	create(t, host, stopped)
	if err := host.AwaitReady(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestUpdatesKeepWhatCallersHaveChanged(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	client := newClient(t, host)
	reserved := func() *int32 {
		t.Helper()
		got, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: price})
		if err != nil {
			t.Fatal(err)
		}
		return got.ReservedConcurrentExecutions
	}
	if err := reserve(t, client, "price", 7); err != nil {
		t.Fatal(err)
	}
	updated := echo("price")
	updated.Description = "another"
	if err := host.Update(updated); err != nil {
		t.Fatal(err)
	}
	if got := reserved(); got == nil || *got != 7 {
		t.Errorf("reserved %v after an update, want 7", got)
	}
	updated.Reserved = new(5)
	if err := host.Update(updated); err != nil {
		t.Fatal(err)
	}
	if got := reserved(); got == nil || *got != 5 {
		t.Errorf("reserved %v after an update that reserves 5", got)
	}
	if err := reserve(t, client, "price", 7); err != nil {
		t.Fatal(err)
	}
	if err := host.Remove("price"); err != nil {
		t.Fatal(err)
	}
	create(t, host, updated)
	if got := reserved(); got == nil || *got != 5 {
		t.Errorf("reserved %v after the function was removed and created again, want 5", got)
	}
}
