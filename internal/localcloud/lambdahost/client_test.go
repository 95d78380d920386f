package lambdahost_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

// newClient serves a host over HTTP and returns AWS's own client for it.
func newClient(t *testing.T, host *lambdahost.Host) *lambda.Client {
	t.Helper()
	server := httptest.NewServer(host.Handler())
	t.Cleanup(server.Close)
	return lambda.New(lambda.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("key", "secret", ""),
		Retryer:      aws.NopRetryer{},
	})
}

func TestClientInvokes(t *testing.T) {
	t.Parallel()
	director, diary := newDirector(t), newDiary()
	host := newHost(t, lambdahost.Config{Recorder: diary})
	create(t, host, function("price", director.environment("directed")))
	client := newClient(t, host)
	director.direct(t, func(c *call) order {
		if strings.Contains(c.Payload, "fail") {
			return order{"fail", "x"}
		}
		return order{"answer", `{"answer":` + c.Payload + `}`}
	})
	name, payload := aws.String("price"), []byte(`{"a":1}`)

	answered, err := client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: aws.String(arn("price")), Payload: payload, LogType: types.LogTypeTail,
	})
	if err != nil {
		t.Fatal(err)
	}
	log, err := base64.StdEncoding.DecodeString(aws.ToString(answered.LogResult))
	if err != nil || !strings.HasPrefix(string(log), "START RequestId: ") {
		t.Errorf("log %q, error %v", log, err)
	}
	if answered.StatusCode != http.StatusOK || string(answered.Payload) != `{"answer":{"a":1}}` ||
		answered.FunctionError != nil || *answered.ExecutedVersion != "$LATEST" {
		t.Errorf("answer %+v", answered)
	}

	failed, err := client.Invoke(t.Context(), &lambda.InvokeInput{
		FunctionName: name, Payload: []byte(`"fail"`), Qualifier: aws.String("$LATEST"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if failed.StatusCode != http.StatusOK || *failed.FunctionError != "Unhandled" || failed.LogResult != nil ||
		string(failed.Payload) != `{"errorMessage":"x","errorType":"PermanentError"}` {
		t.Errorf("answer %+v, payload %s", failed, failed.Payload)
	}

	accepted, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeEvent})
	if err != nil || accepted.StatusCode != http.StatusAccepted || len(accepted.Payload) != 0 {
		t.Errorf("answer %+v, error %v", accepted, err)
	}
	diary.of(t, 2, activity.Delivered)

	dry, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: name, InvocationType: types.InvocationTypeDryRun})
	if err != nil || dry.StatusCode != http.StatusNoContent {
		t.Errorf("answer %+v, error %v", dry, err)
	}
}

func TestClientContextReachesTheFunction(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	create(t, host, echo("price"))
	client := newClient(t, host)
	send := func(text string) error {
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		answered, err := client.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: aws.String("price"), ClientContext: &encoded})
		if err == nil && answered.FunctionError != nil {
			return errors.New(string(answered.Payload))
		}
		return err
	}
	if err := send(`{"custom":{"a":"b"}}`); err != nil {
		t.Error(err)
	}
	if err := send("no JSON"); err == nil {
		t.Error("the function did not see the client context")
	}
	wantAPICode(t, "a line break", send("{}\n{}"), "InvalidRequestContentException")
}

func wantAPICode(t *testing.T, name string, err error, code string) {
	t.Helper()
	var apiError smithy.APIError
	if !errors.As(err, &apiError) || apiError.ErrorCode() != code || apiError.ErrorMessage() == "" {
		t.Errorf("%s: error %v, want %s", name, err, code)
	}
}

