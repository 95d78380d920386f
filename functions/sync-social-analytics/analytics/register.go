package analytics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// postEntity is the EntityType of a post's item.
const postEntity = "Analytics"

// postLifetime is how long a post's item is kept after its publication was told.
const postLifetime = 400 * day

// attempts is how often something is written that others change at the same time.
const attempts = 10

// register returns the item of the post that an event tells of. It makes the item if there is none, and lets it follow when
// the content was published anew, as another post; an event without the network's id can do neither.
func (s *Syncer) register(ctx context.Context, fact events.ContentPublished) (item table.Item, found bool, err error) {
	key := postKey(fact.UserID, fact.ContentID, fact.Platform)
	for range attempts {
		item, found, err := s.items.Get(ctx, key)
		if err != nil {
			return table.Item{}, false, err
		}
		was := post{key: key}
		condition := table.Absent()
		if found {
			var ours bool
			if was, ours, err = postOf(item); err != nil {
				return table.Item{}, false, err
			} else if !ours {
				metrics.Add(ctx, metrics.ItemsUnreadable, 1)
				return table.Item{}, false, nil
			}
			condition = was.unchanged()
		}
		if !was.precedes(fact) {
			return item, found, nil
		}
		err = s.items.Save(ctx, was.following(fact, condition, s.now()))
		if err != nil && !errors.Is(err, table.ErrConflict) {
			return table.Item{}, false, err
		}
	}
	return table.Item{}, false, fmt.Errorf("register %s: %w, %d times", key, table.ErrConflict, attempts)
}

// precedes tells whether an event is about a later post of the content. Of two at the same time one comes first, whatever
// the order of the events.
func (p post) precedes(fact events.ContentPublished) bool {
	at := fact.PublishedAt.Truncate(time.Millisecond)
	switch {
	case fact.PlatformPostID == "" || fact.PlatformPostID == p.id:
		return false
	case p.id == "" || at.After(p.publishedAt):
		return true
	}
	return at.Equal(p.publishedAt) && fact.PlatformPostID > p.id
}

// following is the post that an event tells of, without figures yet. The item's other fields stay.
func (p post) following(fact events.ContentPublished, condition table.Condition, now time.Time) table.Save {
	own := map[string]any{"platformPostId": fact.PlatformPostID}
	if fact.PublishedURL != "" {
		own["publishedUrl"] = fact.PublishedURL
	}
	data := p.fields.without(
		"accountId", "anomaly", "lastSynced", "syncId", "lastFailed", "syncFailures", "syncError",
	).with(map[string]any{
		"id":              fact.ContentID + postSeparator + fact.Platform,
		"userId":          fact.UserID,
		"contentId":       fact.ContentID,
		"contentType":     fact.ContentType,
		"channel":         fact.Platform,
		"publishedAt":     table.Date{Time: fact.PublishedAt.Time},
		"metrics":         figuresOf(social.Metrics{}),
		"platformMetrics": own,
		"syncStatus":      statusPending,
	})
	expires := now.Add(postLifetime)
	return table.Save{
		Key:        p.key,
		EntityType: postEntity,
		Data:       data,
		Now:        now,
		Condition:  condition,
		GSI3: &table.Key{
			Partition: "ANALYTICS#" + fact.ContentType,
			Sort:      "DATE#" + fact.PublishedAt.UTC().Format(time.DateOnly),
		},
		Expires: &expires,
	}
}
