// Package publication posts scheduled content when its time has come: each item on its channels, each channel once (rules:
// Scheduled content).
//
// An item is claimed with a lease, and worked at channel by channel. That a post is about to be made is written down before
// the network is called, what became of it afterwards, before the next channel:
//
//	                ┌──── a channel is to be tried again: nextAttemptAt ────┐
//	                ▼                                                       │
//	scheduled ──claim──▶ publishing ──▶ (noted ─▶ posted ─▶ recorded) … ──▶ told ──▶ published or failed
//	                         ▲                                  │
//	                         └───────── lease runs out ─────────┘
//
// So whoever goes on with an item knows of each channel that it was posted, that it was not, or that it may have been; of
// those the network is asked. What it cannot tell is not posted again (docs/decisions/0010-one-post-at-most.md).
package publication

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a Poster calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
	IndexPages(ctx context.Context, query table.IndexQuery, limit int32, from table.Place) iter.Seq2[table.EntityPage, error]
	Amend(ctx context.Context, amend table.Amend) (table.Item, error)
	Transact(ctx context.Context, changes ...table.Change) error
}

// Publisher is the part of *events.Publisher that a Poster calls.
type Publisher interface {
	Publish(ctx context.Context, facts ...events.Fact) error
}

// Networks is the part of *social.Networks that a Poster calls.
type Networks interface {
	For(platform string) (social.Network, bool)
}

// Config is what a Poster stands on. All fields are required.
type Config struct {
	Items     Items
	Publisher Publisher
	Networks  Networks
	Decrypt   social.Decrypt // of the tokens that the platform keeps encrypted
	Now       func() time.Time
	Token     func() string  // makes a value that no other call has made
	Jitter    func() float64 // from 0 to 1, without 1
}

// Poster posts scheduled content. It is safe for concurrent use.
type Poster struct{ Config }

// New posts as configured.
func New(config Config) *Poster { return &Poster{Config: config} }

// AIJobCompleted posts an agent's items that are due: what waited for a text may have its text now.
func (p *Poster) AIJobCompleted(ctx context.Context, event events.Event[events.AIJobCompleted]) error {
	return p.post(ctx, event.Detail.UserID)
}

// CheckDue posts an agent's items that are due; other checks are not ours.
func (p *Poster) CheckDue(ctx context.Context, event events.Event[events.CheckDue]) error {
	if event.Detail.Check != events.CheckPublishing {
		return nil
	}
	return p.post(ctx, event.Detail.UserID)
}

// post works off an agent's items that are due, oldest first. What cannot be done for one holds up no other.
func (p *Poster) post(ctx context.Context, userID string) error {
	waiting, err := p.due(ctx, userID)
	if err != nil {
		return err
	}
	var failures []error
	for i, next := range waiting {
		err := errShort(fmt.Sprintf("%d of %d items", i, len(waiting)))
		if p.hasTime(ctx) {
			err = p.work(ctx, next)
		}
		if err == nil {
			continue
		}
		failures = append(failures, err)
		var short *deadline.ShortError
		if errors.As(err, &short) {
			break
		}
	}
	return errors.Join(failures...)
}

const (
	// timeToPost is what must be left of an invocation when a channel is begun: for the network's answer, and to write it
	// down.
	timeToPost = 30 * time.Second
	// timeToRemember is kept of it for writing down the answer.
	timeToRemember = 5 * time.Second
	// longestPost bounds how long one channel can keep the others waiting.
	longestPost = 2 * time.Minute
)

func (p *Poster) hasTime(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return !ok || end.Sub(p.Now()) >= timeToPost
}

func errShort(progress string) error { return &deadline.ShortError{Progress: progress} }
