package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// answer is what came of a call: the answer's body, or a refusal.
type answer struct {
	body    map[string]any
	code    string // of the refusal; empty for none
	message string
	reasons []any // CancellationReasons of a transaction
	item    any   // the old item of a condition that failed
}

// database is a DynamoDB that is called in JSON.
type database interface {
	call(operation, body string) (answer, error)
}

// engine is the local cloud's.
type engine struct{ *dynamo.Engine }

func newEngine(t *testing.T) engine {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := memory.Close(); err != nil {
			t.Error(err)
		}
	})
	made, err := dynamo.New(dynamo.Config{Space: memory.Space("dynamodb"), SweepEvery: -1})
	if err != nil {
		t.Fatal(err)
	}
	return engine{made}
}

func (e engine) call(operation, body string) (answer, error) {
	raw, err := e.Call(context.Background(), operation, []byte(body))
	var refused *awsapi.Error
	switch {
	case errors.As(err, &refused):
		fields := map[string]any{"__type": refused.Code, "message": refused.Message}
		for name, value := range refused.Fields {
			fields[name] = value
		}
		if raw, err = json.Marshal(fields); err != nil {
			return answer{}, err
		}
	case err != nil:
		return answer{}, err
	}
	return decode(raw)
}

// local is AWS's DynamoDB Local, a process of its own with its tables in memory.
type local struct{ endpoint string }

// startLocal starts the DynamoDB Local whose jars are in a folder. It ends with the test.
func startLocal(t *testing.T, folder string) local {
	t.Helper()
	port := freePort(t)
	process := exec.CommandContext(context.Background(), "java", "-Xmx2g", "-Djava.library.path="+folder,
		"-cp", filepath.Join(folder, "*"), "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
		"-inMemory", "-port", port, "-disableTelemetry")
	output, err := os.Create(filepath.Join(t.TempDir(), "dynamodb-local.log"))
	if err != nil {
		t.Fatal(err)
	}
	process.Stdout, process.Stderr = output, output
	if err := process.Start(); err != nil {
		t.Fatalf("start DynamoDB Local: %v", err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait() // killed, which is an error to Wait
		_ = output.Close()
	})
	l := local{"http://127.0.0.1:" + port}
	deadline := time.Now().Add(10 * time.Minute)
	for {
		if _, err = l.call("ListTables", "{}"); err == nil {
			return l
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(output.Name())
			t.Fatalf("DynamoDB Local does not answer: %v\n%s", err, log)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (l local) call(operation, body string) (answer, error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, l.endpoint, bytes.NewReader([]byte(body)))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=conformance/20260101/"+awsapi.Region+
		"/dynamodb/aws4_request, SignedHeaders=host, Signature=0") // it looks at the key alone
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	decoded, err := decode(raw)
	if err == nil && response.StatusCode != http.StatusOK && decoded.code == "" {
		err = fmt.Errorf("status %d: %.300s", response.StatusCode, raw)
	}
	return decoded, err
}

func decode(raw []byte) (answer, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var body map[string]any
	if err := decoder.Decode(&body); err != nil {
		return answer{}, fmt.Errorf("%w in %.300s", err, raw)
	}
	kind, refused := body["__type"].(string)
	if !refused {
		return answer{body: body}, nil
	}
	a := answer{code: kind[strings.LastIndexByte(kind, '#')+1:], item: body["Item"]}
	a.message, _ = body["message"].(string)
	if text, given := body["Message"].(string); given { // as services before JSON 1.0 spelled it
		a.message = text
	}
	a.reasons, _ = body["CancellationReasons"].([]any)
	return a, nil
}
