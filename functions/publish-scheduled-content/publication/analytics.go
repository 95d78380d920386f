package publication

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// analytics is how a post does, as the platform keeps it. It begins without any figures.
type analytics struct {
	ID              string          `dynamodbav:"id"`
	UserID          string          `dynamodbav:"userId"`
	ContentID       string          `dynamodbav:"contentId"`
	ContentType     string          `dynamodbav:"contentType"`
	Channel         string          `dynamodbav:"channel"`
	AccountID       string          `dynamodbav:"accountId"`
	PublishedAt     table.Date      `dynamodbav:"publishedAt"`
	Metrics         figures         `dynamodbav:"metrics"`
	PlatformMetrics platformMetrics `dynamodbav:"platformMetrics"`
	SyncStatus      string          `dynamodbav:"syncStatus"`
}

type figures struct {
	Views          int64       `dynamodbav:"views"`
	Likes          int64       `dynamodbav:"likes"`
	Shares         int64       `dynamodbav:"shares"`
	Comments       int64       `dynamodbav:"comments"`
	Clicks         int64       `dynamodbav:"clicks"`
	Saves          int64       `dynamodbav:"saves"`
	Reach          int64       `dynamodbav:"reach"`
	Impressions    int64       `dynamodbav:"impressions"`
	EngagementRate social.Rate `dynamodbav:"engagementRate"`
}

type platformMetrics struct {
	PlatformPostID string `dynamodbav:"platformPostId"`
	PublishedURL   string `dynamodbav:"publishedUrl,omitempty"`
}

const (
	// analyticsLifetime is how long figures are kept.
	analyticsLifetime = 400 * 24 * time.Hour
	// neverSynced is the state of figures that no network was asked for.
	neverSynced = "pending"
)

// analytics is the item for the figures of a post.
func (c content) analytics(of result) analytics {
	return analytics{
		ID:              c.stored.ContentID.value + "#" + of.Channel,
		UserID:          c.userID,
		ContentID:       c.stored.ContentID.value,
		ContentType:     c.stored.ContentType.value,
		Channel:         of.Channel,
		AccountID:       of.AccountID,
		PublishedAt:     *of.PublishedAt,
		PlatformMetrics: platformMetrics{PlatformPostID: of.PlatformPostID, PublishedURL: of.PublishedURL},
		SyncStatus:      neverSynced,
	}
}

// save writes the item, unless there is one: its figures are not to be lost.
func (a analytics) save(now time.Time) table.Save {
	expires := now.Add(analyticsLifetime)
	return table.Save{
		Key:        table.UserKey(a.UserID, "ANALYTICS#"+a.ID),
		EntityType: "Analytics",
		Data:       a,
		Now:        now,
		KeepOld:    true,
		GSI3:       &table.Key{Partition: "ANALYTICS#" + a.ContentType, Sort: "DATE#" + a.PublishedAt.UTC().Format(time.DateOnly)},
		Expires:    &expires,
	}
}
