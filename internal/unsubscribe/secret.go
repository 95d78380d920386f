package unsubscribe

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"golang.org/x/sync/semaphore"
)

// GetSecretValue is the call of *secretsmanager.Client that a Secret makes. It is a function and no interface so
// that the binary has no other operations (docs/decisions/0007-operations-instead-of-clients.md).
type GetSecretValue func(
	ctx context.Context, input *secretsmanager.GetSecretValueInput, options ...func(*secretsmanager.Options),
) (*secretsmanager.GetSecretValueOutput, error)

// Secret is the secret that tokens are signed with, as AWS Secrets Manager has it. It is fetched when first needed and kept
// for the life of the process. It is safe for concurrent use.
type Secret struct {
	client func() GetSecretValue
	id     string

	fetching *semaphore.Weighted // held while the secret is fetched, so that it is fetched once
	signer   *Signer
}

// NewSecret is the secret of that name or ARN. client is asked when the secret is first needed, so that a function that
// mails nothing makes no client: sync.OnceValue is what to give.
func NewSecret(client func() GetSecretValue, id string) *Secret {
	return &Secret{client: client, id: id, fetching: semaphore.NewWeighted(1)}
}

// Signer signs with the secret. A failure is not kept: the next call fetches again. A secret that is missing or too short
// is a *SecretError. The key is the secret's text, or its bytes if it is binary, exactly as stored.
func (s *Secret) Signer(ctx context.Context) (*Signer, error) {
	if err := s.fetching.Acquire(ctx, 1); err != nil {
		return nil, fmt.Errorf("unsubscribe secret: %w", err)
	}
	defer s.fetching.Release(1)
	if s.signer != nil {
		return s.signer, nil
	}
	signer, err := s.fetch(ctx)
	if err != nil {
		return nil, err
	}
	s.signer = signer
	return signer, nil
}

func (s *Secret) fetch(ctx context.Context) (*Signer, error) {
	if s.id == "" {
		return nil, &SecretError{Problem: "is not configured"}
	}
	answer, err := s.client()(ctx, &secretsmanager.GetSecretValueInput{SecretId: &s.id})
	switch {
	case err != nil:
		return nil, fmt.Errorf("unsubscribe secret: %w", err)
	case answer.SecretString != nil:
		return NewSigner([]byte(*answer.SecretString))
	}
	return NewSigner(answer.SecretBinary)
}
