package analytics

import "time"

// The limits of what a check syncs (rules: Social analytics).
const (
	day           = 24 * time.Hour
	followed      = 90 * day // how long after its publication
	rest          = day      // after a sync, and after the first refusal
	mostDoublings = 7        // of the rest after refusals
)

// stale tells whether a check is to sync the post.
func (p post) stale(now time.Time) bool {
	return p.id != "" && now.Sub(p.publishedAt) <= followed &&
		!within(p.syncedAt, now, rest) &&
		!within(p.failedAt, now, restAfter(p.failures))
}

// restAfter is how long a post that the network has refused so often in a row is left alone: a deleted one does not come
// back, but a new one may be unknown at first, and a network may have a fault.
func restAfter(failures int64) time.Duration {
	return rest << min(max(failures-1, 0), mostDoublings)
}

// within tells whether something happened no longer ago than a span. A time more than a day ahead of our clock was written
// by one that was wrong.
func within(at, now time.Time, span time.Duration) bool {
	if at.IsZero() {
		return false
	}
	age := now.Sub(at)
	return -day <= age && age <= span
}

// lateness is how long after a check was due its posts still count as synced when it was due.
const lateness = time.Hour

// countsFrom is the time from which a post that was looked at rests: when the check was due, if that was just before. A
// check that comes a second earlier in its day than yesterday's would else find nothing stale, and posts would be synced
// every other day.
func countsFrom(dueAt, at time.Time) time.Time {
	if since := at.Sub(dueAt); 0 <= since && since <= lateness {
		return dueAt
	}
	return at
}
