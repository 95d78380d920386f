package social

import (
	"slices"
	"sync"
	"time"
)

// account is who posts are for on a platform.
type account struct{ platform, id string }

// byAccount knows the numbers of the posts of each account, in their order, so that nobody has to look through the posts of
// all others. It is safe for concurrent use.
type byAccount struct {
	mu      sync.RWMutex
	numbers map[account][]uint64
}

func (b *byAccount) add(post Post) {
	b.mu.Lock()
	defer b.mu.Unlock()
	of := account{post.Platform, post.AccountID}
	b.numbers[of] = append(b.numbers[of], post.Number)
}

// of returns the numbers of the posts of some accounts of a platform, newest first.
func (b *byAccount) of(platform string, ids ...string) (numbers []uint64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, id := range ids {
		numbers = append(numbers, b.numbers[account{platform, id}]...)
	}
	slices.Sort(numbers)
	slices.Reverse(numbers)
	return slices.Compact(numbers)
}

// newest returns the posts of some accounts of a platform since a time, newest first, at most limit of them. What was made
// before a post that is too old is older still.
func (s *Sandbox) newest(platform string, since time.Time, limit int, accounts ...string) (found []kept, err error) {
	for _, number := range s.accounts.of(platform, accounts...) {
		if len(found) == limit {
			break
		}
		post, err := s.numbered(number)
		if err != nil {
			return nil, err
		}
		if post.PostedAt.Before(since) {
			break
		}
		found = append(found, post)
	}
	return found, nil
}
