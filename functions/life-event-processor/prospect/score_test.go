package prospect

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/alert"
)

var now = time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)

// ago is an event that happened so long before now.
func ago(id string, kind kind, age time.Duration) lifeEvent {
	return lifeEvent{id: id, kind: kind, date: now.Add(-age)}
}

const ms = time.Millisecond

func TestScore(t *testing.T) {
	t.Parallel()
	one := func(kind kind, age time.Duration) []lifeEvent { return []lifeEvent{ago("1", kind, age)} }
	// two is an event that happened 100 days ago, and another so much earlier, or later.
	two := func(earlier time.Duration) []lifeEvent {
		return []lifeEvent{ago("1", death, 100*day), ago("2", birth, 100*day+earlier)}
	}
	tests := []struct {
		name   string
		events []lifeEvent
		market market
		want   int
	}{
		{"nothing happened", nil, tight, 0},

		{"marriage", one(marriage, 31*day), even, 65},
		{"divorce", one(divorce, 31*day), even, 70},
		{"job change", one(jobChange, 31*day), even, 45},
		{"retirement", one(retirement, 31*day), even, 60},
		{"birth", one(birth, 31*day), even, 55},
		{"death", one(death, 31*day), even, 75},

		{"right now", one(marriage, 0), even, 78},
		{"30 whole days", one(marriage, 31*day-ms), even, 78},
		{"31 days", one(marriage, 31*day), even, 65},
		{"90 whole days", one(marriage, 91*day-ms), even, 65},
		{"91 days", one(marriage, 91*day), even, 52},
		{"180 whole days", one(marriage, 181*day-ms), even, 52},
		{"181 days", one(marriage, 181*day), even, 39},
		{"365 whole days", one(marriage, 366*day-ms), even, 39},
		{"366 days: 19.5 is rounded up", one(marriage, 366*day), even, 20},
		{"longer than time can be told", one(death, 1<<63-1), even, 23},

		{"homes sell fast", one(retirement, 31*day), tight, 69},
		{"homes sell slowly", one(retirement, 31*day), slow, 51},
		{"48.3 is rounded down", one(divorce, 181*day), tight, 48},
		{"38.25 is rounded down", one(jobChange, 31*day), slow, 38},
		{"18.975 is rounded up", one(birth, 366*day), tight, 19},
		{"22.5 is rounded up", one(death, 366*day), even, 23},
		{"89.7", one(marriage, 0), tight, 90},
		{"103.5 is clamped", one(death, 0), tight, 100},
		{"100.5 is clamped", []lifeEvent{ago("1", divorce, 31*day), ago("2", marriage, 40*day), ago("3", birth, 40*day)}, tight, 100},

		{"another at the same time", two(0), even, 75},
		{"another 90 days earlier", two(90 * day), even, 75},
		{"another just over 90 days earlier", two(90*day + ms), even, 60},
		{"another just under 90 days earlier", two(90*day - ms), even, 75},
		{"another 90 days later", two(-90 * day), even, 75},
		{"another just over 90 days later", two(-90*day - ms), even, 60},
		{"another just under 90 days later", two(-90*day + ms), even, 75},
		{"the bonus follows no timing and no market", two(0), slow, 66},
		{"several others", append(two(90*day), ago("3", birth, 100*day), ago("4", marriage, 191*day)), even, 90},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := assess(test.events, test.market, now).score; got != test.want {
				t.Errorf("score %d, want %d", got, test.want)
			}
		})
	}
}

func TestPrimaryEvent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		events  []lifeEvent
		primary string
		others  []string
	}{
		{"the only one", []lifeEvent{ago("1", birth, 0)}, "1", nil},
		{"the one that weighs most, however old", []lifeEvent{ago("1", divorce, 0), ago("2", death, 400*day)}, "2", []string{"1"}},
		{"as heavy, but more recent", []lifeEvent{ago("1", birth, 2*ms), ago("2", birth, ms)}, "2", []string{"1"}},
		{"as heavy and as recent, but of a lower id", []lifeEvent{ago("b", birth, 0), ago("a", birth, 0)}, "a", []string{"b"}},
		{"others, newest first", []lifeEvent{
			ago("1", birth, 3*day), ago("2", death, day), ago("4", birth, 2*day), ago("3", marriage, 2*day), ago("5", jobChange, day),
		}, "2", []string{"5", "3", "4", "1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				found := assess(test.events, even, now)
				var others []string
				for _, event := range found.others {
					others = append(others, event.id)
				}
				if diff := cmp.Diff(test.others, others); found.primary.id != test.primary || diff != "" {
					t.Errorf("primary %s, others %v", found.primary.id, others)
				}
				slices.Reverse(test.events)
			}
		})
	}
}

func TestEventsOfTheFutureAreIgnored(t *testing.T) {
	t.Parallel()
	events := []lifeEvent{ago("1", birth, 0), ago("2", death, -ms), ago("3", jobChange, ms)}
	got := past(events, now)
	if len(got) != 2 || got[0].id != "1" || got[1].id != "3" {
		t.Errorf("past events %v", got)
	}
}

func TestPriorityOf(t *testing.T) {
	t.Parallel()
	for score, want := range map[int]alert.Priority{
		50: alert.Low, 69: alert.Low, 70: alert.Medium, 84: alert.Medium, 85: alert.High, 100: alert.High,
	} {
		if got := priorityOf(score); got != want {
			t.Errorf("%d: %s", score, got)
		}
	}
}

func TestEachActionIsItsOwn(t *testing.T) {
	t.Parallel()
	actions := map[string]bool{}
	for _, kind := range kinds() {
		calm, urgent := recommendedAction(kind, 84), recommendedAction(kind, 85)
		if calm != recommendedAction(kind, 0) || urgent != recommendedAction(kind, 100) {
			t.Errorf("%s: the action changes elsewhere than at 85", kind)
		}
		actions[calm], actions[urgent] = true, true
	}
	if len(actions) != 12 || actions[""] {
		t.Errorf("%d actions", len(actions))
	}
}

func kinds() []kind { return []kind{marriage, divorce, jobChange, retirement, birth, death} }

// Whatever happened, in whatever order it is listed and however often: the score lies between 0 and 100 and is the same.
func TestScoreFollowsFromTheEventsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		var entries []lifeEvent
		for i := range rapid.IntRange(0, 6).Draw(r, "events") {
			age := time.Duration(rapid.Int64Range(-5, 800).Draw(r, "days"))*day + time.Duration(rapid.Int64Range(-1, 1).Draw(r, "ms"))*ms
			entries = append(entries, ago(string(rune('a'+i)), rapid.SampledFrom(kinds()).Draw(r, "kind"), age))
		}
		market := rapid.SampledFrom([]market{tight, even, slow}).Draw(r, "market")
		twice := entries
		for _, event := range entries {
			if rapid.Bool().Draw(r, "again") {
				twice = append(twice[:len(twice):len(twice)], event)
			}
		}
		shuffled := rapid.Permutation(twice).Draw(r, "order")
		score := func(listed []lifeEvent) assessment {
			is, err := prospectOf(item(r, fields{"id": "p", "location": "98029", "events": stored(listed)}))
			if err != nil {
				r.Fatal(err)
			}
			return assess(past(is.events, now), market, now)
		}
		first, second := score(entries), score(shuffled)
		if diff := cmp.Diff(first, second, cmp.AllowUnexported(assessment{}, lifeEvent{})); diff != "" {
			r.Errorf("another order, another score: %s", diff)
		}
		if first.score < 0 || first.score > 100 {
			r.Errorf("score %d", first.score)
		}
	})
}
