package unsubscribe

import "time"

// MalformedError says that a text is no token.
type MalformedError struct{ Problem string }

func (e *MalformedError) Error() string { return "unsubscribe token: " + e.Problem }

// ForgedError says that a token was not made with this secret: it was changed, or made with another.
type ForgedError struct{}

func (*ForgedError) Error() string { return "unsubscribe token: the signature does not fit" }

// ExpiredError says that a token was good until a time.
type ExpiredError struct{ At time.Time }

func (e *ExpiredError) Error() string {
	return "unsubscribe token: expired at " + e.At.Format(time.RFC3339)
}

// SecretError says that there is no usable secret to sign with. It never holds any of the secret.
type SecretError struct{ Problem string }

func (e *SecretError) Error() string { return "unsubscribe secret: " + e.Problem }
