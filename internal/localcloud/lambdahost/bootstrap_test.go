package lambdahost_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The test binary is the bootstrap of the functions under test, and the host that is killed, too.
const (
	bootstrapVariable = "TEST_BOOTSTRAP" // how it behaves: echo, number, clock, gated, directed, exit, sigterm
	directorVariable  = "TEST_DIRECTOR"  // address of the director
	hostVariable      = "TEST_HOST"      // folder of the store
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(bootstrapVariable) != "":
		bootstrap(os.Getenv(bootstrapVariable))
	case os.Getenv(hostVariable) != "":
		hostForEver(os.Getenv(hostVariable), os.Getenv(directorVariable))
	default:
		os.Exit(m.Run())
	}
}

func bootstrap(kind string) {
	switch kind {
	case "echo":
		lambda.Start(func(_ context.Context, payload json.RawMessage) (json.RawMessage, error) { return payload, nil })
	case "number": // answers the number of its process
		lambda.Start(func(context.Context, json.RawMessage) (int, error) { return os.Getpid(), nil })
	case "clock": // prints how old a payload is that says when it was sent
		lambda.Start(func(_ context.Context, sent int64) error {
			fmt.Println(time.Now().UnixNano() - sent)
			return nil
		})
	case "gated":
		lambda.Start(gated)
	case "directed":
		lambda.Start(directed)
	case "exit":
		_, _ = ask(context.Background(), "starting")
		os.Exit(3)
	case "sigterm":
		lambda.StartWithOptions(directed, lambda.WithEnableSIGTERM(func() { _, _ = ask(context.Background(), "terminated") }))
	}
}

// call is what a function tells the director of an invocation.
type call struct {
	Function  string
	RequestID string
	ARN       string
	TraceID   string
	Process   int
	Deadline  time.Time
	Payload   string

	connection net.Conn
}

// order is what the director has a function do.
type order struct {
	Do   string // answer, fail, panic, exit, print, environment, spawn, request, calls
	Text string
}

// answer gives the function its order.
func (c *call) answer(o order) {
	_ = json.NewEncoder(c.connection).Encode(o)
	_ = c.connection.Close()
}

// PermanentError is an error with a name.
type PermanentError struct{ message string }

func (e *PermanentError) Error() string { return e.message }

// directed does what the director says.
func directed(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
	given, err := ask(ctx, string(payload))
	if err != nil {
		return nil, err
	}
	switch given.Do {
	case "answer":
		return json.RawMessage(given.Text), nil
	case "fail":
		return nil, &PermanentError{given.Text}
	case "panic":
		panic(given.Text)
	case "exit":
		os.Exit(3)
	case "print":
		fmt.Println(given.Text)
		fmt.Fprintln(os.Stderr, "to stderr")
		return json.RawMessage(`"printed"`), nil
	case "spawn":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), bootstrapVariable+"=exit")
		return nil, child.Start()
	case "request":
		return request(ctx, given.Text)
	case "calls":
		return callThrice(ctx, given.Text)
	case "environment":
		return json.Marshal(os.Environ())
	}
	return nil, errors.New("unknown order " + given.Do)
}

// request sends a request to the process's own Runtime API, and answers what it got.
func request(ctx context.Context, text string) (json.RawMessage, error) {
	method, path, _ := strings.Cut(text, " ")
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API")
	if elsewhere, ok := strings.CutPrefix(path, "/.."); ok {
		api, path = api[:strings.LastIndexByte(api, '/')], elsewhere
	}
	sent, err := http.NewRequestWithContext(ctx, method, api+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	got, err := http.DefaultClient.Do(sent)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	var refusal struct{ ErrorType string }
	_ = json.NewDecoder(got.Body).Decode(&refusal) // not all answers are JSON
	return json.Marshal(fmt.Sprint(got.StatusCode, " ", refusal.ErrorType))
}

// callThrice calls a service of AWS three times.
func callThrice(ctx context.Context, endpoint string) (json.RawMessage, error) {
	for range 3 {
		call, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, http.NoBody)
		if err != nil {
			return nil, err
		}
		call.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+os.Getenv("AWS_ACCESS_KEY_ID")+"/20261124/us-east-1/dynamodb/aws4_request")
		answer, err := http.DefaultClient.Do(call)
		if err != nil {
			return nil, err
		}
		answer.Body.Close()
	}
	return json.RawMessage(`"called"`), nil
}

// gated does what the director says if the payload is the gate, and otherwise answers it.
func gated(ctx context.Context, payload json.RawMessage) (json.RawMessage, error) {
	if string(payload) == gate {
		return directed(ctx, payload)
	}
	return payload, nil
}

const gate = `"gate"`

// ask tells the director of an invocation and returns its order.
func ask(ctx context.Context, payload string) (order, error) {
	connection, err := net.Dial("tcp", os.Getenv(directorVariable))
	if err != nil {
		return order{}, err
	}
	defer connection.Close()
	told := call{Function: lambdacontext.FunctionName, Process: os.Getpid(), Payload: payload}
	told.Deadline, _ = ctx.Deadline()
	if found, ok := lambdacontext.FromContext(ctx); ok {
		told.RequestID, told.ARN = found.AwsRequestID, found.InvokedFunctionArn
		told.TraceID, _ = ctx.Value("x-amzn-trace-id").(string)
	}
	if err := json.NewEncoder(connection).Encode(told); err != nil {
		return order{}, err
	}
	var given order
	return given, json.NewDecoder(connection).Decode(&given)
}

// director is where directed functions report and wait for orders.
type director struct {
	listener net.Listener
	calls    chan *call
	kept     []*call // those that next has returned: a connection nobody knows any more would be closed
}

func newDirector(t testing.TB) *director {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &director{listener: listener, calls: make(chan *call)}
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		listener.Close()
	})
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go d.read(connection, ended)
		}
	}()
	return d
}

func (d *director) read(connection net.Conn, ended <-chan struct{}) {
	line, err := bufio.NewReader(connection).ReadString('\n')
	told := &call{connection: connection}
	if err != nil || json.Unmarshal([]byte(line), told) != nil {
		connection.Close()
		return
	}
	select {
	case d.calls <- told:
	case <-ended:
		connection.Close()
	}
}

// next waits for a function to report.
func (d *director) next(t testing.TB) *call {
	t.Helper()
	select {
	case told := <-d.calls:
		d.kept = append(d.kept, told)
		return told
	case <-time.After(20 * time.Second):
		t.Fatal("no function was invoked")
		return nil
	}
}

// direct answers all calls from now on.
func (d *director) direct(t testing.TB, decide func(c *call) order) {
	t.Helper()
	go func() {
		for {
			select {
			case told := <-d.calls:
				told.answer(decide(told))
			case <-t.Context().Done():
				return
			}
		}
	}()
}

func (d *director) environment(kind string, more ...string) map[string]string {
	variables := map[string]string{bootstrapVariable: kind, directorVariable: d.listener.Addr().String()}
	for _, variable := range more {
		name, value, _ := strings.Cut(variable, "=")
		variables[name] = value
	}
	return variables
}
