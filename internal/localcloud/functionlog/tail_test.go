package functionlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/functionlog"
)

// logs is as much of CloudWatch Logs as FilterLogEvents needs: AWS's JSON 1.1 protocol, pages of two lines.
type logs struct {
	mutex sync.Mutex
	lines map[string][]logLine // by log group
	calls int
}

type logLine struct {
	EventID   string `json:"eventId"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

func (l *logs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.calls++
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	refuse := func(code string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":%q,"message":"refused"}`, code)
	}
	if r.Header.Get("X-Amz-Target") != "Logs_20140328.FilterLogEvents" || r.Header.Get("Authorization") == "" {
		refuse("UnknownOperationException")
		return
	}
	var input struct {
		LogGroupName string
		NextToken    string
		StartTime    int64
	}
	if err := json.NewDecoder(r.Body).Decode(&input); err != nil {
		refuse("InvalidParameterException")
		return
	}
	lines, there := l.lines[input.LogGroupName]
	if !there {
		refuse("ResourceNotFoundException")
		return
	}
	var answer struct {
		Events    []logLine `json:"events"`
		NextToken string    `json:"nextToken,omitempty"`
	}
	var first int
	fmt.Sscan(input.NextToken, &first)
	for _, line := range lines {
		if line.Timestamp >= input.StartTime {
			answer.Events = append(answer.Events, line)
		}
	}
	const pageSize = 2
	answer.Events = answer.Events[min(first, len(answer.Events)):]
	if len(answer.Events) > pageSize {
		answer.Events, answer.NextToken = answer.Events[:pageSize], fmt.Sprint(first+pageSize)
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func (l *logs) write(group, id string, at time.Time, message string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines[group] = append(l.lines[group], logLine{id, at.UnixMilli(), message})
}

func (l *logs) client(t *testing.T) *cloudwatchlogs.Client {
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return cloudwatchlogs.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
}

const (
	pricesGroup = "/aws/lambda/bayon-coagent-price-reduction-monitor-production"
	mailsGroup  = "/aws/lambda/bayon-coagent-notification-processor-production"
)

func begun() time.Time { return time.Date(2026, time.November, 20, 9, 30, 0, 0, time.UTC) }

func ended(request, outcome string) string {
	return `{"level":"INFO","timestamp":"2026-11-20T09:30:00.1Z","message":"invocation ended","requestId":"` + request +
		`","handler":"Alert Created","eventId":"e-1","detailType":"Alert Created","correlationId":"c-1","outcome":"` + outcome +
		`","durationMs":12.5,"counts":{"AlertsCreated":1}}`
}

func handlingFailed(request string) string {
	return `{"level":"ERROR","message":"handling failed","requestId":"` + request + `","handler":"Alert Created","eventId":"e-1",` +
		`"detailType":"Alert Created","correlationId":"c-1","kind":"transient","error":"the table is throttled"}`
}

func TestWhatTheLinesTell(t *testing.T) {
	t.Parallel()
	logs := &logs{lines: map[string][]logLine{}}
	at := func(seconds int) time.Time { return begun().Add(time.Duration(seconds) * time.Second) }
	for i, line := range []string{
		`{"time":"2026-11-20T09:30:00Z","type":"platform.start","record":{"requestId":"r-1","version":"$LATEST"}}`,
		handlingFailed("r-1"),
		ended("r-1", "failed"),
		`{"time":"x","type":"platform.report","record":{"requestId":"r-1","metrics":{"durationMs":13.1},"status":"error","errorType":"TransientError"}}`,
		ended("r-1", "handled"),
		`{"time":"x","type":"platform.report","record":{"requestId":"r-1","metrics":{"durationMs":9},"status":"success"}}`,
		ended("r-2", "duplicate"),
		`{"time":"x","type":"platform.report","record":{"requestId":"r-3","metrics":{"durationMs":300000},"status":"timeout"}}`,
		`panic: nobody writes JSON here`,
		`{"time":"x","type":"platform.report","record":{"requestId":"r-4","metrics":{"durationMs":4},"status":"error","errorType":"Runtime.ExitError"}}`,
		`{"level":"WARN","message":"metrics are lost","requestId":"r-5","error":"pipe"}`,
		`{"level":"INFO","message":"a listing is left out"}`,
		`[1]`,
	} {
		logs.write(mailsGroup, fmt.Sprint("m", i), at(2*i), line)
	}
	logs.write(pricesGroup, "p0", at(5), ended("r-9", "ignored"))
	tail := &functionlog.Tail{
		Client: logs.client(t), Now: func() time.Time { return at(100) },
		Groups: []functionlog.Group{{pricesGroup, "prices"}, {mailsGroup, "mails"}, {"/aws/lambda/nowhere", "nowhere"}},
	}
	var got []activity.Activity
	if err := tail.Once(t.Context(), begun(), func(happened activity.Activity) error {
		got = append(got, happened)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	alert := func(seconds int, function string, kind activity.Kind, request string, attempt int, reason string) activity.Activity {
		return activity.Activity{
			At: at(seconds), Kind: kind, EventID: "e-1", CorrelationID: "c-1", DetailType: "Alert Created", Function: function, RequestID: request,
			Attempt: attempt, DurationMS: 12.5, Reason: reason,
		}
	}
	want := []activity.Activity{
		{At: at(100), Kind: activity.Warned, Function: "nowhere", Reason: "there is no log group /aws/lambda/nowhere"},
		alert(4, "mails", activity.Failed, "r-1", 1, "the table is throttled"),
		alert(5, "prices", activity.Delivered, "r-9", 1, "the function has no handler for it"),
		alert(8, "mails", activity.Delivered, "r-1", 2, ""),
		alert(12, "mails", activity.Delivered, "r-2", 1, "a duplicate: it was handled before"),
		{At: at(14), Kind: activity.Failed, Function: "mails", RequestID: "r-3", Attempt: 1, DurationMS: 300000, Reason: "the invocation timed out"},
		{At: at(18), Kind: activity.Failed, Function: "mails", RequestID: "r-4", Attempt: 1, DurationMS: 4, Reason: "Runtime.ExitError"},
		{At: at(20), Kind: activity.Warned, Function: "mails", RequestID: "r-5", Reason: "metrics are lost: pipe"},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFollowingTellsEachLineOnceHoweverLateItComes(t *testing.T) {
	t.Parallel()
	logs := &logs{lines: map[string][]logLine{mailsGroup: {}}}
	now, pauses := begun(), 0
	errEnough := errors.New("enough")
	tail := &functionlog.Tail{
		Client: logs.client(t), Groups: []functionlog.Group{{mailsGroup, "mails"}}, Now: func() time.Time { return now },
		Pause: func(context.Context) error {
			pauses++
			now = now.Add(30 * time.Second)
			switch pauses {
			case 1:
				logs.write(mailsGroup, "b", now, ended("r-2", "handled"))
			case 2:
				logs.write(mailsGroup, "c", now.Add(-50*time.Second), ended("r-3", "handled")) // late
			case 6:
				return errEnough
			}
			return nil
		},
	}
	logs.write(mailsGroup, "old", begun().Add(-time.Second), ended("r-0", "handled"))
	logs.write(mailsGroup, "a", begun(), ended("r-1", "handled"))
	var requests []string
	err := tail.Follow(t.Context(), begun(), func(happened activity.Activity) error {
		requests = append(requests, happened.RequestID)
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"r-1", "r-2", "r-3"}, requests); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestARefusalEndsTheTail(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"not allowed to"}`)
	}))
	t.Cleanup(server.Close)
	client := cloudwatchlogs.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	tail := &functionlog.Tail{Client: client, Groups: []functionlog.Group{{mailsGroup, "mails"}}, Now: begun}
	err := tail.Once(t.Context(), begun(), func(activity.Activity) error { return nil })
	if err == nil || !errorsContain(err, "AccessDeniedException", mailsGroup) {
		t.Errorf("got %v", err)
	}
}

func errorsContain(err error, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			return false
		}
	}
	return true
}
