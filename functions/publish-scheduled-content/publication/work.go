package publication

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// worker works at one item.
type worker struct {
	*Poster

	key     table.Key
	token   string // names the worker in the item
	content content
	results results // as they are stored, but for what the bus has just been told
	tried   bool    // a try failed that is to be made again

	unrecorded unrecorded
}

// unrecorded is what became of a channel, and could not be stored yet.
type unrecorded struct {
	result *result        // nil if there is none
	also   []table.Change // of other items, that belong to it
}

var (
	// errTakenOver says that someone else works at an item, or has ended it.
	errTakenOver = errors.New("another works at the item")
	// errStopped says that the platform has ended an item while it was being worked at: the agent has cancelled it.
	errStopped = errors.New("the item is no longer to be published")
)

// work does what there is to do about an item. One that someone else works at is left to them.
func (p *Poster) work(ctx context.Context, next due) error {
	w, err := p.claim(ctx, next)
	var refused *table.RefusedError
	switch {
	case errors.As(err, &refused):
		err = p.failUnclaimed(ctx, next)
	case err == nil:
		err = w.run(ctx)
	}
	if errors.Is(err, errTakenOver) {
		return nil
	}
	return err
}

// claim makes the item this worker's until the invocation ends, if it is still what was read.
func (p *Poster) claim(ctx context.Context, next due) (*worker, error) {
	now := p.Now().Truncate(time.Millisecond)
	until := deadline.LeaseEnd(ctx, now)
	w := &worker{Poster: p, key: next.key, token: p.Token()}
	fields := map[string]any{"status": publishing, "leaseUntil": table.Date{Time: until}, "leaseOwner": w.token}
	if next.afresh {
		fields["startedAt"] = table.Date{Time: now}
	}
	place := placeOf(publishing, timeOr(next.publishTime, now))
	item, err := p.Items.Amend(ctx, table.Amend{Key: next.key, Fields: fields, GSI2: &place, Now: now, Condition: next.seen})
	if errors.Is(err, table.ErrConflict) { // also if the answer got lost, and the claim was tried again
		var found bool
		item, found, err = p.Items.Get(ctx, next.key)
		if err == nil && !found {
			err = errTakenOver
		}
	}
	if err != nil {
		return nil, err
	}
	if w.content, err = contentOf(item); err != nil {
		return nil, err
	}
	if w.content.stored.LeaseOwner.value != w.token {
		return nil, errTakenOver
	}
	w.results = w.content.stored.Results.value.since(w.content.stored.StartedAt.value.Time)
	return w, nil
}

func timeOr(at, otherwise time.Time) time.Time {
	if at.IsZero() {
		return otherwise
	}
	return at
}

// run posts what is to be posted, and tells of it. What the bus was not told keeps the item from ending: ended ones are not
// looked at again.
func (w *worker) run(ctx context.Context) error {
	if reason := w.content.problem(); reason != "" {
		return w.failWhole(ctx, reason)
	}
	err := w.postAll(ctx)
	if errors.Is(err, errTakenOver) {
		return err
	}
	told := w.tell(ctx)
	if errors.Is(err, errStopped) {
		return errors.Join(told, w.remark(ctx))
	}
	if err := errors.Join(err, told); err != nil {
		return errors.Join(err, w.release(ctx))
	}
	return w.conclude(ctx)
}

// postAll works at the channels that are to be worked at now, each after the other.
func (w *worker) postAll(ctx context.Context) error {
	for i, on := range w.content.channels {
		was := w.results.of(on)
		if was.ended() || was.waits(w.Now()) {
			continue
		}
		if !w.hasTime(ctx) {
			return errShort(fmt.Sprintf("%d of %d channels", i, len(w.content.channels)))
		}
		if err := w.postOn(ctx, on, was); err != nil {
			return err
		}
	}
	return nil
}

// outcome is how an item ends, or when it goes on.
func (w *worker) outcome() (is status, nextAttemptAt time.Time) {
	is = published
	for _, on := range w.content.channels {
		result := w.results.of(on)
		switch {
		case !result.ended():
			at := timeOr(dateOf(result.RetryAt), w.Now())
			if nextAttemptAt.IsZero() || at.Before(nextAttemptAt) {
				nextAttemptAt = at
			}
		case !result.Success:
			is = failed
		}
	}
	if !nextAttemptAt.IsZero() {
		is = scheduled
	}
	return is, nextAttemptAt
}

