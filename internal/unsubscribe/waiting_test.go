package unsubscribe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

// Who waits while another fetches the secret gives up in time.
func TestWaitingForTheSecretEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		secret := unsubscribe.NewSecret(func() unsubscribe.GetSecretValue {
			return func(context.Context, *secretsmanager.GetSecretValueInput, ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
				<-answer
				return nil, errors.New("away")
			}
		}, "secret")
		go func() { _, _ = secret.Signer(t.Context()) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := secret.Signer(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		close(answer)
	})
}
