package publication

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Opening are networks, with what opens the tokens for them that are stored encrypted (*socialenv.Networks).
type Opening interface {
	Networks
	Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error)
}

// Handlers are what the function handles, and what each may publish.
func Handlers(platform *awsenv.Platform, networks Opening) []consumer.Handler {
	poster := New(Config{
		Items:     platform.Table,
		Publisher: platform.Publisher,
		Networks:  networks,
		Decrypt:   networks.Decrypt,
		Now:       platform.Now,
		Token:     rand.Text,
		Jitter:    mathrand.Float64,
	})
	fanOut := poster.fanOut(platform.Table)
	outcomes := []events.Fact{events.ContentPublished{}, events.ContentPublishFailed{}}
	return []consumer.Handler{
		consumer.On(poster.AIJobCompleted).MayPublish(outcomes...),
		consumer.On(poster.CheckDue).MayPublish(outcomes...),
		consumer.OnSchedule(events.CheckPublishing, fanOut.Run).MayPublish(events.CheckDue{}),
	}
}
