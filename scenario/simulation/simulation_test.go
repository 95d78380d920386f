package simulation_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
)

var (
	days   = flag.Int("days", 0, "how many days the long simulation takes; 0 leaves it out")
	agents = flag.Int("agents", 1000, "how many agents live in the long simulation")
	worlds = flag.Int("worlds", 1, "over how many worlds these agents are spread, which run at the same time, each with a seed of its own")
	seed   = flag.Uint64("seed", 1, "what chance follows from")
	first  = flag.String("from", "2026-01-01", "the first day of the long simulation")
	calm   = flag.Bool("calm", false, "let nothing go wrong")
)

// season is a time that agents live through.
type season struct {
	from         string
	days, agents int
	zones        []string // where agents live
	calm         bool     // nothing goes wrong, and no excuse counts
}

// TestWeeks lets few agents live through the weeks in which the clocks are changed: in autumn those of Europe and America, in
// spring those of Europe, where all live then. In a calm spring nothing goes wrong, and nothing is excused.
func TestWeeks(t *testing.T) {
	european := []string{"Europe/London", "Europe/Berlin"}
	seasons := map[string]season{
		"autumn":      {from: "2026-10-24", days: 7, agents: 36, zones: zones()},
		"spring":      {from: "2026-03-28", days: 2, agents: 36, zones: european},
		"calm spring": {from: "2026-03-28", days: 3, agents: 36, zones: european, calm: true},
	}
	if underRaceDetector { // which takes ten times as long
		seasons = map[string]season{"autumn": {from: "2026-10-24", days: 2, agents: 18, zones: zones()}}
	}
	for name, through := range seasons {
		t.Run(name, func(t *testing.T) {
			alone(t, func() { simulate(t, *seed, through) })
		})
	}
}

// TestYear is the long simulation: make simulate.
func TestYear(t *testing.T) {
	if *days == 0 {
		t.Skip("takes minutes: make simulate")
	}
	for i := range *worlds {
		t.Run(fmt.Sprint("world ", i+1), func(t *testing.T) {
			t.Parallel()
			share := season{from: *first, days: *days, agents: *agents / *worlds, zones: zones(), calm: *calm}
			alone(t, func() { simulate(t, *seed+uint64(i), share) })
		})
	}
}

// alone runs a world in a process of its own: what lives in a bubble must not meet another bubble, and the store keeps
// channels of its past for its next life.
func alone(t *testing.T, run func()) {
	const variable = "SIMULATION_ALONE"
	if os.Getenv(variable) == t.Name() {
		run()
		return
	}
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.timeout=12h",
		"-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$",
		fmt.Sprintf("-days=%d", *days), fmt.Sprintf("-agents=%d", *agents), fmt.Sprintf("-worlds=%d", *worlds),
		fmt.Sprintf("-seed=%d", *seed), "-from="+*first, fmt.Sprintf("-calm=%v", *calm))
	process.Env = append(os.Environ(), variable+"="+t.Name())
	process.Stdout, process.Stderr = os.Stdout, os.Stderr
	if err := process.Run(); err != nil {
		t.Error(err)
	}
}

// simulate lets agents live through a season.
func simulate(t *testing.T, seed uint64, through season) {
	began := time.Now()
	const lazy = 400
	debug.SetGCPercent(lazy) // for time; a world is small
	synctest.Test(t, func(t *testing.T) {
		begin, err := time.Parse(time.DateOnly, through.from)
		must(t, err)
		time.Sleep(time.Until(begin)) // a bubble's time begins in the year 2000
		w := newWorld(t, seed)
		w.ledger.begin, w.ledger.calm = begin, through.calm
		for _, name := range through.zones {
			zone, err := time.LoadLocation(name)
			must(t, err)
			w.zones, w.skipped[zone] = append(w.zones, zone), skippedClock(zone, begin)
		}
		w.ledger.audit = newAudit(w)
		for number := range through.agents {
			a := w.newAgent(number, begin, through.days)
			w.agents, w.byID[a.id] = append(w.agents, a), a
			w.settle(a)
		}
		schedules, err := scheduler.New(scheduler.Config{
			Schedules: w.stack.Schedules, Functions: w.lambda, Queues: w.queues, Bus: busOf{w}, Space: w.memory.Space("scheduler"), Recorder: silence{w},
			Role:  func(string) *iam.Identity { return nil },
			Scale: func(wait time.Duration) time.Duration { return wait },
		})
		must(t, err)
		w.live(begin, through.days)
		must(t, schedules.Close(context.Background()))
		w.drain()
		w.close()
	})
	t.Logf("%d days of %d agents took %v", through.days, through.agents, time.Since(began).Round(time.Second))
}

