package publication_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// settle lets Lambda try a tick again, and the check come due until nothing is left to do.
func (w *world) settle() {
	w.t.Helper()
	w.faults.arm(0, 0)
	for _, pause := range []time.Duration{time.Minute, 2 * time.Minute} {
		w.pass(pause)
		if w.tick() == nil {
			break
		}
	}
	for range 12 {
		ended := true
		for _, data := range w.Data("SCHEDULE#") {
			ended = ended && (data["status"] == "published" || data["status"] == "failed")
		}
		if ended {
			return
		}
		w.pass(10 * time.Minute)
		w.mustTick()
	}
}

// checkOutcome looks whether each channel of each item is out once, recorded and told as such; or is not, and recorded as
// such. Only one that nobody can know of may be out and recorded as failed.
func (w *world) checkOutcome(t failer, what string) {
	t.Helper()
	made := w.posts()
	slices.Sort(made)
	if unique := slices.Compact(slices.Clone(made)); len(unique) != len(made) {
		t.Errorf("%s: posted %q", what, made)
	}
	figures := w.Data("ANALYTICS#")
	outs := map[string]bool{}    // identities of what is out
	failures := map[string]int{} // items that failed
	for id, data := range w.Data("SCHEDULE#") {
		status := fmt.Sprint(data["status"])
		if status != "published" && status != "failed" {
			t.Errorf("%s: left is %s", what, w.state(id))
		}
		allOut := true
		for _, each := range data["publishResults"].([]any) {
			result := each.(fields)
			name := fmt.Sprint(id, " on ", result["channel"], "/", result["accountId"])
			isOut := slices.Contains(made, name)
			switch {
			case result["success"] == true:
				outs[fmt.Sprint("content-", id, "#", result["channel"], "#", result["publishedAt"])] = true
				if !isOut || result["announcedAt"] == nil || result["postingSince"] != nil {
					t.Errorf("%s: %s is recorded as posted: %v", what, name, result)
				}
				if figures[fmt.Sprint("content-", id, "#", result["channel"])] == nil {
					t.Errorf("%s: no figures of %s", what, name)
				}
			case isOut && !strings.HasPrefix(fmt.Sprint(result["error"]), "We could not find out"):
				t.Errorf("%s: %s is posted, but recorded as failed: %v", what, name, result)
			default:
				allOut = false
			}
		}
		if allOut != (status == "published") {
			t.Errorf("%s: %s", what, w.state(id))
		}
		if !allOut {
			failures[id] = 0
		}
	}
	told := map[string]bool{}
	for _, event := range eventstest.Published[events.ContentPublished](w.t, w.Bus) {
		told[strings.ReplaceAll(event.Detail.Identity(), "\x00", "#")] = true
	}
	if len(told) != len(outs) {
		t.Errorf("%s: told of %v, but out are %v", what, told, outs)
	}
	identities := map[string]bool{}
	for _, event := range eventstest.Published[events.ContentPublishFailed](w.t, w.Bus) {
		if !identities[event.Detail.Identity()] {
			failures[event.Detail.ScheduleID]++
		}
		identities[event.Detail.Identity()] = true
	}
	for id, times := range failures {
		if times != 1 {
			t.Errorf("%s: told %d times that %s failed", what, times, id)
		}
	}
	w.checkPlaces(t)
}

// Each call of the table, the bus and the networks goes wrong in turn, in each way.
func TestEachCallGoesWrong(t *testing.T) {
	t.Parallel()
	stories := map[string]func(*world){
		"two posts": func(w *world) { w.schedule("A", channels("facebook", "twitter"), nil) },
		"a post and a refusal": func(w *world) {
			w.networks["twitter"].will(refusal)
			w.schedule("A", channels("facebook", "twitter"), nil)
		},
		"a post and another try": func(w *world) {
			w.networks["facebook"].will(unavailable)
			w.schedule("A", channels("facebook", "twitter"), nil)
		},
		"an answer is lost": func(w *world) {
			w.networks["facebook"].will(errCut)
			w.schedule("A", channels("facebook", "twitter"), nil)
		},
		"going on": func(w *world) {
			w.networks["facebook"].will(errLost)
			w.schedule("A", channels("facebook", "twitter"), nil)
			w.mustTick()
			w.pass(5 * time.Minute)
		},
		"no way to know": func(w *world) {
			w.networks["facebook"].will(errCut)
			w.networks["facebook"].finds = slices.Repeat([]error{social.ErrCannotFind}, 100)
			w.schedule("A", channels("facebook", "twitter"), nil)
		},
	}
	for name, before := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kinds := []fault{lost, crash}
			if name == "two posts" { // the rest is the same in each story
				kinds = []fault{refused, lost, crash, crashLate, away, awayLate, repeated}
			}
			for _, kind := range kinds {
				for at := 1; ; at++ {
					w := newWorld(t)
					before(w)
					w.faults.arm(at, kind)
					err := w.tick()
					calls := w.faults.names
					if len(calls) < at {
						break
					}
					if kind == repeated { // nothing is even delayed
						w.want("A", "published, facebook/account ok 1, twitter/account ok 1")
						if err != nil {
							t.Errorf("call %d of %q repeated: %v", at, calls, err)
						}
					}
					recording := calls[at-1] == "transact"
					w.settle()
					w.checkOutcome(t, fmt.Sprintf("fault %d at call %d of %q", kind, at, calls))
					if kind == away && recording && w.networks["facebook"].lookups+w.networks["twitter"].lookups > 0 {
						t.Errorf("what was posted was forgotten after call %d of %q", at, calls)
					}
					if t.Failed() {
						return
					}
				}
			}
		})
	}
}

