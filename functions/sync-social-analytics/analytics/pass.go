package analytics

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// pass is one pass over posts of one agent: a sync of each platform that has some that are due.
type pass struct {
	*Syncer
	userID string
	cause  string    // the event's fact; it names the syncs
	dueAt  time.Time // of a check; else zero
	due    func(post) bool
	syncs  map[string]*platformSync // by platform
}

func (s *Syncer) begin(userID, cause string, dueAt time.Time) *pass {
	return &pass{Syncer: s, userID: userID, cause: cause, dueAt: dueAt, syncs: map[string]*platformSync{}}
}

// syncID names the sync of a platform. It follows from the event's fact, so that whatever handles the same fact again means
// the same sync.
func (p *pass) syncID(platform string) string {
	hash := sha256.Sum256([]byte(p.cause))
	return "analytics-" + platform + "-" + hex.EncodeToString(hash[:16])
}

// run looks at the posts page by page, then ends the sync of each platform. What holds up one platform holds up no other.
func (p *pass) run(ctx context.Context, pages iter.Seq2[[]table.Item, error]) error {
	walked := p.walk(ctx, pages)
	problems := []error{walked}
	for _, platform := range slices.Sorted(maps.Keys(p.syncs)) {
		if err := p.end(ctx, p.syncs[platform], walked == nil); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", platform, err))
		}
	}
	return errors.Join(problems...)
}

// concurrentPosts is how many posts are looked at at the same time.
const concurrentPosts = 4

// walk looks at all posts that are due. It fails with *deadline.ShortError when time runs short.
func (p *pass) walk(ctx context.Context, pages iter.Seq2[[]table.Item, error]) error {
	looked := 0
	for items, err := range pages {
		if err != nil {
			return err
		}
		var workers errgroup.Group
		workers.SetLimit(concurrentPosts)
		short := false
		for _, item := range items {
			sync, is, err := p.next(ctx, item)
			if err != nil {
				return errors.Join(err, workers.Wait())
			}
			if sync == nil {
				continue
			}
			if short = looked > 0 && deadline.Near(ctx, p.now()); short {
				break
			}
			looked++
			workers.Go(func() error {
				p.look(ctx, sync, is)
				return nil
			})
		}
		if err := workers.Wait(); err != nil {
			return err
		}
		if short {
			return &deadline.ShortError{Progress: fmt.Sprintf("%d posts", looked)}
		}
	}
	return nil
}

// next returns the sync that is to look at an item, if it is a post that is due.
func (p *pass) next(ctx context.Context, item table.Item) (*platformSync, post, error) {
	is, ours, err := postOf(item)
	if err != nil {
		metrics.Add(ctx, metrics.ItemsUnreadable, 1)
	}
	if err != nil || !ours {
		return nil, post{}, nil //nolint:nilerr // an item that cannot be read holds up no other
	}
	done := is.syncID == p.syncID(is.platform) && is.status == statusSynced
	if !done && !p.due(is) {
		return nil, post{}, nil
	}
	sync, err := p.sync(ctx, is.platform)
	if err != nil {
		return nil, post{}, err
	}
	if done { // by an earlier attempt
		sync.count(1)
		return nil, post{}, nil
	}
	return sync, is, nil
}

// sync is the sync of a platform, which begins with the first post.
func (p *pass) sync(ctx context.Context, platform string) (*platformSync, error) {
	if sync, begun := p.syncs[platform]; begun {
		return sync, nil
	}
	last, err := p.lastSync(ctx, p.userID, platform)
	if err != nil {
		return nil, err
	}
	pause := last.pause(p.now())
	sync := &platformSync{
		platform: platform, id: p.syncID(platform), pausedUntil: pause, foundPaused: !pause.IsZero(),
		accounts: map[string]connected{}, connecting: semaphore.NewWeighted(1),
	}
	p.syncs[platform] = sync
	return sync, nil
}

// look asks the network how a post does, and stores the answer.
func (p *pass) look(ctx context.Context, sync *platformSync, is post) {
	if sync.stopped() {
		return
	}
	account, err := sync.accountOf(ctx, is.accountID, func() (social.Account, error) {
		return p.account(ctx, sync.platform, is.accountID)
	})
	if err != nil {
		sync.meet(ctx, err, p.now())
		return
	}
	network, known := p.networks.For(sync.platform)
	if !known {
		sync.meet(ctx, &unknownNetworkError{platform: sync.platform}, p.now())
		return
	}
	at := p.now()
	taken := look{syncID: sync.id, at: at, countsFrom: countsFrom(p.dueAt, at)}
	found, err := network.Metrics(ctx, account, is.id)
	var refused *social.RefusedError
	var unauthorized *social.UnauthorizedError
	switch {
	case err == nil:
		stored, err := p.store(ctx, is, taken, func(is post) table.Amend { return is.synced(taken, found) })
		if err != nil {
			sync.meet(ctx, err, p.now())
		} else if stored {
			metrics.Add(ctx, metrics.PostsSynced, 1)
			sync.count(1)
		}
	case errors.As(err, &refused):
		metrics.Add(ctx, metrics.PostsRefused, 1)
		sync.count(0)
		if _, err := p.store(ctx, is, taken, func(is post) table.Amend { return is.refused(taken, refused.Reason) }); err != nil {
			sync.meet(ctx, err, p.now())
		}
	case errors.As(err, &unauthorized):
		sync.shut(is.accountID, err)
		sync.meet(ctx, err, p.now())
	default:
		sync.meet(ctx, err, p.now())
	}
}

// store stores what a look at a post has found, unless a later look was stored meanwhile, or the post is gone or another.
func (p *pass) store(ctx context.Context, is post, taken look, change func(post) table.Amend) (stored bool, err error) {
	for range attempts {
		_, err := p.items.Amend(ctx, change(is))
		if !errors.Is(err, table.ErrConflict) {
			return err == nil, err
		}
		item, found, err := p.items.Get(ctx, is.key)
		if err != nil || !found {
			return false, err
		}
		newer, ours, err := postOf(item)
		if err != nil || !ours || newer.id != is.id || newer.outdates(taken) {
			return false, err
		}
		is = newer
	}
	return false, fmt.Errorf("store %s: %w, %d times", is.key, table.ErrConflict, attempts)
}

// account reads the agent's connection, and makes an account of it.
func (p *pass) account(ctx context.Context, platform, accountID string) (social.Account, error) {
	item, found, err := p.items.Get(ctx, social.ConnectionKey(p.userID, platform))
	if err != nil {
		return social.Account{}, err
	}
	if !found {
		return social.Account{}, &social.UnauthorizedError{Reason: reasonNotConnected}
	}
	connection, err := social.ConnectionOf(item)
	if err != nil {
		return social.Account{}, &social.UnauthorizedError{Reason: reasonUnreadable}
	}
	return connection.Account(ctx, accountID, platform, p.networks.Decrypt, p.now())
}
