package analytics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
)

// platformSync is the sync of one platform's posts of one agent. It is safe for concurrent use.
type platformSync struct {
	platform    string
	id          string
	foundPaused bool // by an earlier sync, or an earlier attempt

	mu          sync.Mutex
	looked      bool      // the network has told or refused to tell of a post, now or in an earlier attempt
	synced      int64     // posts that have new figures, by this attempt and those before
	pausedUntil time.Time // the network is not asked before; zero if it may be
	denied      string    // why the network does not let us act for the agent; empty if it does
	left        int       // posts that were not synced, and may be by the next attempt
	problem     error     // of the first of them

	accounts map[string]connected

	connecting *semaphore.Weighted // held by the one who looks an account up
}

// connected is an account, or why there is none.
type connected struct {
	account social.Account
	err     error
}

// stopped tells whether the network is not to be asked again.
func (s *platformSync) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.pausedUntil.IsZero()
}

// shut keeps an account from being asked for more, to which the network does not let us. Others may still be.
func (s *platformSync) shut(accountID string, err error) {
	s.remember(accountID, connected{err: err})
}

// count counts posts that have new figures.
func (s *platformSync) count(synced int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = true
	s.synced += synced
}

// meet notes why a post was not synced.
func (s *platformSync) meet(ctx context.Context, err error, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var limited *social.RateLimitedError
	var unauthorized *social.UnauthorizedError
	switch {
	case errors.As(err, &limited):
		metrics.Add(ctx, metrics.SyncsPaused, 1)
		if until := now.Add(limited.RetryAfter); until.After(s.pausedUntil) {
			s.pausedUntil = until
		}
	case errors.As(err, &unauthorized):
		s.denied = cmp.Or(strings.TrimSpace(unauthorized.Reason), reasonUnreadable)
	default:
		metrics.Add(ctx, metrics.PostsLeft, 1)
		if s.left++; s.problem == nil {
			s.problem = err
		}
	}
}

// unsynced is why the sync is not over, if it is not.
func (s *platformSync) unsynced() error {
	if s.left == 0 {
		return nil
	}
	return fmt.Errorf("%d posts were not synced, the first of them: %w", s.left, s.problem)
}

// accountOf is the account of that id, which is looked up once. Who waits for another to do so gives up with the context.
func (s *platformSync) accountOf(ctx context.Context, id string, lookUp func() (social.Account, error)) (social.Account, error) {
	if err := s.connecting.Acquire(ctx, 1); err != nil {
		return social.Account{}, err
	}
	defer s.connecting.Release(1)
	found, known := s.remembered(id)
	if !known {
		found.account, found.err = lookUp()
		s.remember(id, found)
	}
	return found.account, found.err
}

func (s *platformSync) remembered(id string) (found connected, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, known = s.accounts[id]
	return found, known
}

func (s *platformSync) remember(id string, found connected) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[id] = found
}

// unknownNetworkError says that a platform is a social network whose posts nobody can ask for.
type unknownNetworkError struct{ platform string }

func (e *unknownNetworkError) Error() string {
	return e.platform + " is no social network that can be asked"
}

// Permanent tells the consumer that a retry would fail alike.
func (e *unknownNetworkError) Permanent() bool { return true }
