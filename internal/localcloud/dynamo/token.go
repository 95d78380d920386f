package dynamo

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

const (
	maxToken  = 36 // characters of a ClientRequestToken
	tokenLife = 10 * time.Minute
)

// token is a ClientRequestToken with what identifies the transaction it came with. The zero token is none.
type token struct {
	key         []byte // where it is stored
	fingerprint [sha256.Size]byte
}

func (t token) given() bool { return t.key != nil }

// newToken makes the token of a transaction, which has the same fingerprint in whichever order its maps were written.
func newToken(text optional, plan []planned, parts []part) token {
	if !text.given {
		return token{}
	}
	var content []byte
	for i, write := range plan {
		request := parts[i].request
		content = append(content, parts[i].kind...)
		content = append(content, write.stored...)
		expressions := attribute.Map{
			{Name: "condition", Value: attribute.Text(request.condition.text)},
			{Name: "returned", Value: attribute.Text(request.returnOnFailure.text)},
			{Name: "update", Value: attribute.Text(request.update.text)},
		}
		content = expressions.AppendStored(write.target().AppendStored(content))
		content = request.placeholders.AppendStored(content)
	}
	return token{key: append([]byte{tokenRecord}, text.text...), fingerprint: sha256.Sum256(content)}
}

// stage notes the token until it is forgotten.
func (t token) stage(batch *store.Batch, until time.Time) {
	if !t.given() {
		return
	}
	at := binary.BigEndian.AppendUint64(nil, uint64(until.Unix()))
	batch.Set(t.key, append(at, t.fingerprint[:]...))
	batch.Set(append(forgetKey(until), t.key...), nil)
}

// forgetKey returns what the keys of the notes have in common by which tokens are found that are to be forgotten.
func forgetKey(at time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte{forgetRecord}, uint64(at.Unix()))
}

// isForgotten tells whether the time of a stored token is over.
func isForgotten(stored []byte, now time.Time) bool {
	return len(stored) < 8 || now.Unix() >= int64(binary.BigEndian.Uint64(stored))
}

// wasMade tells whether the transaction with a token was made before. Another transaction with the token is refused.
func (e *Engine) wasMade(token token) (bool, error) {
	if !token.given() {
		return false, nil
	}
	stored, found, err := e.space.Get(token.key)
	switch {
	case err != nil || !found || isForgotten(stored, e.clock()):
		return false, err
	case !bytes.Equal(stored[8:], token.fingerprint[:]):
		return false, awsapi.Errorf("IdempotentParameterMismatchException",
			"The request uses the same client token as a previous, but non-identical request.")
	}
	return true, nil
}

// forgetTokens deletes the tokens whose time is over.
func (e *Engine) forgetTokens(now time.Time) error {
	var notes [][]byte
	err := e.space.Scan([]byte{forgetRecord}, forgetKey(now.Add(time.Second)), func(key, _ []byte) (bool, error) {
		notes = append(notes, bytes.Clone(key))
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, note := range notes {
		if err := e.forget(note, now); err != nil {
			return err
		}
	}
	return nil
}

// forget deletes a note, and its token unless that was used again.
func (e *Engine) forget(note []byte, now time.Time) error {
	key := note[len(forgetKey(now)):]
	defer e.locks.lock(key)()
	stored, found, err := e.space.Get(key)
	if err != nil {
		return err
	}
	batch := e.space.Batch()
	batch.Delete(note)
	if found && isForgotten(stored, now) {
		batch.Delete(key)
	}
	return batch.Apply()
}
