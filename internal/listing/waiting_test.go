package listing_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// stuck are items whose reading does not end before it may.
type stuck struct{ ended chan struct{} }

func (stuck) Get(context.Context, table.Key) (table.Item, bool, error) {
	return table.Item{}, false, nil
}

func (s stuck) GetAll(context.Context, []table.Key) ([]table.Item, error) {
	<-s.ended
	return nil, nil
}

func (s stuck) Pages(context.Context, table.Query) iter.Seq2[[]table.Item, error] {
	return func(func([]table.Item, error) bool) { <-s.ended }
}

// Who waits while another finds out what a reader remembers gives up in time.
func TestWaitingForAnotherEndsWithTheContext(t *testing.T) {
	t.Parallel()
	listed := listing.Listing{MLSNumber: "1", Provider: "mls", SyncID: "sync-1", Key: table.UserKey("agent-1", "LISTING#1")}
	questions := map[string]func(context.Context, *listing.Reader) error{
		"imports": func(ctx context.Context, reader *listing.Reader) error {
			_, err := reader.Newest(ctx, listed)
			return err
		},
		"syncs": func(ctx context.Context, reader *listing.Reader) error {
			_, err := reader.ListAgents(ctx, []listing.Listing{listed})
			return err
		},
	}
	for name, ask := range questions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				items := stuck{make(chan struct{})}
				reader := listing.NewReader(items, "agent-1", []string{"mls"}, time.Now)
				go func() { _ = ask(t.Context(), reader) }()
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := ask(ctx, reader); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				close(items.ended)
			})
		})
	}
}
