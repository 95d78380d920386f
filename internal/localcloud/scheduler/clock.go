package scheduler

import (
	"context"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// precision is how late AWS may call a target; what is later than that is missed.
const precision = time.Minute

// clock is how far a schedule has come. It is kept as JSON.
type clock struct {
	Expression string    `json:"expression"`
	TimeZone   string    `json:"timeZone"`
	Created    time.Time `json:"created"` // when the schedule was first seen with this expression
	Last       time.Time `json:"last"`    // all times up to this one are dealt with
}

func newClock(schedule template.Schedule, now time.Time) clock {
	created := now.UTC().Truncate(time.Second)
	return clock{
		Expression: schedule.Expression,
		TimeZone:   schedule.TimeZone,
		Created:    created,
		Last:       created.Add(-time.Nanosecond), // a rate without a start date is due at once
	}
}

// anchor is the first time of a rate.
func (c clock) anchor(schedule template.Schedule) time.Time {
	if !schedule.Start.IsZero() {
		return schedule.Start
	}
	return c.Created
}

// next returns when the schedule is due next, within its start and end dates.
func (e *entry) next() (time.Time, bool) {
	after := e.clock.Last
	if beforeStart := e.Start.Add(-time.Nanosecond); !e.Start.IsZero() && after.Before(beforeStart) {
		after = beforeStart
	}
	at, ok := e.expression.Next(after)
	return at, ok && (e.End.IsZero() || at.Before(e.End))
}

// run waits for each time that a schedule is due, until there is none any more or the scheduler stops.
func (s *Scheduler) run(e *entry) {
	for {
		due, ok := e.next()
		if !ok || !waitUntil(e.ended, due) {
			return
		}
		var err error
		if now := time.Now(); now.Sub(due) > precision {
			err = s.miss(e, now)
		} else {
			err = s.fire(e, due)
		}
		if err != nil {
			s.config.Recorder.Record(activity.Activity{
				At: time.Now(), Kind: activity.Warned, Rule: e.Name, Reason: "the schedule stops: " + err.Error(),
			})
			return
		}
	}
}

// waitUntil returns false when the context ends first. It looks at the clock on the wall at least once a minute,
// because timers stand still while the machine sleeps.
func waitUntil(ended context.Context, due time.Time) bool {
	for {
		left := due.Sub(time.Now().Round(0)) // Round drops the reading that stands still
		if left <= 0 {
			return ended.Err() == nil
		}
		timer := time.NewTimer(min(left, precision))
		select {
		case <-timer.C:
		case <-ended.Done():
			timer.Stop()
			return false
		}
	}
}

// fire remembers that a time is dealt with and what is to be delivered for it, both at once, and begins to deliver.
func (s *Scheduler) fire(e *entry, due time.Time) error {
	e.clock.Last = due
	d := newDelivery(e.Schedule, due, time.Now())
	if err := s.memory.saveDue(e.Schedule, e.clock, d); err != nil {
		return err
	}
	s.begin(d)
	return nil
}

// maxCounted bounds the counting of missed times.
const maxCounted = 10_000

// miss notes how often a schedule was due while nobody was there to run it, and goes on from now.
func (s *Scheduler) miss(e *entry, now time.Time) error {
	first, _ := e.next()
	count := 0
	for due, ok := first, true; ok && now.Sub(due) > precision && count < maxCounted; due, ok = e.next() {
		e.clock.Last = due
		count++
	}
	if count == maxCounted {
		e.clock.Last = now.Add(-precision)
	}
	s.config.Recorder.Record(activity.Activity{
		At:   now,
		Kind: activity.Warned,
		Rule: e.Name,
		Reason: fmt.Sprintf("the schedule %s was due since %s while nothing ran here: %d times, which are not made up for",
			e.Name, first.UTC().Format(timeForm), count),
	})
	return s.memory.saveClock(e.Schedule, e.clock)
}
