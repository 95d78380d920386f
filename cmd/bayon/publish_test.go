package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestEveryTemplateIsValid(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		read, err := readEvents(templateName(entry))
		if err != nil || len(read) != 1 {
			t.Fatalf("%s: %d events, %v", templateName(entry), len(read), err)
		}
		if _, err := (&publishCommand{}).entry(read[0]); err != nil {
			t.Errorf("%s: %v", templateName(entry), err)
		}
	}
}

func TestWhatIsPublishedOfATemplate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		template string
		set      []string
		force    bool
		detail   string // with, of the example, only the fields that are looked at
		problem  string
	}{
		"changed": {
			template: "user-created", set: []string{"detail.email=x@example.com", "detail.userId=7"},
			detail: `{"userId":"7","email":"x@example.com"}`,
		},
		"a number": {template: "integration-sync-completed", set: []string{"detail.itemsSynced=9007199254740993"}, detail: `{"itemsSynced":9007199254740993}`},
		"an item":  {template: "content-publish-failed", set: []string{"detail.platforms.1=blog"}, detail: `{"platforms":["instagram","blog"]}`},
		"a list":   {template: "content-publish-failed", set: []string{`detail.platforms=["blog"]`}, detail: `{"platforms":["blog"]}`},
		"metadata": {template: "check-due", set: []string{"detail.metadata.hops=3"}, detail: `{"metadata":{"hops":3}}`},
		"an equals sign in the value": {
			template: "content-published", set: []string{"detail.publishedUrl=https://x.example/?a=b,c"}, detail: `{"publishedUrl":"https://x.example/?a=b,c"}`,
		},
		"not valid":             {template: "user-created", set: []string{"detail.email=nobody"}, problem: "User Created: email must be an e-mail address"},
		"two fields":            {template: "alert-created", set: []string{"detail.priority=urgent", "detail.alertId="}, problem: "alertId"},
		"no value of these":     {template: "check-due", set: []string{"detail.check=prize"}, problem: "check must be life-event"},
		"another type":          {template: "integration-sync-completed", set: []string{"detail.itemsSynced=many"}, problem: "itemsSynced must be a whole number"},
		"negative":              {template: "integration-sync-completed", set: []string{"detail.itemsSynced=-1"}, problem: "itemsSynced must not be negative"},
		"another source":        {template: "user-created", set: []string{"source=bayon.coagent.users"}, problem: "source must be bayon.coagent.user"},
		"no such fact":          {template: "user-created", set: []string{"detail-type=User Made"}, problem: `no fact has the detail type "User Made"`},
		"all the same":          {template: "user-created", set: []string{"detail.email=nobody"}, force: true, detail: `{"email":"nobody"}`},
		"no path":               {template: "user-created", set: []string{"detail.email"}, problem: "must be path=value"},
		"nothing to put it in":  {template: "user-created", set: []string{"detail.email.at=x"}, problem: "neither an object nor a list"},
		"an item that is not":   {template: "content-publish-failed", set: []string{"detail.platforms.2=blog"}, problem: "from 0 to 1"},
		"a newer major version": {template: "user-created", set: []string{"detail.metadata.schemaVersion=2.0.0"}, problem: "schemaVersion must be of major version 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, err := readEvents(test.template)
			if err != nil {
				t.Fatal(err)
			}
			entry, err := (&publishCommand{Set: test.set, NoValidate: test.force}).entry(read[0])
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) {
					t.Errorf("got %v, want %s", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got, want map[string]json.RawMessage
			if err := errors.Join(json.Unmarshal([]byte(*entry.Detail), &got), json.Unmarshal([]byte(test.detail), &want)); err != nil {
				t.Fatal(err)
			}
			for field, value := range want {
				if diff := cmp.Diff(string(value), string(got[field])); diff != "" {
					t.Errorf("%s (-want +got):\n%s", field, diff)
				}
			}
		})
	}
}

func TestBothFormsOfAnEventAreRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "events.json")
	text := `[{"Source":"bayon.coagent.schedule","DetailType":"Check Due","Resources":["r"],
		"Detail":"{\"check\":\"price\",\"userId\":\"u\",\"dueAt\":\"2026-11-20T09:30:00Z\"}"},
		{"source":"bayon.coagent.schedule","detail-type":"Check Due","detail":{"check":"price","userId":"u","dueAt":"2026-11-20T09:30:00Z"}}]`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := readEvents(file)
	if err != nil || len(read) != 2 {
		t.Fatalf("%d events, %v", len(read), err)
	}
	first, err := (&publishCommand{Set: []string{"detail.userId=agent"}}).entry(read[0])
	if err != nil {
		t.Fatal(err)
	}
	second, err := (&publishCommand{Set: []string{"detail.userId=agent"}}).entry(read[1])
	if err != nil {
		t.Fatal(err)
	}
	if *first.Detail != *second.Detail || !strings.Contains(*first.Detail, `"userId":"agent"`) || len(first.Resources) != 1 {
		t.Errorf("%s, resources %v, and %s", *first.Detail, first.Resources, *second.Detail)
	}
}