// Whatever happens between the reading of an item and its claim: who comes late leaves it alone.
func TestClaimComesTooLate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		between func(*world)
		state   string
		posts   []string
	}{
		"another has posted it": {
			func(w *world) { w.mustTick() }, "published, facebook/account ok 1", []string{"A on facebook/account"},
		},
		"another could not post it": {
			func(w *world) {
				w.networks["facebook"].will(unavailable)
				w.mustTick()
			}, "scheduled, facebook/account waits 1", nil,
		},
		"cancelled": {func(w *world) { w.amend("A", fields{"status": "cancelled"}) }, "cancelled", nil},
		"put off": {
			func(w *world) { w.schedule("A", channels("facebook"), fields{"publishTime": iso(now.Add(time.Hour))}) }, "scheduled", nil,
		},
		"deleted": {func(w *world) { w.Delete("SCHEDULE#A"); w.schedule("A", nil, fields{"status": "draft"}) }, "draft", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.schedule("A", channels("facebook"), nil)
			w.faults.between = func() { test.between(w) }
			w.mustTick()
			if got := w.state("A"); got != test.state {
				t.Errorf("state %s", got)
			}
			w.wantPosts(test.posts...)
		})
	}
}

// Whatever networks answer, however workers overlap, die and are repeated: nothing is posted twice, and in the end each channel
// is out, recorded and told, or is recorded as failed.
func TestAnyOrderAnyFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		chances := rapid.SliceOfN(rapid.IntRange(0, 40), 17, 17).Draw(r, "faults")
		w.faults.random = func(call int) fault {
			if chance := chances[call%17]; chance <= int(lost) {
				return fault(chance)
			}
			return 0
		}
		answers := map[string]error{
			"away": unavailable, "refused": refusal, "cut": errCut, "lost": errLost, "limited": limited(7 * time.Minute), "revoked": revoked,
		}
		platforms := []string{"facebook", "twitter", "blog"}
		for range rapid.IntRange(2, 12).Draw(r, "steps") {
			platform := rapid.SampledFrom(platforms).Draw(r, "platform")
			switch rapid.SampledFrom([]string{"schedule", "answer", "tick", "tick", "overlap", "pass", "die", "hide"}).Draw(r, "step") {
			case "schedule":
				id := rapid.SampledFrom([]string{"A", "B"}).Draw(r, "item")
				if w.Data("SCHEDULE#")[id] == nil {
					w.schedule(id, channels("facebook", "twitter/1", "twitter/2", "blog"), nil)
				}
			case "answer":
				w.networks[platform].will(answers[rapid.SampledFrom([]string{"away", "refused", "cut", "lost", "limited", "revoked"}).Draw(r, "answer")])
			case "hide":
				w.networks[platform].finds = append(w.networks[platform].finds, social.ErrCannotFind)
			case "tick":
				_ = w.tick()
			case "overlap":
				var workers sync.WaitGroup
				for range 2 {
					workers.Go(func() { _ = w.tick() })
				}
				workers.Wait()
			case "pass":
				w.pass(time.Duration(rapid.IntRange(1, 20).Draw(r, "minutes")) * time.Minute)
			case "die":
				ctx, cancel := context.WithCancel(context.Background())
				random := w.faults.random
				w.networks[platform].onPost = func() { // with the post under way
					cancel()
					w.setRandom(func(int) fault { return refused })
				}
				_ = w.tickIn(ctx)
				w.networks[platform].onPost = nil
				w.setRandom(random)
				cancel()
			}
		}
		w.setRandom(nil)
		w.settle()
		w.checkOutcome(r, "in the end")
	})
}

// setRandom changes the faults.
func (w *world) setRandom(random func(int) fault) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.random = random
}
