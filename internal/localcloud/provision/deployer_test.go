package provision_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/artifact"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/dynamotest"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/objects"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/queue"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// newDeployer is a deployer to real engines without anything in them, whose functions' code is this test's binary.
func newDeployer(t *testing.T) *provision.Deployer {
	t.Helper()
	memory, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	queues, err := queue.New(queue.Config{Space: memory.Space("sqs")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = queues.Close(t.Context()) })
	functions, err := lambdahost.New(lambdahost.Config{Space: memory.Space("lambda"), Queues: queues, Lazy: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = functions.Close(t.Context()) })
	events, err := bus.New(bus.Config{State: memory.Space("events"), Lambda: functions, Queues: queues, Recorder: noDiary{}})
	if err != nil {
		t.Fatal(err)
	}
	schedules, err := scheduler.New(scheduler.Config{
		Functions: functions, Queues: queues, Bus: noBus{}, Space: memory.Space("scheduler"), Recorder: noDiary{},
		Scale: func(wait time.Duration) time.Duration { return wait }, Role: func(string) *iam.Identity { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = schedules.Close(t.Context()) })
	allKeys, err := keys.New(keys.Config{Space: memory.Space("kms")})
	if err != nil {
		t.Fatal(err)
	}
	code := ownCode(t)
	client, _ := dynamotest.Client(t)
	return &provision.Deployer{
		Queues: queues, Events: events, Functions: functions, Schedules: schedules, Keys: allKeys,
		Secrets: secrets.New(secrets.Config{Space: memory.Space("secrets")}), Buckets: objects.New(objects.Config{Space: memory.Space("s3")}),
		Database: client, Endpoint: "http://127.0.0.1:1",
		Identities: func(stack *template.Stack) (map[string]*iam.Identity, error) { return provision.Identities(stack, nil) },
		Code:       artifact.Shelf{Folder: t.TempDir(), Object: func(string, string) ([]byte, error) { return code, nil }},
	}
}

func ownCode(t *testing.T) []byte {
	t.Helper()
	own, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	file, err := archive.CreateHeader(&zip.FileHeader{Name: "bootstrap", Method: zip.Store})
	if err == nil {
		_, err = file.Write(own)
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// deployable reads a template whose functions' code is in S3 and made for this machine.
func deployable(t *testing.T, path string, edit func(body string) string) *template.Stack {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parameters := map[string]string{}
	if strings.Contains(string(body), "  Architecture:") {
		parameters["Architecture"] = map[string]string{"amd64": "x86_64"}[runtime.GOARCH]
		if runtime.GOARCH == "arm64" {
			parameters["Architecture"] = "arm64"
		}
	}
	stack, err := template.ReadStack("mine", filepath.Base(path), []byte(edit(string(body))), parameters)
	if err != nil {
		t.Fatal(err)
	}
	for i := range stack.Functions {
		stack.Functions[i].CodeURI = "s3://code/function.zip"
		stack.Functions[i].Architecture = map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	}
	return stack
}

func asIs(body string) string { return body }

// TestTheProjectIsDeployedAndTakenAway makes all that the project's template declares, one after the other, and takes it away.
func TestTheProjectIsDeployedAndTakenAway(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"../../../template.yaml", "../template/testdata/mail.yaml", "../template/testdata/social.yaml"} {
		d := newDeployer(t)
		stack := deployable(t, path, asIs)
		for _, resource := range stack.Declarations {
			if exists, err := d.Exists(t.Context(), stack, resource); !resource.LeftToAWS && (err != nil || exists) {
				t.Errorf("%s: %s is there already: %v", path, resource.LogicalID, err)
			}
			if err := d.Create(t.Context(), stack, resource); err != nil {
				t.Fatalf("%s: create %s: %v", path, resource.LogicalID, err)
			}
		}
		for _, function := range stack.Functions {
			if !d.Functions.Has(function.Name) {
				t.Errorf("no function %s", function.Name)
			}
		}
		for _, resource := range slices.Backward(stack.Declarations) {
			if resource.LeftToAWS {
				continue
			}
			for range 2 { // what is not there is no error
				if err := d.Delete(t.Context(), stack, nil, resource); err != nil {
					t.Fatalf("%s: delete %s: %v", path, resource.LogicalID, err)
				}
			}
			if exists, err := d.Exists(t.Context(), stack, resource); err != nil || exists {
				t.Errorf("%s: %s is there still: %v", path, resource.LogicalID, err)
			}
		}
	}
}

// TestUpdates changes a rule, a queue's policy, a function's environment and permissions.
func TestUpdates(t *testing.T) {
	t.Parallel()
	d := newDeployer(t)
	before := deployable(t, "testdata/greeting.yaml", asIs)
	for _, resource := range before.Declarations {
		if err := d.Create(t.Context(), before, resource); err != nil {
			t.Fatalf("create %s: %v", resource.LogicalID, err)
		}
	}
	after := deployable(t, "testdata/greeting.yaml", strings.NewReplacer("[me]", "[you]", "hello", "ciao", "Id: queue", "Id: other").Replace)
	changed := map[string]bool{}
	for _, resource := range after.Declarations {
		was, _ := before.Declaration(resource.LogicalID)
		if bytes.Equal(was.Properties, resource.Properties) {
			continue
		}
		changed[resource.LogicalID] = true
		if err := d.Update(t.Context(), before, after, resource); err != nil {
			t.Errorf("update %s: %v", resource.LogicalID, err)
		}
	}
	if !changed["Greeter"] || !changed["GreeterGreet"] || !changed["ToQueue"] || len(changed) != 3 {
		t.Errorf("changed: %v", changed)
	}
	rule, _ := after.Declaration("ToQueue")
	if ids := d.Events.TargetIDs(rule.Name, "greeting"); !slices.Equal(ids, []string{"other"}) {
		t.Errorf("targets %v", ids)
	}
	kept, _ := after.Declaration("Kept")
	other := deployable(t, "testdata/greeting.yaml", strings.NewReplacer("PK", "Other").Replace)
	if err := d.Update(t.Context(), after, other, kept); err == nil || !strings.Contains(err.Error(), "Rename kept") {
		t.Errorf("a table with another key: %v", err)
	}
	d.Code.Object = func(string, string) ([]byte, error) { return []byte("no zip"), nil }
	greeter, _ := before.Declaration("Greeter")
	if err := d.Update(t.Context(), after, before, greeter); err == nil {
		t.Error("code that is no zip is taken")
	}
}

// noBus takes no events.
type noBus struct{}

func (noBus) PutEvent(context.Context, iam.Caller, string, string, string, string) error {
	return errors.New("no bus")
}
