// Package unsubscribe makes and checks the tokens of unsubscribe links, and keeps the secret that they are signed with
// (rules: Unsubscribe links). The platform's page checks the same tokens; docs/rules.md has vectors for it.
package unsubscribe

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// All is the kind of a token that unsubscribes from every kind of mail.
	All = "*"
	// Lifetime is how long a token is valid.
	Lifetime = 30 * 24 * time.Hour
	// MinSecret is how many bytes a secret must have at least: as many as the signature has.
	MinSecret = sha256.Size
	// maxToken is far more than any real token has; longer ones are not even decoded.
	maxToken = 4096
)

// Grant is what a token allows its bearer: to unsubscribe an agent from one kind of mail.
type Grant struct {
	UserID  string
	Kind    string    // an alert type, account, failures, or All
	Expires time.Time // the first moment, in whole seconds, at which the token is valid no more
}

// payload is a grant as it is signed. The order of the fields is that of the wire.
type payload struct {
	UserID  string `json:"u"`
	Kind    string `json:"k"`
	Expires int64  `json:"e"`
}

// Signer makes and checks tokens. It is safe for concurrent use.
type Signer struct{ secret []byte }

// NewSigner signs with a secret, of which it keeps a copy. There is no default: a secret that is missing or shorter than
// MinSecret bytes is a *SecretError.
func NewSigner(secret []byte) (*Signer, error) {
	if len(secret) < MinSecret {
		return nil, &SecretError{Problem: fmt.Sprintf("has %d bytes; it needs %d or more", len(secret), MinSecret)}
	}
	return &Signer{secret: bytes.Clone(secret)}, nil
}

// Token is what lets an agent unsubscribe from a kind of mail for Lifetime from now. It has only letters, digits, hyphens,
// underscores and a dot.
func (s *Signer) Token(userID, kind string, now time.Time) string {
	signed := encode(payload{UserID: userID, Kind: kind, Expires: now.Add(Lifetime).Unix()})
	return text(signed) + "." + text(s.signature(signed))
}

// Check tells what a token allows. Otherwise it returns a *MalformedError, a *ForgedError or an *ExpiredError. Nothing of
// a token is believed, or even decoded as JSON, before its signature fits.
func (s *Signer) Check(token string, now time.Time) (Grant, error) {
	if len(token) > maxToken {
		return Grant{}, &MalformedError{Problem: "is too long"}
	}
	first, second, found := strings.Cut(token, ".")
	if !found {
		return Grant{}, &MalformedError{Problem: "has no dot"}
	}
	signed, err := decodeText(first)
	if err != nil {
		return Grant{}, &MalformedError{Problem: "has no base64url before the dot"}
	}
	signature, err := decodeText(second)
	if err != nil || len(signature) != sha256.Size {
		return Grant{}, &MalformedError{Problem: "has no signature after the dot"}
	}
	if !hmac.Equal(signature, s.signature(signed)) {
		return Grant{}, &ForgedError{}
	}
	var read payload
	if err := json.Unmarshal(signed, &read); err != nil || read.UserID == "" || read.Kind == "" {
		return Grant{}, &MalformedError{Problem: "is signed, but allows nothing"}
	}
	grant := Grant{UserID: read.UserID, Kind: read.Kind, Expires: time.Unix(read.Expires, 0).UTC()}
	if !now.Before(grant.Expires) {
		return Grant{}, &ExpiredError{At: grant.Expires}
	}
	return grant, nil
}

func (s *Signer) signature(signed []byte) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write(signed)
	return mac.Sum(nil)
}

// encode writes what is signed: JSON without blanks, <, > and & as they are. What is no UTF-8 in an id becomes U+FFFD.
func encode(signed payload) []byte {
	var written bytes.Buffer
	encoder := json.NewEncoder(&written)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(signed) // strings and a number always have a form in JSON, and a buffer takes all
	return bytes.TrimSuffix(written.Bytes(), []byte("\n"))
}

func text(content []byte) string { return base64.RawURLEncoding.EncodeToString(content) }

// decodeText accepts the one spelling that text writes. The package's decoder would skip line breaks, and let bits after
// the last byte be anything.
func decodeText(encoded string) ([]byte, error) {
	if strings.ContainsAny(encoded, "\r\n") {
		return nil, base64.CorruptInputError(strings.IndexAny(encoded, "\r\n"))
	}
	return base64.RawURLEncoding.Strict().DecodeString(encoded)
}
