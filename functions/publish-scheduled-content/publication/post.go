package publication

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// postOn works at one channel, and writes down what came of it.
func (w *worker) postOn(ctx context.Context, on channel, was result) error {
	if len(was.tries()) > 0 {
		next, err := w.lookUp(ctx, on, was)
		if err != nil {
			return err
		}
		if next.ended() || next.waits(w.Now()) {
			return w.record(ctx, was, next)
		}
		was = next
	}
	now := w.Now()
	if w.content.late(now) {
		return w.record(ctx, was, was.failed(sayLate, now))
	}
	way, refusal, err := w.prepare(ctx, on)
	switch {
	case err != nil:
		return err
	case refusal != nil:
		return w.record(ctx, was, w.refused(was, refusal))
	}
	noted := was
	noted.PostingSince, noted.UpdatedAt, noted.RetryAt = &table.Date{Time: now.Truncate(time.Millisecond)}, &table.Date{Time: now}, nil
	if err := w.note(ctx, noted); err != nil {
		return err
	}
	return w.record(ctx, was, w.send(ctx, way, noted))
}

// way is how a channel is reached, and what is to be posted there.
type way struct {
	network social.Network
	account social.Account
	post    social.Post
}

// prepare finds the way to a channel, or why there is none; err is for what says nothing of the channel.
func (w *worker) prepare(ctx context.Context, on channel) (found way, refusal, err error) {
	post, hashtags := w.content.post(on)
	network, known := w.Networks.For(on.Type)
	switch {
	case !known:
		return way{}, &social.RefusedError{Reason: "This is no channel that we can post on."}, nil
	case on.IsActive != nil && !*on.IsActive:
		return way{}, &social.RefusedError{Reason: "The channel is switched off."}, nil
	case on.ConnectionStatus != "" && !strings.EqualFold(on.ConnectionStatus, "connected"):
		return way{}, &social.UnauthorizedError{Reason: "The account is not connected. Please connect it again."}, nil
	}
	if err := social.Check(on.Type, post, hashtags); err != nil {
		return way{}, err, nil
	}
	account, refusal, err := w.account(ctx, on)
	return way{network: network, account: account, post: post}, refusal, err
}

// account is the agent's account of a channel, or why there is none. The platform's own services need none.
func (w *worker) account(ctx context.Context, on channel) (account social.Account, refusal, err error) {
	item, found, err := w.Items.Get(ctx, social.ConnectionKey(w.content.userID, on.Type))
	switch {
	case err != nil:
		return social.Account{}, nil, err
	case !found && !social.IsSocial(on.Type):
		return social.Account{ID: on.AccountID}, nil, nil
	case !found:
		return social.Account{}, &social.UnauthorizedError{Reason: "No account is connected. Please connect it."}, nil
	}
	connection, err := social.ConnectionOf(item)
	if err != nil {
		metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		return social.Account{}, &social.UnauthorizedError{Reason: "The connection cannot be read. Please connect the account again."}, nil
	}
	account, refusal = connection.Account(ctx, on.AccountID, on.Type, w.Decrypt, w.Now())
	return account, refusal, nil
}

// refused is how a channel goes on to which there is no way: nothing was posted.
func (w *worker) refused(was result, refusal error) result {
	var permanent interface{ Permanent() bool }
	if reason, is := refusalOf(refusal); is {
		return was.failed(reason, w.Now())
	}
	if errors.As(refusal, &permanent) && permanent.Permanent() {
		return was.failed("The connection cannot be used. Please connect the account again.", w.Now())
	}
	return was.tried(social.Published{}, &social.UnavailableError{Network: nameOf(was.Channel), Problem: "no way to it"}, w.moment())
}

// lookUp asks the network whether a post was made.
func (w *worker) lookUp(ctx context.Context, on channel, was result) (result, error) {
	network, known := w.Networks.For(on.Type)
	account, refusal, err := w.account(ctx, on)
	switch {
	case err != nil:
		return was, err
	case !known:
		refusal = social.ErrCannotFind
	}
	if refusal != nil {
		return was.lookedUp(look{err: refusal}, w.moment()), nil
	}
	post, _ := w.content.post(on)
	ctx, cancel := call(ctx)
	defer cancel()
	return was.lookedUp(lookFor(ctx, way{network: network, account: account, post: post}, was), w.moment()), nil
}

