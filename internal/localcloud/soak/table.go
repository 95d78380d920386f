package soak

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Table is what the platform's table holds of the agents, as far as the checker looks at it.
type Table struct {
	Alerts        []AlertItem
	AlertFacts    map[string]AlertFact // by the agent and the alert's id
	Notifications []Notification
	Jobs          []Job
	Contents      []Content
	Analytics     []Analytics
	Settings      map[string]Settings // by agent and sort key
}

// AlertItem is an alert.
type AlertItem struct {
	ID, UserID, Type, Priority, CreatedAt string
	Data                                  struct {
		PropertyAddress, CompetitorName, EventType string
		Neighborhood, TrendType                    string
		LeadScore                                  int
		OriginalPrice, NewPrice                    float64
		PriceReduction, PriceReductionPercent      float64
	}
}

// AlertFact remembers that an alert was raised, and told.
type AlertFact struct{ AlertID, PublishedAt string }

// Notification is what the application shows.
type Notification struct{ ID, UserID, Kind, SubjectEventID string }

// Job is a mail.
type Job struct {
	ID, UserID, Type, Kind, SubjectEventID, Status, Error, Reason, MessageID, ProcessedAt string
	AlertIDs                                                                              []string
}

// Content is scheduled content.
type Content struct {
	ID, UserID, ContentID, Status, LastError string
	Channels                                 []struct{ Type, AccountID string }
	PublishResults                           []PublishResult
}

// PublishResult is how far scheduled content has come on one channel.
type PublishResult struct {
	Channel, PlatformPostID, Error, UpdatedAt string
	Success                                   bool
}

// Analytics are the figures of a post.
type Analytics struct {
	UserID, ContentID, Channel, SyncID, SyncStatus string
	Metrics                                        Metrics
}

// Metrics are the figures of a post as all networks have them.
type Metrics struct{ Views, Likes, Shares, Comments, Clicks, Saves, Reach, Impressions float64 }

// Settings are an agent's settings of alerts, or of notifications.
type Settings struct {
	UserID, Frequency  string
	EnabledAlertTypes  []string
	LeadScoreThreshold int
	TargetAreas        []any
	TrackedCompetitors []string
	EmailNotifications bool
}

// ReadTable reads the whole table.
func ReadTable(ctx context.Context, client dynamodb.ScanAPIClient, name string) (Table, error) {
	read := Table{AlertFacts: map[string]AlertFact{}, Settings: map[string]Settings{}}
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return Table{}, fmt.Errorf("scan the table: %w", err)
		}
		for _, item := range page.Items {
			if err := read.add(item); err != nil {
				return Table{}, err
			}
		}
	}
	return read, nil
}

// add takes up one item.
func (t *Table) add(item map[string]types.AttributeValue) error {
	var key struct{ PK, SK string }
	if err := attributevalue.UnmarshalMap(item, &key); err != nil {
		return fmt.Errorf("read a key: %w", err)
	}
	user, owned := strings.CutPrefix(key.PK, "USER#")
	if !owned {
		return nil
	}
	var err error
	switch kind, _, _ := strings.Cut(key.SK, "#"); kind {
	case "ALERT":
		t.Alerts, err = appended(t.Alerts, item)
	case "ALERT_FACT":
		var facts []AlertFact
		if facts, err = appended(facts, item); err == nil {
			t.AlertFacts[user+" "+facts[0].AlertID] = facts[0]
		}
	case "NOTIFICATION":
		t.Notifications, err = appended(t.Notifications, item)
	case "NOTIFICATION_JOB":
		t.Jobs, err = appended(t.Jobs, item)
	case "SCHEDULE":
		t.Contents, err = appended(t.Contents, item)
	case "ANALYTICS":
		t.Analytics, err = appended(t.Analytics, item)
	case "SETTINGS":
		var settings []Settings
		if settings, err = appended(settings, item); err == nil {
			t.Settings[user+" "+key.SK] = settings[0]
		}
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", key.PK, key.SK, err)
	}
	return nil
}

// appended adds the Data of an item to a list.
func appended[T any](list []T, item map[string]types.AttributeValue) ([]T, error) {
	var one T
	if err := attributevalue.Unmarshal(item["Data"], &one); err != nil {
		return list, err
	}
	return append(list, one), nil
}