func TestClientGetsAWSsErrors(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	closed := echo("closed")
	closed.Reserved = new(0)
	create(t, host, echo("price"), closed)
	client := newClient(t, host)
	invoke := func(name, qualifier, payload string, kind types.InvocationType) error {
		input := lambda.InvokeInput{FunctionName: &name, Payload: []byte(payload), InvocationType: kind}
		if qualifier != "" {
			input.Qualifier = &qualifier
		}
		_, err := client.Invoke(t.Context(), &input)
		return err
	}
	large := `"` + strings.Repeat("x", 1<<20) + `"`
	tests := []struct {
		name string
		err  error
		code string
	}{
		{"no such function", invoke("none", "", "{}", ""), "ResourceNotFoundException"},
		{"no such version", invoke("price", "7", "{}", ""), "ResourceNotFoundException"},
		{"two versions", invoke("price:1", "2", "{}", ""), "InvalidParameterValueException"},
		{"name", invoke("a b", "", "{}", ""), "ValidationException"},
		{"no JSON", invoke("price", "", "{", ""), "InvalidRequestContentException"},
		{"no JSON, asynchronously", invoke("price", "", "{", types.InvocationTypeEvent), "InvalidRequestContentException"},
		{"invocation type", invoke("price", "", "{}", "Later"), "InvalidParameterValueException"},
		{"reserved concurrency", invoke("closed", "", "{}", ""), "TooManyRequestsException"},
		{"more than 1 MB, asynchronously", invoke("price", "", large, types.InvocationTypeEvent), "RequestTooLargeException"},
		{"more than 6 MB", invoke("price", "", strings.Repeat(large, 6)+large, ""), "RequestTooLargeException"},
		{"no policy", func() error {
			_, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String("price")})
			return err
		}(), "ResourceNotFoundException"},
		{"page size", func() error {
			_, err := client.ListFunctions(t.Context(), &lambda.ListFunctionsInput{MaxItems: aws.Int32(-1)})
			return err
		}(), "ValidationException"},
		{"operation", func() error {
			_, err := client.DeleteFunction(t.Context(), &lambda.DeleteFunctionInput{FunctionName: aws.String("price")})
			return err
		}(), "UnknownOperationException"},
	}
	for _, test := range tests {
		wantAPICode(t, test.name, test.err, test.code)
	}
	var typed *types.ResourceNotFoundException
	if !errors.As(tests[0].err, &typed) || *typed.Message != "Function not found: "+arn("none") || *typed.Type != "User" {
		t.Errorf("the client does not know the error's type: %#v", typed)
	}
	var throttled *types.TooManyRequestsException
	if !errors.As(tests[7].err, &throttled) ||
		throttled.Reason != types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded {
		t.Errorf("throttled: %+v", throttled)
	}
	if got := invoke("price", "", `"`+strings.Repeat("x", 2<<20)+`"`, ""); got != nil {
		t.Errorf("2 MB: %v", got)
	}
}

