package social

import (
	"fmt"
	"io"
)

// Token lets the platform act for an agent. It shows itself to nobody: whatever prints, logs or encodes it, or something
// that holds it, gets a placeholder. Only this package's requests read it.
type Token struct {
	// A function, because whatever walks through values by reflection prints texts, and those behind pointers too.
	secret func() string
}

// NewToken keeps a secret. An empty one is no token.
func NewToken(secret string) Token {
	if secret == "" {
		return Token{}
	}
	return Token{secret: func() string { return secret }}
}

// IsZero tells whether there is no token.
func (t Token) IsZero() bool { return t.secret == nil }

func (t Token) reveal() string {
	if t.secret == nil {
		return ""
	}
	return t.secret()
}

const placeholder = "[token]"

// String hides the token.
func (t Token) String() string { return placeholder }

// GoString hides the token.
func (t Token) GoString() string { return placeholder }

// Format hides the token, whatever the verb.
func (t Token) Format(state fmt.State, _ rune) { io.WriteString(state, placeholder) } //nolint:errcheck // a state keeps its own errors

// MarshalText hides the token, in JSON too.
func (t Token) MarshalText() ([]byte, error) { return []byte(placeholder), nil }
