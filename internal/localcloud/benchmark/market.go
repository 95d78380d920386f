package benchmark

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

type fields = map[string]any

// market is an agent with listings in the agent's area, stored as the platform and its MLS sync do.
type market struct {
	database *dynamodb.Client
	table    string
	agent    string
	events   int // so far
}

func newMarket(ctx context.Context, cloud *localcloud.Cloud, subject subject, agent string) (*market, error) {
	m := &market{
		database: dynamodb.NewFromConfig(clientConfig(cloud.Endpoint())),
		table:    cloud.Health().Table,
		agent:    agent,
	}
	settings, err := m.item("SETTINGS#ALERTS", "AlertSettings", fields{
		"userId": agent, "enabledAlertTypes": subject.alertTypes,
		"targetAreas": []fields{{"id": "zip", "type": "zip", "value": "98029"}},
	})
	if err != nil {
		return nil, err
	}
	items, err := subject.items(m)
	if err != nil {
		return nil, err
	}
	return m, m.write(ctx, append(items, settings))
}

// DynamoDB's limit of items in one BatchWriteItem, and how many of these are under way together.
const (
	batchLimit   = 25
	batchWriters = 4
)

// list stores the first listings of the agent at a price, each as the newest sync sees it.
func (m *market) list(ctx context.Context, count, price int) error {
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(batchWriters)
	syncedAt := time.Now()
	for from := 0; from < count && ctx.Err() == nil; from += batchLimit {
		writers.Go(func() error {
			var batch []types.WriteRequest
			for number := from; number < min(from+batchLimit, count); number++ {
				written, err := m.listing(number, price, syncedAt)
				if err != nil {
					return err
				}
				batch = append(batch, written)
			}
			return m.write(ctx, batch)
		})
	}
	return writers.Wait()
}

// listOne stores one listing.
func (m *market) listOne(ctx context.Context, number, price int) error {
	written, err := m.listing(number, price, time.Now())
	if err != nil {
		return err
	}
	return m.write(ctx, []types.WriteRequest{written})
}

func (m *market) listing(number, price int, syncedAt time.Time) (types.WriteRequest, error) {
	mlsNumber := fmt.Sprintf("MLS%07d", number)
	return m.item("LISTING#"+mlsNumber, "Listing", fields{
		"mlsNumber":      mlsNumber,
		"mlsProvider":    events.ProviderMLS,
		"price":          price,
		"status":         "Active",
		"bedrooms":       3,
		"bathrooms":      2.5,
		"squareFeet":     1850,
		"propertyType":   "Residential",
		"latitude":       47.56,
		"longitude":      -122.01,
		"listAgentMlsId": competitorMLSID,
		"listDate":       syncedAt.AddDate(0, 0, -20).UTC().Format(time.RFC3339),
		"syncedAt":       syncedAt.UnixMilli(),
		"address":        fields{"street": "Parcel " + mlsNumber, "city": "Issaquah", "state": "WA", "zip": "98029"},
	})
}

func (m *market) item(sort, entityType string, data fields) (types.WriteRequest, error) {
	now := time.Now().UnixMilli()
	item, err := attributevalue.MarshalMap(fields{
		"PK": "USER#" + m.agent, "SK": sort, "EntityType": entityType, "Data": data, "CreatedAt": now, "UpdatedAt": now,
	})
	if err != nil {
		return types.WriteRequest{}, fmt.Errorf("encode an item: %w", err)
	}
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}, nil
}

func (m *market) write(ctx context.Context, batch []types.WriteRequest) error {
	for len(batch) > 0 {
		answer, err := m.database.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{m.table: batch},
		})
		if err != nil {
			return fmt.Errorf("write items: %w", err)
		}
		batch = answer.UnprocessedItems[m.table]
	}
	return nil
}

// count is how many of the agent's items have a sort key that begins with prefix.
func (m *market) count(ctx context.Context, prefix string) (int, error) {
	pages := dynamodb.NewQueryPaginator(m.database, &dynamodb.QueryInput{
		TableName:              &m.table,
		Select:                 types.SelectCount,
		KeyConditionExpression: aws.String("PK = :partition AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":partition": &types.AttributeValueMemberS{Value: "USER#" + m.agent},
			":prefix":    &types.AttributeValueMemberS{Value: prefix},
		},
	})
	count := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return 0, fmt.Errorf("count items: %w", err)
		}
		count += int(page.Count)
	}
	return count, nil
}

// prospect is someone whose life has just changed.
func (m *market) prospect(id string) (types.WriteRequest, error) {
	return m.item("PROSPECT#"+id, "Prospect", fields{"id": id, "location": "98029", "events": []fields{{
		"id": id, "personId": id, "eventType": "retirement", "eventDate": time.Now().AddDate(0, 0, -10).UnixMilli(),
		"location": "98029", "confidence": 90, "source": "public records",
	}}})
}