func TestClientLooksAtFunctions(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	const rule = "arn:aws:events:us-east-1:123456789012:rule/bus/price"
	price := echo("price")
	price.Description, price.Reserved, price.Role = "Tells", new(3), "arn:role"
	price.Tracing, price.LogFormat, price.LogLevel = true, "JSON", "INFO"
	price.Permissions = []lambdahost.Permission{
		{SID: "Rule", Action: "lambda:InvokeFunction", Principal: iam.EventBridge, SourceARN: rule},
		{SID: "Account", Action: "lambda:*", Principal: "123456789012", SourceAccount: "123456789012"},
	}
	create(t, host, price, echo("b"), echo("a"))
	if err := host.AwaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	client := newClient(t, host)
	var names []string
	pages := lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, listed := range page.Functions {
			names = append(names, *listed.FunctionName)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "price"}, names); diff != "" {
		t.Error(diff)
	}

	got, err := client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: aws.String("price")})
	if err != nil {
		t.Fatal(err)
	}
	shown := got.Configuration
	if *shown.FunctionArn != arn("price") || shown.Runtime != "provided.al2023" || *shown.Timeout != 60 || *shown.MemorySize != 256 ||
		shown.State != types.StateActive || shown.Environment.Variables[bootstrapVariable] != "echo" || *shown.Description != "Tells" ||
		shown.TracingConfig.Mode != types.TracingModeActive || shown.LoggingConfig.ApplicationLogLevel != "INFO" || shown.CodeSize == 0 ||
		*got.Concurrency.ReservedConcurrentExecutions != 3 {
		t.Errorf("function %+v", shown)
	}
	configured, err := client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{
		FunctionName: aws.String("price"), Qualifier: aws.String("$LATEST"),
	})
	if err != nil || *configured.FunctionArn != arn("price")+":$LATEST" {
		t.Errorf("configuration %+v, error %v", configured, err)
	}
	reserved, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String("price")})
	if err != nil || *reserved.ReservedConcurrentExecutions != 3 {
		t.Errorf("concurrency %+v, error %v", reserved, err)
	}
	unreserved, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: aws.String("a")})
	if err != nil || unreserved.ReservedConcurrentExecutions != nil {
		t.Errorf("concurrency %+v, error %v", unreserved, err)
	}
	async, err := client.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: aws.String("price"),
	})
	if err != nil || *async.MaximumRetryAttempts != 2 || *async.MaximumEventAgeInSeconds != 21600 ||
		*async.DestinationConfig.OnFailure.Destination != failuresARN ||
		*async.FunctionArn != arn("price")+":$LATEST" || async.LastModified == nil {
		t.Errorf("event invoke config %+v, error %v", async, err)
	}

	policy, err := client.GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: aws.String("price")})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Id":"default","Statement":[
		{"Sid":"Account","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},
		 "Action":"lambda:*","Resource":"` + arn("price") + `",
		 "Condition":{"StringEquals":{"AWS:SourceAccount":"123456789012"}}},
		{"Sid":"Rule","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},
		 "Action":"lambda:InvokeFunction","Resource":"` + arn("price") + `","Condition":{"ArnLike":{"AWS:SourceArn":"` + rule + `"}}}]}`
	if diff := cmp.Diff(decoded(t, want), decoded(t, *policy.Policy)); diff != "" {
		t.Error(diff)
	}
}

func decoded(t *testing.T, text string) (value any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestCreateRefusesWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Lazy: true})
	create(t, host, echo("price"))
	wantCode(t, host.Create(echo("price")), "ResourceConflictException")
	tests := []struct {
		name  string
		spoil func(f *lambdahost.Function)
		want  string
	}{
		{"name", func(f *lambdahost.Function) { f.Name = "a b" }, "the name must be"},
		{"bootstrap", func(f *lambdahost.Function) { f.Bootstrap = "" }, "no bootstrap"},
		{"no timeout", func(f *lambdahost.Function) { f.Timeout = 0 }, "the timeout 0s"},
		{"long timeout", func(f *lambdahost.Function) { f.Timeout = 901e9 }, "the timeout 15m1s"},
		{"memory", func(f *lambdahost.Function) { f.MemoryMB = 0 }, "the memory of 0 MB"},
		{"reserved", func(f *lambdahost.Function) { f.Reserved = new(-1) }, "the reserved concurrency"},
		{"retries", func(f *lambdahost.Function) { f.MaxRetries = 3 }, "3 retries"},
		{"age", func(f *lambdahost.Function) { f.MaxAge = 59e9 }, "the event age 59s"},
		{"variable", func(f *lambdahost.Function) {
			f.Environment = map[string]string{"AWS_LAMBDA_RUNTIME_API": "x"}
		}, "the variable AWS_LAMBDA_RUNTIME_API"},
		{"variables", func(f *lambdahost.Function) {
			f.Environment = map[string]string{"A": strings.Repeat("x", 4096)}
		}, "the variables take 4097 bytes"},
	}
	for _, test := range tests {
		definition := echo("other")
		test.spoil(&definition)
		if err := host.Create(definition); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
	if diff := cmp.Diff(map[string]string{"price": lambdahost.StateReady}, host.Ready()); diff != "" {
		t.Error(diff)
	}
}

// FuzzRequest sends anything to Lambda's protocol: it is answered or refused, but never a failure of the local cloud.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/2015-03-31/functions/price/invocations?Qualifier=$LATEST", "RequestResponse", "", "{}")
	f.Add("POST", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "DryRun", "e30=", "[")
	f.Add("GET", "/2015-03-31/functions/?MaxItems=3&Marker=a", "", "", "")
	f.Add("GET", "/2015-03-31/functions/price/policy", "", "", "")
	f.Add("GET", "/2019-09-25/functions/price/event-invoke-config", "", "", "")
	f.Add("PUT", "/2019-09-25/functions/price/event-invoke-config", "", "", `{"MaximumRetryAttempts":1,"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs"}}}`)
	f.Add("POST", "/2019-09-25/functions/price/event-invoke-config", "", "", `{"MaximumEventAgeInSeconds":60}`)
	f.Add("PUT", "/2017-10-31/functions/price/concurrency", "", "", `{"ReservedConcurrentExecutions":0}`)
	f.Add("POST", "/2015-03-31/functions/price/policy", "", "",
		`{"StatementId":"a","Action":"lambda:InvokeFunction","Principal":"events.amazonaws.com","SourceArn":"arn:aws:events:us-east-1:123456789012:rule/b/r"}`)
	f.Add("DELETE", "/2015-03-31/functions/price/policy/a?RevisionId=x", "", "", "")
	host := newHost(f, lambdahost.Config{Lazy: true})
	closed := echo("price")
	closed.Reserved, closed.OnFailure = new(0), ""
	create(f, host, closed)
	handler := host.Handler()
	f.Fuzz(func(t *testing.T, method, path, invocationType, clientContext, body string) {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1"+path, strings.NewReader(body))
		if err != nil {
			t.Skip("no request")
		}
		request.Header.Set("X-Amz-Invocation-Type", invocationType)
		request.Header.Set("X-Amz-Client-Context", clientContext)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, request)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %q: %d %s", method, path, w.Code, w.Body)
		}
	})
}
