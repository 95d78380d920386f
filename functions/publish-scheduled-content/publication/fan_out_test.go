package publication_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/awsenv/socialenv"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// wantFanOut lets the schedule come due, and compares who was told.
func (w *world) wantFanOut(users ...string) {
	w.t.Helper()
	before := len(eventstest.Published[events.CheckDue](w.t, w.Bus))
	function, _ := w.function(&socialenv.Networks{})
	if _, err := function.Invoke(w.t.Context(), fmt.Appendf(nil, `{"schedule":"publishing","dueAt":%q}`, w.Now().Format(time.RFC3339))); err != nil {
		w.t.Fatal(err)
	}
	told := map[string]int{}
	for _, event := range eventstest.Published[events.CheckDue](w.t, w.Bus)[before:] {
		if event.Detail.Check != "publishing" {
			w.t.Errorf("told of %s", event.Detail.Check)
		}
		told[event.Detail.UserID]++
	}
	slices.Sort(users)
	if got := slices.Sorted(maps.Keys(told)); !slices.Equal(got, users) {
		w.t.Errorf("told %v, want %v", told, users)
	}
	for user, times := range told {
		if times != 1 {
			w.t.Errorf("%s was told %d times", user, times)
		}
	}
}

func TestWhoseContentIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	put := func(userID, id string, data fields) { w.scheduleFor(userID, id, channels("facebook"), data) }
	put("due", "1", nil)
	put("due", "2", fields{"publishTime": iso(now.Add(-time.Hour))})
	put("later", "1", fields{"publishTime": iso(now.Add(time.Millisecond))})
	put("again", "1", fields{"publishTime": iso(now.Add(-time.Hour)), "nextAttemptAt": iso(now)})
	put("not again yet", "1", fields{"publishTime": iso(now.Add(-time.Hour)), "nextAttemptAt": iso(now.Add(time.Millisecond))})
	put("busy", "1", fields{"status": "publishing", "leaseUntil": iso(now)})
	put("abandoned", "1", fields{"status": "publishing", "leaseUntil": iso(now.Add(-time.Millisecond))})
	put("cancelled", "1", fields{"status": "cancelled"})
	put("published", "1", fields{"status": "published"})
	put("unreadable", "1", fields{"publishTime": "11 o'clock"})
	put(" ", "1", nil)
	w.Put("SCHEDULE#foreign", "ScheduledContent", nil)
	w.wantFanOut("due", "again", "abandoned", "unreadable")
}

// An item that the index says is due, but that is not any more, concerns nobody.
func TestIndexThatIsBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook"), nil)
	w.amend("A", fields{"status": "cancelled"})
	w.wantFanOut()
	w.mustTick()
	w.wantPosts()
}

func TestManyAgentsAreToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var users []string
	for i := range 450 {
		user := fmt.Sprintf("user-%d", i%225)
		w.scheduleFor(user, fmt.Sprint(i), channels("facebook"), nil)
		if i < 225 {
			users = append(users, user)
		}
	}
	w.wantFanOut(users...)
}