func dateOf(date *table.Date) time.Time {
	if date == nil {
		return time.Time{}
	}
	return date.Time
}

// conclude ends the item, or gives it back for what is left to do.
func (w *worker) conclude(ctx context.Context) error {
	is, nextAttemptAt := w.outcome()
	fields := map[string]any{"publishResults": w.results}
	if w.tried {
		fields["retryCount"] = w.content.stored.RetryCount.value + 1
	}
	if lastError := w.lastError(); lastError != "" {
		fields["lastError"] = lastError
	}
	var err error
	if is == scheduled {
		err = w.putOff(ctx, nextAttemptAt, fields)
	} else {
		err = w.leave(ctx, is, w.publishTime(), fields, "nextAttemptAt")
	}
	if errors.Is(err, errStopped) {
		return w.remark(ctx)
	}
	return err
}

// publishTime is what the index says of an item that is not to be tried again.
func (w *worker) publishTime() time.Time { return timeOr(w.content.publishTime(), w.Now()) }

// lastError is what a channel failed on last, in words.
func (w *worker) lastError() string {
	var last result
	for _, each := range w.results {
		if each.Error != "" && !dateOf(each.UpdatedAt).Before(dateOf(last.UpdatedAt)) {
			last = each
		}
	}
	if last.Error == "" {
		return ""
	}
	return nameOf(last.Channel) + ": " + last.Error
}

// release gives the item back, so that it can be claimed at once.
func (w *worker) release(ctx context.Context) error {
	fields := map[string]any{}
	if w.content.problem() == "" {
		fields["publishResults"] = w.known()
	}
	err := w.putOff(ctx, w.Now(), fields)
	if errors.Is(err, errStopped) && w.unrecorded.result != nil { // nobody takes the item up again
		if err = w.remark(ctx); err == nil {
			w.results, w.unrecorded = w.known(), unrecorded{}
			err = errors.Join(w.tell(ctx), w.remark(ctx))
		}
	}
	if errors.Is(err, errStopped) || errors.Is(err, errTakenOver) {
		return nil
	}
	return err
}

func (w *worker) putOff(ctx context.Context, until time.Time, fields map[string]any) error {
	fields["nextAttemptAt"] = table.Date{Time: until}
	return w.leave(ctx, scheduled, until, fields)
}

// leave ends the worker's claim, whatever is left of the invocation's time. Status and place in the index change together.
// The name of the worker stays: by it a write is known whose answer got lost.
func (w *worker) leave(ctx context.Context, is status, at time.Time, fields map[string]any, remove ...string) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	fields["status"] = is
	place := placeOf(is, at)
	amend := table.Amend{Fields: fields, Remove: append(remove, "leaseUntil"), GSI2: &place, Condition: w.holds()}
	return w.write(ctx, is, amend, w.unrecorded.also...)
}

// remark stores the results of an item that was cancelled meanwhile: what is out is out. Nothing else of it is changed.
func (w *worker) remark(ctx context.Context) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	amend := table.Amend{Fields: map[string]any{"publishResults": w.known()}, Condition: w.owns()}
	return w.write(ctx, cancelled, amend, w.unrecorded.also...)
}

// known are the results with what could not be stored yet.
func (w *worker) known() results {
	if w.unrecorded.result == nil {
		return w.results
	}
	return w.results.with(*w.unrecorded.result)
}

// afterwards is a context for what must be written even if ctx has ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), timeToRemember)
}

// owns holds as long as nobody else has claimed the item; holds, as long as it is to be published, too.
func (w *worker) owns() table.Condition { return table.DataIs("leaseOwner", table.Text(w.token)) }

func (w *worker) holds() table.Condition {
	return w.owns().And(table.DataIs("status", table.Text(string(publishing))))
}

// writes is how often a write is tried: what is not written down has to be found out later.
const writes = 3

