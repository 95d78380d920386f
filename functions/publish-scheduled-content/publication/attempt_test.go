package publication

import (
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

// A channel that no try has brought out is told of in words that are true: the platform's own services may have taken a try
// whose answer was lost.
func TestWhatIsSaidOfTriesThatRanOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)
	away := &social.UnavailableError{Network: "it", Problem: "503"}
	tests := []struct {
		channel string
		tries   int
		late    bool
		want    string
	}{
		{"facebook", 1, false, sayRetry},
		{"facebook", 2, false, sayUnavailable},
		{"blog", 1, false, sayRetry},
		{"blog", 2, false, sayUncertain},
		{"newsletter", 2, false, sayUncertain},
		{"facebook", 1, true, sayLate},
		{"newsletter", 1, true, sayUncertain},
	}
	for _, test := range tests {
		at := moment{now: now, late: func(time.Time) bool { return test.late }, jitter: 0.5}
		got := result{Channel: test.channel, Attempts: test.tries}.tried(social.Published{}, away, at)
		if got.Error != test.want || got.Success || got.ended() != (test.want != sayRetry) {
			t.Errorf("%s after %d tries, late %v: %q, ended %v", test.channel, test.tries, test.late, got.Error, got.ended())
		}
	}
	limited := &social.RateLimitedError{Network: "it", RetryAfter: time.Hour}
	at := moment{now: now, late: func(time.Time) bool { return true }}
	if got := (result{Channel: "blog"}).tried(social.Published{}, limited, at); got.Error != sayLate {
		t.Errorf("never tried: %q", got.Error)
	}
}
