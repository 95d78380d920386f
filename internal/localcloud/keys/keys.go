// Package keys is the KMS of the local cloud: it encrypts and decrypts with symmetric keys, those of the template and one of
// its own. What it has encrypted, it alone can decrypt; AWS cannot, and it can decrypt nothing of AWS's.
//
// The material of a key is drawn once, by a source of chance that nobody can foresee, and lies in the local cloud's store from
// then on. It is never logged, and no answer or error holds it, or a text that was encrypted.
package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// OwnAlias is the alias of the key that is always there, and ownID its id.
const (
	OwnAlias = "alias/bayon-local"
	ownID    = "ba405000-0000-4000-8000-000000000001"
)

// Config is what Keys need.
type Config struct {
	// Space holds the material of the keys.
	Space *store.Space
}

// Keys are all keys of the account, safe for concurrent use.
type Keys struct {
	space *store.Space

	mu      sync.RWMutex
	known   map[string]*madeKey // by ARN
	aliases map[string]string   // the ARN of the key, by the alias with its prefix
}

// Key is a key to declare.
type Key struct {
	ID       string // such as 1234abcd-12ab-34cd-56ef-1234567890ab
	Disabled bool
}

// madeKey is a key that is there.
type madeKey struct {
	arn      string
	disabled bool
	material []byte
}

// New opens the keys that a space holds. Beside the local cloud's own, a key is there once it is declared.
func New(config Config) (*Keys, error) {
	k := &Keys{space: config.Space, known: map[string]*madeKey{}, aliases: map[string]string{}}
	if err := k.Declare(Key{ID: ownID}); err != nil {
		return nil, err
	}
	return k, k.DeclareAlias(OwnAlias, ownID)
}

// Declare makes a key be there. Its material stays for as long as the state does.
func (k *Keys) Declare(declared Key) error {
	material, found, err := k.space.Get([]byte(declared.ID))
	if err != nil {
		return err
	}
	if !found {
		material = make([]byte, sha256.Size)
		if _, err := rand.Read(material); err != nil {
			return fmt.Errorf("draw the material of a key: %w", err)
		}
		batch := k.space.Batch()
		batch.Set([]byte(declared.ID), material)
		if err := batch.Apply(); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	arn := keyARN(declared.ID)
	k.known[arn] = &madeKey{arn: arn, disabled: declared.Disabled, material: material}
	return nil
}

// DeclareAlias makes an alias lead to a key, which is given by its id or its ARN.
func (k *Keys) DeclareAlias(name, target string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !strings.HasPrefix(target, "arn:") {
		target = keyARN(target)
	}
	if k.known[target] == nil {
		return fmt.Errorf("there is no key %s", target)
	}
	k.aliases[name] = target
	return nil
}

// Remove takes a key away, with its material: what it has encrypted is lost, at once and not after the days that AWS waits. It
// is no error if it is not there.
func (k *Keys) Remove(id string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, keyARN(id))
	batch := k.space.Batch()
	batch.Delete([]byte(id))
	return batch.Apply()
}

// RemoveAlias takes an alias away; it is no error if it is not there.
func (k *Keys) RemoveAlias(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.aliases, name)
}

// HasAlias tells whether there is an alias of a name.
func (k *Keys) HasAlias(name string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.aliases[name] != ""
}

func keyARN(id string) string { return awsapi.ARN("kms", "key/"+id) }

// ARN is the ARN of the key that an id, an ARN, an alias or the ARN of an alias means.
func (k *Keys) ARN(id string) (arn string, found bool) {
	key, err := k.find(id)
	if err != nil {
		return "", false
	}
	return key.arn, true
}

// find finds the key of an id, an ARN, an alias or the ARN of an alias.
//
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id
func (k *Keys) find(id string) (*madeKey, error) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	name := strings.TrimPrefix(id, awsapi.ARN("kms", ""))
	_, err := uuid.Parse(strings.TrimPrefix(name, "key/"))
	switch {
	case strings.HasPrefix(name, "alias/"):
		target, known := k.aliases[name]
		if !known {
			return nil, awsapi.Errorf("NotFoundException", "Alias %s is not found.", awsapi.ARN("kms", name))
		}
		name = strings.TrimPrefix(target, awsapi.ARN("kms", ""))
	case strings.HasPrefix(name, "arn:"):
		return nil, awsapi.Errorf("NotFoundException", "Invalid arn")
	case err != nil:
		return nil, awsapi.Errorf("NotFoundException", "Invalid keyId '%s'", id)
	}
	arn := keyARN(strings.TrimPrefix(name, "key/"))
	found := k.known[arn]
	switch {
	case found == nil:
		return nil, awsapi.Errorf("NotFoundException", "Key '%s' does not exist", arn)
	case found.disabled:
		return nil, awsapi.Errorf("DisabledException", "%s is disabled.", arn)
	}
	return found, nil
}
