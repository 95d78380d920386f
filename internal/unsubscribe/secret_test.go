package unsubscribe_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

// vault stands for Secrets Manager.
type vault struct {
	answer *secretsmanager.GetSecretValueOutput
	err    error

	mu           sync.Mutex
	made, called int
	asked        string
}

func (v *vault) client() unsubscribe.GetSecretValue {
	v.made++
	return func(
		_ context.Context, input *secretsmanager.GetSecretValueInput, _ ...func(*secretsmanager.Options),
	) (*secretsmanager.GetSecretValueOutput, error) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.called++
		v.asked = *input.SecretId
		return v.answer, v.err
	}
}

func holding(secret string) *secretsmanager.GetSecretValueOutput {
	return &secretsmanager.GetSecretValueOutput{SecretString: &secret}
}

func TestSecretIsFetchedWhenFirstNeededAndKept(t *testing.T) {
	t.Parallel()
	vault := &vault{answer: holding(secret)}
	kept := unsubscribe.NewSecret(vault.client, "bayon/unsubscribe")
	if vault.made != 0 {
		t.Error("the client is made before it is needed")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			made, err := kept.Signer(t.Context())
			if err != nil || made.Token("u1", "*", now) != signer(t, secret).Token("u1", "*", now) {
				t.Errorf("signs otherwise, error %v", err)
			}
		})
	}
	all.Wait()
	if vault.called != 1 || vault.asked != "bayon/unsubscribe" {
		t.Errorf("asked %d times, for %q", vault.called, vault.asked)
	}
}

func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	away := errors.New("away")
	vault := &vault{err: away}
	kept := unsubscribe.NewSecret(vault.client, "bayon/unsubscribe")
	if _, err := kept.Signer(t.Context()); !errors.Is(err, away) {
		t.Errorf("error %v", err)
	}
	vault.err, vault.answer = nil, holding("short")
	var refused *unsubscribe.SecretError
	if _, err := kept.Signer(t.Context()); !errors.As(err, &refused) {
		t.Errorf("a short secret: %v", err)
	}
	vault.answer = &secretsmanager.GetSecretValueOutput{SecretBinary: []byte(secret)}
	if _, err := kept.Signer(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSecretMustBeConfigured(t *testing.T) {
	t.Parallel()
	vault := &vault{answer: holding(secret)}
	var refused *unsubscribe.SecretError
	if _, err := unsubscribe.NewSecret(vault.client, "").Signer(t.Context()); !errors.As(err, &refused) || vault.called != 0 {
		t.Errorf("error %v, asked %d times", err, vault.called)
	}
	vault.answer = &secretsmanager.GetSecretValueOutput{}
	empty := unsubscribe.NewSecret(vault.client, "bayon/unsubscribe")
	if _, err := empty.Signer(t.Context()); !errors.As(err, &refused) {
		t.Errorf("a secret that holds nothing: %v", err)
	}
}
