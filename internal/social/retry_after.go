package social

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long a network is left alone when it is asked too often.
const (
	usualPause    = 15 * time.Minute // where it does not say, or not in a way that makes sense
	shortestPause = time.Second
	longestPause  = 24 * time.Hour
)

// retryAfter is what the header Retry-After says, in seconds or as a date
// (https://www.rfc-editor.org/rfc/rfc9110.html#name-retry-after).
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
		return pauseWithin(time.Duration(min(seconds, int64(longestPause/time.Second))) * time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		return pauseWithin(at.Sub(now))
	}
	return usualPause
}

func pauseWithin(pause time.Duration) time.Duration {
	return min(max(pause, shortestPause), longestPause)
}
