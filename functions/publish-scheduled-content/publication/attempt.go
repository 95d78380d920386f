package publication

import (
	"errors"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

const (
	maxAttempts = 3
	// firstPause is how long after a first try the second is made; the next pause is twice as long.
	firstPause = 5 * time.Minute
	// spread is the share by which a pause can be longer or shorter, so that what failed together does not come back together.
	spread = 0.1
	// settled is how long after its note a post may come to be listed: a call takes its time, and a network may list late what
	// it has accepted.
	settled = longestPost + time.Minute
)

// What agents are told.
const (
	sayUncertain = "We could not find out whether this was posted. It is not posted again, so that it does not appear twice. " +
		"Please look at your page."
	sayLate        = "It could not be posted within 24 hours of its time."
	sayUnavailable = "The service could not be reached, or had a fault of its own, each time we tried."
	sayUnanswered  = "The service did not answer; we find out whether it was posted."
	sayRetry       = "The service could not be reached, or had a fault of its own. We try again."
	sayLimited     = "The service asks us to wait. We try again."
)

// moment is when, and under which circumstances, an outcome is judged.
type moment struct {
	now    time.Time
	late   func(time.Time) bool // whether it is too late to post then
	jitter float64
}

// after is the pause after so many tries.
func (m moment) after(attempts int) time.Time {
	pause := firstPause << (max(1, min(attempts, maxAttempts-1)) - 1)
	return m.now.Add(time.Duration(float64(pause) * (1 - spread + 2*spread*m.jitter)))
}

// tried is how a channel goes on after a network was asked to post (rules: Scheduled content). Any error that does not say
// that nothing was posted leaves it open.
func (r result) tried(posted social.Published, err error, m moment) result {
	var limited *social.RateLimitedError
	var unavailable *social.UnavailableError
	switch {
	case err == nil:
		r.Attempts++
		return r.succeeded(posted, timeOr(dateOf(r.PostingSince), m.now), m.now) // as one that is found out later
	case errors.As(err, &limited):
		return r.later(m.now.Add(limited.RetryAfter), sayLimited, m)
	case errors.As(err, &unavailable):
		r.Attempts++
		if r.Attempts >= maxAttempts {
			return r.failed(r.unlessOut(sayUnavailable), m.now)
		}
		next := r.later(m.after(r.Attempts), sayRetry, m)
		if unavailable.Denied && !next.ended() {
			next.TriedSince = r.firstTry()
		}
		return next
	}
	if reason, refused := refusalOf(err); refused {
		r.Attempts++
		return r.failed(reason, m.now)
	}
	r.Attempts++
	r.Error, r.UpdatedAt, r.RetryAt = sayUnanswered, &table.Date{Time: m.now}, &table.Date{Time: m.after(r.Attempts)}
	return r
}

// firstTry is when the first try was made that may have posted a channel.
func (r result) firstTry() *table.Date {
	if r.TriedSince != nil {
		return r.TriedSince
	}
	return r.PostingSince
}

// tries are the times since when a post may have been made, the latest first.
func (r result) tries() (since []time.Time) {
	for _, each := range []*table.Date{r.PostingSince, r.TriedSince} {
		if each != nil {
			since = append(since, each.Time)
		}
	}
	return since
}

// look is what came of asking a network whether a post was made.
type look struct {
	posted social.Published
	at     time.Time // of the try that made the post; zero if it was not found
	err    error
}

func (l look) found() bool { return l.err == nil && !l.at.IsZero() }

// lookedUp is how a channel goes on after the network was asked whether a post had been made. One that was not posted, and
// may be tried again, goes on at once; so does one of which the network had said so before, unless it is found.
func (r result) lookedUp(look look, m moment) result {
	var limited *social.RateLimitedError
	var permanent interface{ Permanent() bool }
	err := look.err
	switch {
	case look.found():
		return r.succeeded(look.posted, look.at, m.now)
	case r.PostingSince == nil:
		return r.again(m.now)
	case err == nil && m.now.Sub(r.PostingSince.Time) < settled:
		return r.uncertainUntil(r.PostingSince.Add(settled), m)
	case err == nil && r.Attempts >= maxAttempts:
		return r.failed(sayUnavailable, m.now)
	case err == nil:
		return r.again(m.now)
	case errors.As(err, &limited):
		at := m.now.Add(limited.RetryAfter)
		if m.late(at) {
			return r.failed(sayUncertain, m.now)
		}
		return r.uncertainUntil(at, m)
	case errors.As(err, &permanent) && permanent.Permanent():
		return r.failed(sayUncertain, m.now)
	}
	r.Lookups++
	if r.Lookups >= maxAttempts {
		return r.failed(sayUncertain, m.now)
	}
	return r.uncertainUntil(m.after(r.Lookups), m)
}

// refusalOf is why a network, or a connection, will not let the agent post, in words.
func refusalOf(err error) (reason string, is bool) {
	var unauthorized *social.UnauthorizedError
	var refused *social.RefusedError
	switch {
	case errors.As(err, &unauthorized):
		return unauthorized.Reason, true
	case errors.As(err, &refused):
		return refused.Reason, true
	}
	return "", false
}

// again lets a channel be tried now that is believed not to have been posted.
func (r result) again(now time.Time) result {
	r.TriedSince, r.PostingSince, r.Lookups = r.firstTry(), nil, 0
	r.UpdatedAt, r.RetryAt = &table.Date{Time: now}, &table.Date{Time: now}
	return r
}

func (r result) succeeded(posted social.Published, at, now time.Time) result {
	r.Success, r.PublishedAt, r.UpdatedAt = true, &table.Date{Time: at}, &table.Date{Time: now}
	r.PlatformPostID, r.PublishedURL = posted.PostID, posted.URL
	r.Error, r.PostingSince, r.TriedSince, r.RetryAt, r.Lookups = "", nil, nil, nil, 0
	return r
}

func (r result) failed(reason string, now time.Time) result {
	r.Error, r.UpdatedAt = shortened(reason), &table.Date{Time: now}
	r.PostingSince, r.TriedSince, r.RetryAt, r.Lookups = nil, nil, nil, 0
	return r
}

// unlessOut is what an agent is told of a channel that no try has brought out. The platform's own services are asked again
// with the same key whatever became of a try, so one whose answer was lost may have brought it out.
func (r result) unlessOut(reason string) string {
	if r.Attempts > 0 && !social.IsSocial(r.Channel) {
		return sayUncertain
	}
	return reason
}

// later lets a channel that was not posted wait, unless it is too late then.
func (r result) later(at time.Time, why string, m moment) result {
	if m.late(at) {
		return r.failed(r.unlessOut(sayLate), m.now)
	}
	r.Error, r.UpdatedAt, r.RetryAt = why, &table.Date{Time: m.now}, &table.Date{Time: at}
	r.PostingSince, r.Lookups = nil, 0
	return r
}

// uncertainUntil lets a channel wait that may have been posted.
func (r result) uncertainUntil(at time.Time, m moment) result {
	r.Error, r.UpdatedAt, r.RetryAt = sayUnanswered, &table.Date{Time: m.now}, &table.Date{Time: at}
	return r
}

// maxReason bounds what is kept of a reason, in characters.
const maxReason = 500

func shortened(reason string) string {
	characters := []rune(reason)
	return string(characters[:min(len(characters), maxReason)])
}
