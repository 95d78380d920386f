package scheduler_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestSchedulesComeAndGo puts, changes and removes a schedule while the scheduler runs.
func TestSchedulesComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		put := func(expression string) {
			t.Helper()
			schedule := daily
			schedule.Expression = expression
			if err := w.scheduler.Put(schedule); err != nil {
				t.Fatal(err)
			}
		}
		calls := func(within time.Duration) int {
			t.Helper()
			before := len(w.called())
			time.Sleep(within)
			synctest.Wait()
			return len(w.called()) - before
		}
		if w.scheduler.Has(daily.ARN) {
			t.Error("it is there before it is put")
		}
		time.Sleep(time.Minute) // not at an hour's begin
		put("cron(0 6 * * ? *)")
		if got := calls(24 * time.Hour); got != 1 || !w.scheduler.Has(daily.ARN) {
			t.Errorf("%d calls in a day, want 1", got)
		}
		put("cron(0 * * * ? *)")
		if got := calls(24 * time.Hour); got != 24 {
			t.Errorf("%d calls in a day, want 24", got)
		}
		wrong := daily
		wrong.Expression = "never"
		if err := w.scheduler.Put(wrong); err == nil {
			t.Error("an expression that is none is taken")
		}
		if got := calls(time.Hour); got != 1 {
			t.Errorf("%d calls in an hour, want 1: the one that was there stays", got)
		}
		if err := w.scheduler.Remove(daily.ARN); err != nil {
			t.Error(err)
		}
		if got := calls(24 * time.Hour); got != 0 || w.scheduler.Has(daily.ARN) {
			t.Errorf("%d calls after it was removed", got)
		}
		if err := w.scheduler.Remove(daily.ARN); err != nil {
			t.Error(err)
		}
	})
}
