package lambdahost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

func TestProcessSeesWhatLambdaShows(t *testing.T) {
	t.Setenv("HOME", "/home/developer")
	t.Setenv("AWS_PROFILE", "production")
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{XRayAddress: "127.0.0.1:2000"})
	definition := function("price", director.environment("directed", "TABLE_NAME=table", "AWS_ENDPOINT_URL=http://127.0.0.1:4599"))
	definition.LogFormat, definition.LogLevel = "JSON", "INFO"
	create(t, host, definition)
	director.direct(t, func(*call) order { return order{Do: "environment"} })
	var list []string
	if err := json.Unmarshal(invoke(t, host, "price", "{}").Payload, &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, variable := range list {
		name, value, _ := strings.Cut(variable, "=")
		got[name] = value
	}
	if name, ok := host.FunctionOf(got["AWS_ACCESS_KEY_ID"]); !ok || name != "price" || len(got["AWS_ACCESS_KEY_ID"]) != 20 {
		t.Errorf("FunctionOf(%q) = %q, %v", got["AWS_ACCESS_KEY_ID"], name, ok)
	}
	if api := got["AWS_LAMBDA_RUNTIME_API"]; !strings.HasPrefix(api, "127.0.0.1:") || !strings.Contains(api, "/") {
		t.Errorf("AWS_LAMBDA_RUNTIME_API = %q", api)
	}
	if stream := got["AWS_LAMBDA_LOG_STREAM_NAME"]; !strings.HasPrefix(stream, time.Now().UTC().Format("2006/01/02/[$LATEST]")) {
		t.Errorf("AWS_LAMBDA_LOG_STREAM_NAME = %q", stream)
	}
	want := map[string]string{
		"LANG": "en_US.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin", "TZ": ":UTC",
		"AWS_LAMBDA_FUNCTION_NAME": "price", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/price",
		"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO",
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
		"AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "LAMBDA_TASK_ROOT": filepath.Dir(os.Args[0]), "_HANDLER": "bootstrap",
		"TABLE_NAME": "table", "AWS_ENDPOINT_URL": "http://127.0.0.1:4599",
	}
	for name := range got {
		if _, wanted := want[name]; !wanted && !slices.Contains([]string{
			"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_LOG_STREAM_NAME",
			"_X_AMZN_TRACE_ID", bootstrapVariable, directorVariable,
		}, name) {
			t.Errorf("the process sees %s=%s", name, got[name])
		}
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s = %q, want %q", name, got[name], value)
		}
	}
}

func TestInvocationSeesItsContext(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("directed")))
	ended := make(chan lambdahost.Result, 1)
	before := time.Now()
	go func() {
		result, err := host.Invoke(t.Context(), iam.Caller{}, lambdahost.Request{
			Function: arn("price"), Qualifier: "$LATEST", Payload: []byte(`{"a":1}`), TraceHeader: "Root=1-a-b;Parent=c;Sampled=1",
		})
		if err != nil {
			t.Error(err)
		}
		ended <- result
	}()
	told := director.next(t)
	told.answer(order{Do: "answer", Text: `{"b":2}`})
	result := <-ended
	if told.RequestID == "" || told.RequestID != result.RequestID || told.ARN != arn("price")+":$LATEST" ||
		told.Payload != `{"a":1}` ||
		told.TraceID != "Root=1-a-b;Parent=c;Sampled=1" {
		t.Errorf("the function saw %+v of %+v", told, result)
	}
	if left := told.Deadline.Sub(before); left < time.Minute || left > time.Minute+20*time.Second {
		t.Errorf("the deadline was %v after the call, the timeout is 1 min", left)
	}
	if string(result.Payload) != `{"b":2}` || result.Failed() || result.Duration <= 0 {
		t.Errorf("result %+v", result)
	}
}

func TestFailuresAreReportedAsAWSDoes(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 1})
	definition := function("price", director.environment("directed"))
	create(t, host, definition)
	failing := func(o order) (lambdahost.Result, *call) {
		ended := make(chan lambdahost.Result, 1)
		go func() { ended <- invoke(t, host, "price", "{}") }()
		told := director.next(t)
		told.answer(o)
		return <-ended, told
	}
	result, first := failing(order{"fail", "no userId"})
	if got, want := outcomeOf(t, result), (outcome{"PermanentError", "no userId"}); got != want {
		t.Errorf("returned error: %+v, want %+v", got, want)
	}
	if got, want := result.Summary(), "PermanentError: no userId"; got != want {
		t.Errorf("Summary() = %q, want %q", got, want)
	}
	result, second := failing(order{"panic", "oh"})
	if got, want := outcomeOf(t, result), (outcome{"string", "oh"}); got != want {
		t.Errorf("panic: %+v, want %+v", got, want)
	}
	result, third := failing(order{Do: "exit"})
	want := outcome{"Runtime.ExitError", "RequestId: " + result.RequestID + " Error: Runtime exited with error: exit status 3"}
	if got := outcomeOf(t, result); got != want {
		t.Errorf("exit: %+v, want %+v", got, want)
	}
	result, fourth := failing(order{"answer", "null"})
	if result.Failed() {
		t.Errorf("after a crash: %+v", result)
	}
	if first.Process != second.Process || second.Process == third.Process || third.Process == fourth.Process {
		t.Errorf("processes %d, %d, %d, %d: a panic and an exit need a new one, an error does not",
			first.Process, second.Process, third.Process, fourth.Process)
	}
}