// synced is the event of the agent's next sync, as the function receives it.
func (m *market) synced() ([]byte, error) {
	return envelope(m, events.IntegrationSyncCompleted{
		SyncID:      m.nextID(),
		UserID:      m.agent,
		Provider:    events.ProviderMLS,
		Status:      events.StatusCompleted,
		CompletedAt: events.At(time.Now()),
	})
}

// published is the event of the agent's next post.
func (m *market) published() ([]byte, error) {
	return envelope(m, events.ContentPublished{
		ContentID: m.nextID(), UserID: m.agent, ContentType: "blog_post", Platform: events.PlatformBlog, PublishedAt: events.At(time.Now()),
	})
}

// alerted is the event of the agent's next alert.
func (m *market) alerted() ([]byte, error) {
	return envelope(m, events.AlertCreated{
		AlertID: m.nextID(), UserID: m.agent, AlertType: "price-reduction", Priority: "high", CreatedAt: events.At(time.Now()),
		Data: json.RawMessage(`{"propertyAddress":"1 Main St","originalPrice":500000,"newPrice":450000,"priceReductionPercent":10}`),
	})
}

// connection is the agent's connection to Facebook.
func (m *market) connection() ([]types.WriteRequest, error) {
	connection, err := m.item("SOCIAL#FACEBOOK", "SocialConnection", fields{
		"provider": "FACEBOOK", "accessToken": "any", "platformUserId": "me", "expiresAt": time.Now().AddDate(0, 0, 1).UnixMilli(),
	})
	return []types.WriteRequest{connection}, err
}

// scheduled is a post on Facebook that is due.
func (m *market) scheduled(id string) (types.WriteRequest, error) {
	at := time.Now().Add(-time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
	written, err := m.item("SCHEDULE#"+id, "ScheduledContent", fields{
		"id": id, "userId": m.agent, "contentId": id, "title": id, "content": id, "contentType": "social_media", "publishTime": at,
		"status": "scheduled", "channels": []fields{{"type": "facebook", "accountId": "page", "isActive": true, "connectionStatus": "connected"}},
	})
	if err != nil {
		return types.WriteRequest{}, err
	}
	written.PutRequest.Item["GSI2PK"] = &types.AttributeValueMemberS{Value: "SCHEDULE#scheduled"}
	written.PutRequest.Item["GSI2SK"] = &types.AttributeValueMemberS{Value: "TIME#" + at}
	return written, nil
}

// written is the event of the agent's next AI job.
func (m *market) written() ([]byte, error) {
	return envelope(m, events.AIJobCompleted{
		JobID: m.nextID(), UserID: m.agent, JobType: "social_media", Status: events.StatusCompleted, CompletedAt: events.At(time.Now()),
	})
}

// posted is the event of the agent's next post on Facebook.
func (m *market) posted() ([]byte, error) {
	id := m.nextID()
	return envelope(m, events.ContentPublished{
		ContentID: id, UserID: m.agent, ContentType: "social_media", Platform: events.PlatformFacebook,
		PublishedAt: events.At(time.Now()), PlatformPostID: "page_" + id,
	})
}

// checked is the event of a check of the agent.
func (m *market) checked(check string) ([]byte, error) {
	m.nextID()
	begun := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dueAt := begun.Add(time.Duration(m.events) * time.Second) // each check is another one
	return envelope(m, events.CheckDue{Check: check, UserID: m.agent, DueAt: events.At(dueAt)})
}

func (m *market) nextID() string {
	m.events++
	return fmt.Sprintf("%s-%d", m.agent, m.events)
}

func envelope[D events.Fact](m *market, fact D) ([]byte, error) {
	return json.Marshal(events.Event[D]{
		Envelope: events.Envelope{
			Version: "0", ID: fmt.Sprintf("event-%s-%d", m.agent, m.events), DetailType: fact.DetailType(), Source: fact.Source(),
			Account: "123456789012", Time: time.Now().UTC().Truncate(time.Second), Region: "us-east-1", Resources: []string{},
		},
		Detail: fact,
	})
}

// expect fails unless the agent has so many items.
func (m *market) expect(ctx context.Context, expectations []expectation) error {
	for _, expected := range expectations {
		found, err := m.count(ctx, expected.prefix)
		if err != nil {
			return err
		}
		if found != expected.count {
			return fmt.Errorf("%s has %d items %s, want %d", m.agent, found, expected.prefix, expected.count)
		}
	}
	return nil
}

// onePercent of a number, at least 1.
func onePercent(number int) int { return int(math.Ceil(float64(number) / 100)) }