// lookFor asks a network for the post that the latest try may have made, or an earlier one.
func lookFor(ctx context.Context, way way, tried result) look {
	for _, since := range tried.tries() {
		posted, found, err := way.network.Find(ctx, way.account, way.post, since)
		switch {
		case err != nil:
			return look{err: err}
		case found:
			return look{posted: clean(posted), at: since}
		}
	}
	return look{}
}

// send lets the network make the post. If it does not tell what became of it, or tells of a fault of its own, it is asked
// once, at once.
func (w *worker) send(ctx context.Context, way way, noted result) result {
	ctx, cancel := call(ctx)
	defer cancel()
	posted, err := way.network.Publish(ctx, way.account, way.post)
	next := noted.tried(clean(posted), err, w.moment())
	var unavailable *social.UnavailableError
	denied := errors.As(err, &unavailable) && unavailable.Denied
	if next.PostingSince == nil && !denied {
		return next
	}
	look := lookFor(ctx, way, noted)
	if look.found() || errors.Is(look.err, social.ErrCannotFind) && !denied {
		return next.lookedUp(look, w.moment())
	}
	return next
}

func (w *worker) moment() moment {
	return moment{now: w.Now().Truncate(time.Millisecond), late: w.content.late, jitter: w.Jitter()}
}

// call bounds the time of a call, so that some is left to write down the answer.
func call(ctx context.Context) (context.Context, context.CancelFunc) {
	bounded, cancel := context.WithTimeout(ctx, longestPost)
	end, ok := ctx.Deadline()
	if !ok {
		return bounded, cancel
	}
	earlier, cancelEarlier := context.WithDeadline(bounded, end.Add(-timeToRemember))
	return earlier, func() { cancelEarlier(); cancel() }
}

// What is kept of a network's answer, in bytes.
const (
	maxPostID = 512 // as events allow
	maxURL    = 2_048
)

// clean leaves away what a network cannot mean.
func clean(posted social.Published) social.Published {
	posted.PostID = strings.TrimSpace(strings.ToValidUTF8(posted.PostID, ""))
	posted.URL = strings.ToValidUTF8(posted.URL, "")
	if len(posted.PostID) > maxPostID {
		posted.PostID = ""
	}
	if len(posted.URL) > maxURL {
		posted.URL = ""
	}
	return posted
}

// note writes down that a post is about to be made. Only one worker can, and only while the item is to be published.
func (w *worker) note(ctx context.Context, noted result) error {
	next := w.results.with(noted)
	err := w.write(ctx, publishing, table.Amend{Fields: map[string]any{"publishResults": next}, Condition: w.holds()})
	if err == nil {
		w.results = next
	}
	return err
}

// record writes down how a channel goes on, whatever is left of the invocation's time; what is out is recorded together with
// the item of its metrics. It is also recorded in an item that was cancelled meanwhile. The bus is not told of what is not
// recorded: whoever goes on may find it out anew, at another time, which would be another fact.
func (w *worker) record(ctx context.Context, was, next result) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	var also []table.Change
	switch {
	case next.Success:
		next = w.results.distinct(next)
		also = append(also, w.content.analytics(next).save(w.Now()))
		metrics.Add(ctx, metrics.PostsPublished, 1)
	case next.ended():
		metrics.Add(ctx, metrics.PostsFailed, 1)
	default:
		w.tried = w.tried || next.Attempts > was.Attempts
		metrics.Add(ctx, metrics.PostsDelayed, 1)
	}
	recorded := w.results.with(next)
	amend := table.Amend{Fields: map[string]any{"publishResults": recorded}, Condition: w.owns()}
	err := w.write(ctx, cancelled, amend, also...)
	if next.Success && errors.Is(err, errTakenOver) {
		return &unrecordedError{key: w.key, on: next.Channel}
	}
	if err != nil {
		w.unrecorded = unrecorded{result: &next, also: also}
		return fmt.Errorf("record what became of %s: %w", next.Channel, err)
	}
	w.results = recorded
	return nil
}

// unrecordedError says that a post was made that could not be recorded, for the item was replaced meanwhile.
type unrecordedError struct {
	key table.Key
	on  string
}

func (e *unrecordedError) Error() string {
	return fmt.Sprintf("%s was posted on %s, but is no longer the item that says so", e.key, e.on)
}

// Permanent tells the consumer that a retry would not help.
func (e *unrecordedError) Permanent() bool { return true }