func FuzzSet(f *testing.F) {
	f.Add(`{"detail":{"a":[1,{"b":"c"}]}}`, "detail.a.1.b=x")
	f.Fuzz(func(t *testing.T, text, change string) {
		var event eventObject
		if decodeNumbers([]byte(text), &event) != nil || event == nil {
			return
		}
		if err := setAll(event, []string{change}); err != nil {
			var usage *usageError
			if !errors.As(err, &usage) {
				t.Fatalf("%T", err)
			}
			return
		}
		if _, err := json.Marshal(event); err != nil {
			t.Fatal(err)
		}
	})
}

func TestInvocationsOfTemplates(t *testing.T) {
	t.Parallel()
	tick, err := (&invokeCommand{Event: "schedule-price", Set: []string{"dueAt=2026-11-20T09:30:00Z"}}).payload()
	if err != nil || string(tick) != `{"dueAt":"2026-11-20T09:30:00Z","schedule":"price"}` {
		t.Errorf("%s, %v", tick, err)
	}
	payload, err := (&invokeCommand{Event: "check-due", Set: []string{"detail.userId=agent"}}).payload()
	if err != nil {
		t.Fatal(err)
	}
	delivery, err := events.ParseDelivery(payload)
	if err != nil {
		t.Fatal(err)
	}
	event, err := events.Decode[events.CheckDue](delivery)
	if err != nil || event.Detail.UserID != "agent" || time.Since(event.Time) > time.Hour {
		t.Errorf("%+v, %v", event, err)
	}
	for _, name := range []string{"schedule-nothing", "nothing"} {
		var usage *usageError
		if _, err := (&invokeCommand{Event: name}).payload(); !errors.As(err, &usage) || !strings.Contains(err.Error(), "no template") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// With --aws, commands go where the caller's AWS configuration says, with what it signs.
func TestCommandsOnAWS(t *testing.T) {
	var mutex sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(r.Header.Get("Authorization"), "Credential=key/") {
			t.Errorf("not signed by the caller: %v", err)
		}
		mutex.Lock()
		defer mutex.Unlock()
		what := r.Header.Get("X-Amz-Target")
		switch what {
		case "AWSEvents.PutEvents":
			asked = append(asked, what+string(body))
			io.WriteString(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`)
		case "Logs_20140328.FilterLogEvents":
			asked = append(asked, what+string(body))
			io.WriteString(w, `{"events":[]}`)
		default:
			asked = append(asked, r.URL.String()+string(body))
			if strings.HasSuffix(r.URL.Path, "/event-invoke-config/list") {
				io.WriteString(w, `{"FunctionEventInvokeConfigs":[{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:f:$LATEST"},`+
					`{"FunctionArn":"arn:aws:lambda:eu-west-1:1:function:f:released","DestinationConfig":{"OnFailure":{"Destination":"q"}}}]}`)
				return
			}
			if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
				w.WriteHeader(http.StatusAccepted)
			}
			io.WriteString(w, "null")
		}
	}))
	t.Cleanup(server.Close)
	t.Chdir(filepath.Join("..", ".."))
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	for _, test := range []struct {
		command string
		code    int
		calls   int
		want    []string
	}{
		{"publish user-created --set detail.userId=u --environment production", exitDone, 1, []string{"PutEvents", "bayon-coagent-events-production", "User Created"}},
		{"publish user-created --set detail.email=x", exitUsage, 0, nil},
		{"publish no-such-template", exitUsage, 0, nil},
		{"publish --list", exitDone, 0, nil},
		{"invoke price-red schedule-price --environment production", exitDone, 1, []string{"/bayon-coagent-price-reduction-monitor-production/", `"price"`}},
		{"invoke price-red schedule-price --async", exitDone, 2, []string{"/invocations?Qualifier=released"}},
		{"tail --once --since 1m", exitDone, 7, []string{"/aws/lambda/bayon-coagent-life-event-processor-development"}},
	} {
		asked = nil
		if code := run(append([]string{"--aws"}, strings.Fields(test.command)...)); code != test.code {
			t.Errorf("%s: exit code %d, want %d", test.command, code, test.code)
		}
		if len(asked) != test.calls {
			t.Errorf("%s: %d calls: %s", test.command, len(asked), asked)
		}
		for _, part := range test.want {
			if !strings.Contains(strings.Join(asked, "\n"), part) {
				t.Errorf("%s: %s is not asked: %s", test.command, part, asked)
			}
		}
	}
}