func TestTimeoutKillsTheProcess(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	definition := function("price", director.environment("directed"))
	definition.Timeout = 200 * time.Millisecond
	create(t, host, definition)
	ended := make(chan lambdahost.Result, 1)
	go func() { ended <- invoke(t, host, "price", "{}") }()
	told := director.next(t)
	result := <-ended
	want := outcome{"Sandbox.Timedout", "RequestId: " + told.RequestID + " Error: Task timed out after 0.20 seconds"}
	if got := outcomeOf(t, result); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if !strings.Contains(string(result.LogTail), told.RequestID+" Task timed out after 0.20 seconds\n") {
		t.Errorf("log %s", result.LogTail)
	}
	awaitEnd(t, told.Process)

	go func() { ended <- invoke(t, host, "price", "{}") }()
	again := director.next(t)
	again.answer(order{"answer", "1"})
	if result := <-ended; result.Failed() || again.Process == told.Process {
		t.Errorf("after a time-out: %+v in process %d, before %d", result, again.Process, told.Process)
	}
}

func TestFunctionThatCannotStartFailsAndDoesNotSpin(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{Concurrency: 2})
	create(t, host, function("broken", director.environment("exit")))
	starts := 0
	counted := make(chan struct{})
	director.direct(t, func(*call) order {
		starts++
		if starts == 4 {
			close(counted)
		}
		return order{}
	})
	const problem = "Runtime.ExitError: RequestId: Error: Runtime exited with error: exit status 3"
	if err := host.AwaitReady(t.Context()); err == nil || !strings.HasSuffix(err.Error(), problem) {
		t.Errorf("AwaitReady: %v", err)
	}
	if diff := cmp.Diff(map[string]string{"broken": problem}, host.Ready()); diff != "" {
		t.Error(diff)
	}
	began := time.Now()
	for range 3 {
		result := invoke(t, host, "broken", "{}")
		want := outcome{"Runtime.ExitError", "RequestId: " + result.RequestID + " Error: Runtime exited with error: exit status 3"}
		if got := outcomeOf(t, result); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
	<-counted
	// The pauses double from 100 ms.
	if took := time.Since(began); took < 600*time.Millisecond {
		t.Errorf("a function that cannot start was started four times within %v", took)
	}
}

func TestMissingBootstrapIsReported(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{})
	definition := echo("nothing")
	definition.Bootstrap = filepath.Join(t.TempDir(), "bootstrap")
	create(t, host, definition)
	result := invoke(t, host, "nothing", "{}")
	got := outcomeOf(t, result)
	if got.ErrorType != "Runtime.InvalidEntrypoint" || !strings.Contains(got.ErrorMessage, "no such file") {
		t.Errorf("%+v", got)
	}
}

func TestRuntimeAPIRefusesWhatIsNotInOrder(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("directed")))
	tests := []struct{ request, want string }{
		{"GET /2018-06-01/runtime/invocation/next", "403 InvalidStateTransition"},
		{"POST /2018-06-01/runtime/invocation/other/response", "400 InvalidRequestID"},
		{"POST /2018-06-01/runtime/invocation/other/error", "400 InvalidRequestID"},
		{"POST /2018-06-01/runtime/init/error", "202 "},
		{"GET /2018-06-01/runtime/other", "404 "},
		{"GET /../nobody/2018-06-01/runtime/invocation/next", "403 InvalidProcess"},
	}
	for _, test := range tests {
		ended := make(chan lambdahost.Result, 1)
		go func() { ended <- invoke(t, host, "price", "{}") }()
		director.next(t).answer(order{"request", test.request})
		if got := string((<-ended).Payload); got != `"`+test.want+`"` {
			t.Errorf("%s: %s, want %s", test.request, got, test.want)
		}
	}
}

func TestAnswerThatIsTooLargeFails(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("directed")))
	for size, want := range map[int]string{6 << 20: "", 6<<20 + 101: "Function.ResponseSizeTooLarge"} {
		ended := make(chan lambdahost.Result, 1)
		go func() { ended <- invoke(t, host, "price", "{}") }()
		director.next(t).answer(order{"answer", `"` + strings.Repeat("x", size-2) + `"`})
		result := <-ended
		if want == "" && (result.Failed() || len(result.Payload) != size) {
			t.Errorf("%d bytes: %s", size, result.Summary())
		}
		if want != "" && outcomeOf(t, result).ErrorType != want {
			t.Errorf("%d bytes: %s", size, result.Summary())
		}
	}
}

// startHost starts a host in a process of its own.
