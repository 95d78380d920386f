package mail

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// Line makes a value one line of text.
func Line(value string, limit int) string { return line(value, limit) }

// WithoutPauses is the sender, trying again at once.
func (s *Sender) WithoutPauses() *Sender {
	s.backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	return s
}

// WithPause is the sender, with something that happens as a long pause begins.
func (s *Sender) WithPause(begins func()) *Sender {
	s.backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
		begins()
		return time.Hour, nil
	})
	return s
}