// busOf is the way from schedules to the bus.
type busOf struct{ w *world }

// PutEvent implements the Bus of the scheduler.
func (b busOf) PutEvent(_ context.Context, _ iam.Caller, busARN, source, detailType, detail string) error {
	results, err := b.w.events.PutEvents([]bus.Entry{{
		Bus: busARN[strings.LastIndexByte(busARN, '/')+1:], Source: source, DetailType: detailType, Detail: detail,
	}}, bus.Origin{})
	if err == nil && results[0].ErrorCode != "" {
		err = errors.New(results[0].ErrorMessage)
	}
	return err
}

// live lets the days pass, and looks at each in the early hours of the next.
func (w *world) live(begin time.Time, days int) {
	w.days = days
	for day := range days {
		today := begin.AddDate(0, 0, day)
		deeds := w.day(today)
		look := deed{today.Add(5*time.Hour + 7*time.Minute + time.Minute - time.Nanosecond), w.look}
		if day > 0 {
			at, _ := slices.BinarySearchFunc(deeds, look, func(a, b deed) int { return a.at.Compare(b.at) })
			deeds = slices.Insert(deeds, at, look)
		}
		for _, next := range deeds {
			time.Sleep(time.Until(next.at))
			next.do()
		}
		if w.t.Failed() {
			return
		}
		const month = 30
		if day%month == month-1 {
			w.t.Logf("seed %d: %d days have passed, with %d invocations", w.seed, day+1, w.lambda.invocations.Load())
		}
	}
	const aftermath = 2 // days in which nothing new happens, and what is still to come does
	for day := range aftermath + 1 {
		today := begin.AddDate(0, 0, days+day)
		time.Sleep(time.Until(today.Add(5*time.Hour + 8*time.Minute - time.Nanosecond)))
		w.look()
		time.Sleep(time.Until(today.Add(9 * time.Hour)))
		w.redrive()
	}
}

// look audits the day. A simulation ends with the first day on which a rule is broken.
func (w *world) look() {
	w.ledger.audit.day()
	w.tell()
}

// tell says which rules are broken.
func (w *world) tell() {
	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	const shown = 25
	for _, complaint := range w.ledger.complaints[:min(shown, len(w.ledger.complaints))] {
		w.t.Error(complaint)
	}
	if found := len(w.ledger.complaints); found > 0 {
		w.t.Errorf("%d rules are broken on day %d; make simulate SEED=%d WORLDS=1 AGENTS=%d FROM=%s DAYS=%d shows it again",
			found, w.ledger.audit.counts.days, w.seed, len(w.agents), w.ledger.begin.Format(time.DateOnly), w.days)
		w.ledger.complaints = nil
	}
}

// drain waits until no invocation is under way, and tells what the time came to.
func (w *world) drain() {
	for w.lambda.inFlight.Load() > 0 {
		time.Sleep(time.Second)
	}
	time.Sleep(10 * time.Minute) // whatever a dead process still tries
	w.tell()
	l := w.lambda
	w.t.Logf("channels failed for these reasons: %v", w.ledger.audit.content.reasons)
	w.t.Logf("seed %d: %+v; %d invocations, %d failed, %d crashes, %d delivered twice, %d given up %v", w.seed, w.ledger.audit.counts,
		l.invocations.Load(), l.failures.Load(), l.crashes.Load(), l.duplicates.Load(), l.handedOver.Load(), fmt.Sprint(w.ledger.summary()))
}
