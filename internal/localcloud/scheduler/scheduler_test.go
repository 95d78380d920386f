package scheduler_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// In these tests time begins at 2000-01-01T00:00:00Z, a Saturday, and passes only while all goroutines wait.

func TestScheduleCallsItsFunctionWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(daily)
		time.Sleep(30 * time.Hour)
		synctest.Wait()
		want := []string{
			"06:00:00 price-check: price at 2000-01-01T06:00:00Z try 1",
			"06:00:00 price-check: price at 2000-01-02T06:00:00Z try 1",
		}
		if diff := cmp.Diff(want, w.called()); diff != "" {
			t.Error(diff)
		}
		wantCaller := iam.Caller{Service: iam.Scheduler, SourceARN: daily.ARN}
		if w.functions.caller != wantCaller {
			t.Errorf("the caller is %+v, want %+v", w.functions.caller, wantCaller)
		}
		if diff := cmp.Diff([]string{"scheduled daily price-check 1 r-1", "scheduled daily price-check 1 r-2"}, w.noted()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNothingIsCalledBeforeItCanBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.ready = make(chan struct{})
		w.start(daily)
		time.Sleep(6*time.Hour + time.Minute)
		synctest.Wait()
		if called := w.called(); len(called) > 0 {
			t.Errorf("called already: %q", called)
		}
		close(w.ready)
		synctest.Wait()
		if diff := cmp.Diff([]string{"06:01:00 price-check: price at 2000-01-01T06:00:00Z try 1"}, w.called()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestContextAttributes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		schedule := daily
		schedule.Input = "<aws.scheduler.schedule-arn> <aws.scheduler.execution-id> <aws.scheduler.unknown>"
		w.start(schedule)
		if err := w.scheduler.Fire(t.Context(), "daily", time.Now()); err != nil {
			t.Fatal(err)
		}
		words := strings.Fields(w.called()[0])
		if words[2] != daily.ARN || len(words[3]) != 16 || words[4] != "<aws.scheduler.unknown>" {
			t.Errorf("got %q", words)
		}
	})
}

func TestRestartNeitherRepeatsNorLosesInSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(daily)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		w.restart(daily)
		time.Sleep(time.Hour)
		synctest.Wait()
		if calls := w.called(); len(calls) != 1 {
			t.Fatalf("after the first restart: %q", calls)
		}
		w.stop()
		time.Sleep(3 * 24 * time.Hour)
		w.start(daily)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		want := []string{
			"06:00:00 price-check: price at 2000-01-01T06:00:00Z try 1",
			"06:00:00 price-check: price at 2000-01-05T06:00:00Z try 1",
		}
		if diff := cmp.Diff(want, w.called()); diff != "" {
			t.Error(diff)
		}
		note := "warned daily  : the schedule daily was due since 2000-01-02T06:00:00Z while nothing ran here: " +
			"3 times, which are not made up for"
		if notes := strings.Join(w.noted(), "\n"); !strings.Contains(notes, note) {
			t.Errorf("the diary does not tell of the missed times:\n%s", notes)
		}
	})
}

func TestRestartWithinAMinuteIsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(daily)
		time.Sleep(5*time.Hour + 59*time.Minute)
		w.stop()
		time.Sleep(90 * time.Second)
		w.start(daily)
		synctest.Wait()
		if diff := cmp.Diff([]string{"06:00:30 price-check: price at 2000-01-01T06:00:00Z try 1"}, w.called()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewExpressionBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start(daily)
		time.Sleep(time.Hour)
		w.stop()
		time.Sleep(24 * time.Hour)
		changed := daily
		changed.Expression = "cron(0 7 * * ? *)"
		w.start(changed)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		if diff := cmp.Diff([]string{"07:00:00 price-check: price at 2000-01-02T07:00:00Z try 1"}, w.called()); diff != "" {
			t.Error(diff)
		}
		if notes := w.noted(); len(notes) != 1 {
			t.Errorf("the diary tells of more than the call: %q", notes)
		}
	})
}

func TestRateKeepsItsAnchorAcrossARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		schedule := daily
		schedule.Expression = "rate(10 minutes)"
		w.start(schedule)
		time.Sleep(14 * time.Minute)
		w.restart(schedule)
		time.Sleep(7 * time.Minute)
		synctest.Wait()
		want := []string{
			"00:00:00 price-check: price at 2000-01-01T00:00:00Z try 1",
			"00:10:00 price-check: price at 2000-01-01T00:10:00Z try 1",
			"00:20:00 price-check: price at 2000-01-01T00:20:00Z try 1",
		}
		if diff := cmp.Diff(want, w.called()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStartAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		schedule := daily
		schedule.Start, schedule.End = moment(t, "2000-01-03T06:00:00Z"), moment(t, "2000-01-05T06:00:00Z")
		w.start(schedule)
		time.Sleep(10 * 24 * time.Hour)
		synctest.Wait()
		want := []string{
			"06:00:00 price-check: price at 2000-01-03T06:00:00Z try 1",
			"06:00:00 price-check: price at 2000-01-04T06:00:00Z try 1",
		}
		if diff := cmp.Diff(want, w.called()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		throttled := awsapi.Errorf("TooManyRequestsException", "Rate Exceeded.")
		w.functions.fail = []error{throttled, throttled}
		w.start(daily)
		time.Sleep(7 * time.Hour)
		synctest.Wait()
		want := []string{
			"06:00:00 price-check: price at 2000-01-01T06:00:00Z try 1",
			"06:00:01 price-check: price at 2000-01-01T06:00:00Z try 2",
			"06:00:03 price-check: price at 2000-01-01T06:00:00Z try 3",
		}
		if diff := cmp.Diff(want, w.called()); diff != "" {
			t.Error(diff)
		}
		wantNotes := []string{
			"failed daily price-check 1 : TooManyRequestsException: Rate Exceeded.",
			"retried daily price-check 2 at 06:00:01",
			"failed daily price-check 2 : TooManyRequestsException: Rate Exceeded.",
			"retried daily price-check 3 at 06:00:03",
			"scheduled daily price-check 3 r-3",
		}
		if diff := cmp.Diff(wantNotes, w.noted()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRetryGoesOnAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		schedule := daily
		schedule.Input = "<aws.scheduler.execution-id>"
		w.functions.fail = []error{errors.New("lost power")}
		w.start(schedule)
		time.Sleep(6*time.Hour + time.Second/2)
		if want := []string{"the schedule daily of 2000-01-01T06:00:00Z, attempt 2"}; !cmp.Equal(want, w.scheduler.InFlight()) {
			t.Errorf("in flight: %q, want %q", w.scheduler.InFlight(), want)
		}
		w.restart() // the template has no such schedule any more
		time.Sleep(time.Second)
		synctest.Wait()
		calls := w.called()
		if len(calls) != 2 || calls[1] != strings.Replace(calls[0], "06:00:00", "06:00:01", 1) {
			t.Errorf("the execution id is not kept: %q", calls)
		}
		if left := w.scheduler.InFlight(); len(left) != 0 {
			t.Errorf("still in flight: %q", left)
		}
		w.restart()
		synctest.Wait()
		if len(w.called()) != 2 {
			t.Error("what was delivered is delivered again")
		}
	})
}

func TestStopDuringACallIsNoAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.functions.block = make(chan struct{})
		w.start(daily)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		w.stop()
		w.functions.block = nil
		w.start(daily)
		synctest.Wait()
		if diff := cmp.Diff([]string{"06:00:00 price-check: price at 2000-01-01T06:00:00Z try 1"}, w.called()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestGivenUp(t *testing.T) {
	const queueARN = "arn:aws:sqs:us-east-1:123456789012:dead"
	const call = `{"FunctionName":"arn:aws:lambda:us-east-1:123456789012:function:price-check","InvocationType":"Event",` +
		`"Payload":"price at 2000-01-01T00:00:00Z `
	missing := &awsapi.Error{Status: 404, Code: "ResourceNotFoundException", Message: "Function not found"}
	tests := []struct {
		name      string
		retry     template.RetryPolicy
		cause     error
		queueARN  string
		queueFail error
		want      map[string]string // the dead letter
		note      string            // the last one of the diary
	}{
		{
			name: "attempts", retry: template.RetryPolicy{MaximumRetryAttempts: 2, MaximumEventAge: time.Hour},
			cause: missing, queueARN: queueARN,
			want: map[string]string{
				"body":                      call + `try 3"}`,
				"ERROR_CODE":                "ResourceNotFoundException",
				"ERROR_MESSAGE":             "Function not found",
				"EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
				"IS_PAYLOAD_TRUNCATED":      "false",
				"RETRY_ATTEMPTS":            "2",
				"SCHEDULED_TIME":            "2000-01-01T00:00:00Z",
				"SCHEDULE_ARN":              daily.ARN,
				"TARGET_ARN":                daily.TargetARN,
			},
			note: "dead-lettered daily price-check dead : ResourceNotFoundException: Function not found",
		},
		{
			name: "age", retry: template.RetryPolicy{MaximumRetryAttempts: 185, MaximumEventAge: time.Minute},
			cause: errors.New("no answer"), queueARN: queueARN,
			want: map[string]string{
				"body":                      call + `try 6"}`,
				"ERROR_CODE":                "InternalServerException",
				"ERROR_MESSAGE":             "no answer",
				"EXHAUSTED_RETRY_CONDITION": "MaximumEventAgeInSeconds",
				"IS_PAYLOAD_TRUNCATED":      "false",
				"RETRY_ATTEMPTS":            "5",
				"SCHEDULED_TIME":            "2000-01-01T00:00:00Z",
				"SCHEDULE_ARN":              daily.ARN,
				"TARGET_ARN":                daily.TargetARN,
			},
			note: "dead-lettered daily price-check dead : InternalServerException: no answer",
		},
		{
			name: "no queue", cause: missing,
			note: "lost daily price-check : the schedule has no dead-letter queue",
		},
		{
			name: "queue that refuses", cause: missing, queueARN: queueARN, queueFail: awsapi.Errorf("AccessDeniedException", "Not you."),
			note: "lost daily price-check dead : the dead-letter queue refused it: AccessDeniedException: Not you.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.functions.failAll, w.queues.fail = test.cause, test.queueFail
				schedule := daily
				schedule.Retry, schedule.DeadLetterARN = test.retry, test.queueARN
				w.start(schedule)
				err := w.scheduler.Fire(t.Context(), "daily", time.Now())
				if !errors.Is(err, test.cause) {
					t.Errorf("got the error %v, want %v", err, test.cause)
				}
				if diff := cmp.Diff(test.want, w.queues.letter); diff != "" {
					t.Error(diff)
				}
				if notes := w.noted(); notes[len(notes)-1] != test.note {
					t.Errorf("the diary ends with %q, want %q", notes[len(notes)-1], test.note)
				}
				if left := w.scheduler.InFlight(); len(left) != 0 {
					t.Errorf("still in flight: %q", left)
				}
				calls := len(w.called())
				w.restart(schedule)
				synctest.Wait()
				if len(w.called()) != calls {
					t.Error("what was given up is delivered again after a restart")
				}
			})
		})
	}
}

func TestScaleShortensRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.scale = 10
		w.functions.failAll = errors.New("no answer")
		w.start(daily)
		began := time.Now()
		_ = w.scheduler.Fire(t.Context(), "daily", began)
		if took := time.Since(began); took != 300*time.Millisecond {
			t.Errorf("two retries took %v, want 300ms", took)
		}
	})
}

func TestFire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		disabled := daily
		disabled.Enabled = false
		w.start(disabled)
		if err := w.scheduler.Fire(t.Context(), "daily", moment(t, "2026-11-24T06:00:00+02:00")); err != nil {
			t.Error(err)
		}
		time.Sleep(48 * time.Hour)
		if diff := cmp.Diff([]string{"00:00:00 price-check: price at 2026-11-24T04:00:00Z try 1"}, w.called()); diff != "" {
			t.Error(diff)
		}
		var refusal *awsapi.Error
		if err := w.scheduler.Fire(t.Context(), "hourly", time.Now()); !errors.As(err, &refusal) || refusal.Code != "ResourceNotFoundException" {
			t.Errorf("an unknown schedule: %v", err)
		}
		w.functions.block = make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.scheduler.Fire(ctx, "daily", time.Now()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a slow function: %v", err)
		}
	})
}

func TestCloseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.functions.block, w.functions.deaf = make(chan struct{}), true
		w.start(daily)
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.scheduler.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(w.functions.block)
	})
}

func TestNewRefusesWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	opened, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	}()
	hourly, odd := daily, daily
	hourly.LogicalID, hourly.Expression = "Hourly", "rate(1 hours ago)"
	odd.LogicalID, odd.TimeZone = "Odd", "Mars"
	_, err = scheduler.New(scheduler.Config{Schedules: []template.Schedule{hourly, odd}, Space: opened.Space("s")})
	want := `schedule Hourly: ValidationException: Invalid Schedule Expression rate(1 hours ago). (want a number and minutes, hours or days)
schedule Odd: ValidationException: Invalid Schedule Expression Timezone Mars.`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestSchedulesOfTheProject(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("template.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, schedule := range stack.Schedules {
		expression, err := scheduler.Parse(schedule.Expression, schedule.TimeZone, schedule.Start)
		if err != nil {
			t.Errorf("%s: %v", schedule.LogicalID, err)
			continue
		}
		if _, ok := expression.Next(moment(t, "2026-11-24T00:00:00Z")); !ok {
			t.Errorf("%s is never due: %s", schedule.LogicalID, schedule.Expression)
		}
	}
}
