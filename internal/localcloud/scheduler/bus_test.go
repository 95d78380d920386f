package scheduler_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// bus is an EventBridge that keeps what it got, on whose behalf.
type bus struct {
	mutex  sync.Mutex
	events []string
	fail   error
}

// refuse makes the bus refuse what comes from now on.
func (b *bus) refuse(err error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.fail = err
}

// got is what the bus got so far.
func (b *bus) got() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return slices.Clone(b.events)
}

func (b *bus) PutEvent(_ context.Context, caller iam.Caller, busARN, source, detailType, detail string) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.fail != nil {
		return b.fail
	}
	b.events = append(b.events, strings.Join([]string{caller.Role.ARN, busARN, source, detailType, detail}, " "))
	return nil
}

func TestSchedulePutsAnEventOnABus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		role, err := iam.NewIdentity(daily.RoleARN, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.roles = map[string]*iam.Identity{daily.RoleARN: role}
		canary := daily
		canary.TargetARN, canary.EventSource, canary.EventDetailType = "arn:aws:events:us-east-1:123456789012:event-bus/b", "bayon.canary", "Canary"
		canary.Input = `{"id":"<aws.scheduler.scheduled-time>"}`
		canary.Retry = template.RetryPolicy{MaximumRetryAttempts: 0, MaximumEventAge: time.Hour}
		canary.DeadLetterARN = "arn:aws:sqs:us-east-1:123456789012:letters"
		w.start(canary)
		time.Sleep(7 * time.Hour)
		synctest.Wait()
		want := []string{daily.RoleARN + ` arn:aws:events:us-east-1:123456789012:event-bus/b bayon.canary Canary {"id":"2000-01-01T06:00:00Z"}`}
		if diff := cmp.Diff(want, w.bus.got()); diff != "" {
			t.Error(diff)
		}

		w.bus.refuse(awsapi.Errorf("AccessDeniedException", "not you"))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		body := `{"Entries":[{"Detail":"{\"id\":\"2000-01-02T06:00:00Z\"}","DetailType":"Canary",` +
			`"EventBusName":"arn:aws:events:us-east-1:123456789012:event-bus/b","Source":"bayon.canary"}]}`
		if w.queues.letter["body"] != body || w.queues.letter["ERROR_CODE"] != "AccessDeniedException" {
			t.Errorf("the dead letter: %v", w.queues.letter)
		}
	})
}