// write makes changes of the item, after which it is in a state, with changes of other items that belong to them. It fails
// with errTakenOver, or with errStopped if the change demands that the item is to be published.
func (w *worker) write(ctx context.Context, is status, amend table.Amend, also ...table.Change) (err error) {
	amend.Key, amend.Now = w.key, w.Now()
	for range writes {
		if len(also) == 0 {
			_, err = w.Items.Amend(ctx, amend) // at half the price of a transaction
		} else {
			err = w.Items.Transact(ctx, append(slices.Clone(also), amend)...)
		}
		if errors.Is(err, table.ErrConflict) {
			var made bool
			if made, err = w.conflict(ctx, is, err); made {
				return nil
			}
		}
		if err == nil || errors.Is(err, errTakenOver) || errors.Is(err, errStopped) || isRefused(err) {
			return err
		}
	}
	return fmt.Errorf("write down how %s goes on: %w", w.key, err)
}

func isRefused(err error) bool {
	var refused *table.RefusedError
	return errors.As(err, &refused)
}

// conflict tells what a conflict means: a write that was made after all, one that can be tried again (conflict), or one that
// is not to be made.
func (w *worker) conflict(ctx context.Context, is status, conflict error) (made bool, err error) {
	item, found, err := w.Items.Get(ctx, w.key)
	if err != nil {
		return false, err
	}
	if !found {
		return false, errTakenOver
	}
	stored, err := contentOf(item)
	switch {
	case err != nil:
		return false, err
	case stored.stored.LeaseOwner.value != w.token:
		return false, errTakenOver
	case stored.status() == publishing || is == cancelled:
		return false, conflict
	case stored.status() == is:
		return true, nil
	}
	return false, errStopped
}

// failWhole ends an item that cannot be posted anywhere.
func (w *worker) failWhole(ctx context.Context, reason string) error {
	metrics.Add(ctx, metrics.ItemsUnreadable, 1)
	if err := w.tellWhole(ctx, w.content, reason, w.content.stored.StartedAt.value.Time); err != nil {
		return errors.Join(err, w.release(ctx))
	}
	err := w.leave(ctx, failed, w.publishTime(), map[string]any{"lastError": reason}, "nextAttemptAt")
	if isRefused(err) { // for the words
		err = w.leave(ctx, failed, w.publishTime(), map[string]any{}, "nextAttemptAt")
	}
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// sayTooLarge is why an item fails that has no room for a claim.
const sayTooLarge = "The scheduled content is too large to be published."

// failUnclaimed ends an item that the table does not let grow by as much as a claim. It may be told of twice, the same.
func (p *Poster) failUnclaimed(ctx context.Context, next due) error {
	metrics.Add(ctx, metrics.ItemsUnreadable, 1)
	item, found, err := p.Items.Get(ctx, next.key)
	if err != nil || !found {
		return err
	}
	about, err := contentOf(item)
	if err != nil {
		return err
	}
	now := p.Now()
	if err := p.tellWhole(ctx, about, sayTooLarge, timeOr(next.publishTime, now)); err != nil {
		return err
	}
	place := placeOf(failed, timeOr(next.publishTime, now))
	amend := table.Amend{
		Key: next.key, Fields: map[string]any{"status": failed, "lastError": sayTooLarge}, GSI2: &place, Now: now, Condition: next.seen,
	}
	_, err = p.Items.Amend(ctx, amend)
	if isRefused(err) { // for the words
		delete(amend.Fields, "lastError")
		_, err = p.Items.Amend(ctx, amend)
	}
	if errors.Is(err, table.ErrConflict) {
		return errTakenOver
	}
	return err
}

// tellWhole tells that an item failed on all channels that it is not out on, if the bus can be told of such an item.
func (p *Poster) tellWhole(ctx context.Context, about content, reason string, failedAt time.Time) error {
	var platforms []string
	for _, on := range about.channels {
		if !about.stored.Results.value.of(on).Success && !slices.Contains(platforms, on.Type) {
			platforms = append(platforms, on.Type)
		}
	}
	fact := about.failedFact(platforms, reason, failedAt)
	if !valid(fact) {
		return nil
	}
	return p.Publisher.Publish(ctx, fact)
}
