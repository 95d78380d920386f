package review_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

type note struct {
	Text string `dynamodbav:"text"`
}

func key(name string) table.Key { return table.UserKey(platformtest.Agent, "NOTE#"+name) }

func save(name string, condition table.Condition) table.Save {
	return table.Save{Key: key(name), EntityType: "Note", Data: note{name}, Now: time.UnixMilli(1), Condition: condition}
}

func finding(fact string) alert.Finding {
	return alert.Finding{UserID: platformtest.Agent, Type: alert.PriceReduction, Priority: alert.Low, Fact: []string{fact}, Data: note{fact}}
}

// transactions counts the transactions of a world, and how many changes each has.
type transactions struct {
	review.Items

	mutex sync.Mutex
	sizes []int
}

func (t *transactions) Transact(ctx context.Context, changes ...table.Change) error {
	t.mutex.Lock()
	t.sizes = append(t.sizes, len(changes))
	t.mutex.Unlock()
	return t.Items.Transact(ctx, changes...)
}

// noteStep saves a note, with an alert; planned afresh it needs nothing any more.
func noteStep(t *testing.T, pass *review.Pass, name string, condition table.Condition) review.Step {
	t.Helper()
	step := review.Step{
		Changes: []table.Change{save(name, condition)},
		Counts:  metrics.ListingsChanged,
		Subject: "note " + name,
		Again:   func(context.Context) (review.Step, bool, error) { return review.Step{}, false, nil },
	}
	if err := pass.Raise(t.Context(), &step, finding(name)); err != nil {
		t.Fatal(err)
	}
	return step
}

func TestStepsShareTransactions(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	counting := &transactions{Items: w.Items()}
	pass := review.Begin(t.Context(), counting, w.Alerts(), platformtest.Agent, alert.PriceReduction)
	var steps []review.Step
	for i := range 40 { // of three changes each: 33 fit
		steps = append(steps, noteStep(t, pass, fmt.Sprint(i), table.Condition{}))
	}
	steps = append(steps, noteStep(t, pass, "39", table.Condition{})) // the item of the one before
	ctx, tally := metrics.WithTally(t.Context())
	if err := pass.Apply(ctx, steps[:40]); err != nil {
		t.Fatal(err)
	}
	slices.Sort(counting.sizes)
	if !slices.Equal(counting.sizes, []int{21, 99}) {
		t.Errorf("transactions of %v changes", counting.sizes)
	}
	if counts := tally.Counts(); counts[metrics.ListingsChanged] != 40 || counts[metrics.AlertsCreated] != 40 {
		t.Errorf("counts %v", counts)
	}
	w.ToldOnce(40)
	counting.sizes = nil
	again := []review.Step{ // two changes of one item cannot be in one transaction
		{Changes: []table.Change{save("a", table.Condition{})}},
		{Changes: []table.Change{save("a", table.Condition{})}},
		{Changes: []table.Change{save("b", table.Condition{})}},
	}
	if err := pass.Apply(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	slices.Sort(counting.sizes)
	if !slices.Equal(counting.sizes, []int{1, 2}) {
		t.Errorf("transactions of %v changes", counting.sizes)
	}
	if err := pass.End(); err != nil {
		t.Error(err)
	}
}

func TestKnownFactIsNotRaisedAgain(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	pass := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.PriceReduction)
	for range 2 {
		if err := pass.Apply(t.Context(), []review.Step{noteStep(t, pass, "a", table.Condition{})}); err != nil {
			t.Fatal(err)
		}
	}
	w.ToldOnce(1)
}

func TestConflictIsPlannedAfreshAndHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	pass := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.PriceReduction)
	never := table.DataIs("text", table.Text("what it never is"))
	stuck := noteStep(t, pass, "stuck", never)
	attempts := 0
	stuck.Again = func(context.Context) (review.Step, bool, error) {
		attempts++
		return stuck, true, nil
	}
	mended := noteStep(t, pass, "mended", never)
	mended.Again = func(context.Context) (review.Step, bool, error) {
		return noteStep(t, pass, "mended", table.Condition{}), true, nil
	}
	gone := noteStep(t, pass, "gone", never)
	ctx, tally := metrics.WithTally(t.Context())
	poison := noteStep(t, pass, "poison", never)
	poison.Again = func(context.Context) (review.Step, bool, error) {
		return review.Step{}, false, &table.MalformedError{Key: key("poison"), Err: errors.New("no note")}
	}
	if err := pass.Apply(ctx, []review.Step{stuck, mended, gone, poison, noteStep(t, pass, "free", table.Absent())}); err != nil {
		t.Fatal(err)
	}
	// "free" shared a transaction with the others, and planned afresh it needs nothing.
	if notes := w.Data("NOTE#"); len(notes) != 1 || notes["mended"] == nil {
		t.Errorf("notes %v", notes)
	}
	w.ToldOnce(1)
	if err := pass.End(); !errors.Is(err, table.ErrConflict) || err.Error() != fmt.Sprintf("note stuck: %v, 10 times", table.ErrConflict) {
		t.Errorf("error %v", err)
	}
	if attempts != 10 || tally.Counts()[metrics.ItemsUnreadable] != 1 {
		t.Errorf("%d attempts, counts %v", attempts, tally.Counts())
	}
}

func TestStepThatTheTableRefusesHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	pass := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.PriceReduction)
	huge := review.Step{Subject: "note huge", Changes: []table.Change{
		table.Save{Key: key("huge"), EntityType: "Note", Data: note{strings.Repeat("x", 401*1024)}, Now: time.UnixMilli(1)},
	}}
	huge.Again = func(context.Context) (review.Step, bool, error) { return huge, true, nil }
	small := noteStep(t, pass, "small", table.Condition{})
	small.Again = func(context.Context) (review.Step, bool, error) {
		return noteStep(t, pass, "small", table.Condition{}), true, nil
	}
	if err := pass.Apply(t.Context(), []review.Step{huge, small}); err != nil {
		t.Fatal(err)
	}
	if notes := w.Data("NOTE#"); len(notes) != 1 || notes["small"] == nil {
		t.Errorf("%d notes", len(notes))
	}
	w.ToldOnce(1)
	var refused *table.RefusedError
	if err := pass.End(); !errors.As(err, &refused) || !strings.HasPrefix(err.Error(), "note huge: ") {
		t.Errorf("error %v", err)
	}
}

func TestRefusedAlertIsToldByTheNextPass(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	pass := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.PriceReduction)
	w.Bus.Refuse(1, "AccessDeniedException")
	if err := pass.Apply(t.Context(), []review.Step{noteStep(t, pass, "a", table.Condition{})}); err != nil {
		t.Fatal(err)
	}
	if err := pass.End(); err == nil {
		t.Error("a refused alert is no error")
	}
	if told := w.Told(); len(told) != 0 {
		t.Fatalf("told %v", told)
	}
	other := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.NeighborhoodTrend)
	if err := other.End(); err != nil || len(w.Told()) != 0 {
		t.Errorf("a pass for other alerts told %v, error %v", w.Told(), err)
	}
	next := review.Begin(t.Context(), w.Items(), w.Alerts(), platformtest.Agent, alert.NeighborhoodTrend, alert.PriceReduction)
	if err := next.End(); err != nil {
		t.Error(err)
	}
	w.ToldOnce(1)
}
