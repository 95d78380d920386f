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
	syncs    int
}

func newMarket(ctx context.Context, cloud *localcloud.Cloud, agent string) (*market, error) {
	m := &market{
		database: dynamodb.NewFromConfig(clientConfig(cloud.Endpoint())),
		table:    cloud.Health().Table,
		agent:    agent,
	}
	settings, err := m.item("SETTINGS#ALERTS", "AlertSettings", fields{
		"userId": agent, "enabledAlertTypes": []string{"price-reduction"},
		"targetAreas": []fields{{"id": "zip", "type": "zip", "value": "98029"}},
	})
	if err != nil {
		return nil, err
	}
	return m, m.write(ctx, []types.WriteRequest{settings})
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
		"mlsNumber":    mlsNumber,
		"mlsProvider":  events.ProviderMLS,
		"price":        price,
		"status":       "Active",
		"bedrooms":     3,
		"bathrooms":    2.5,
		"squareFeet":   1850,
		"propertyType": "Residential",
		"latitude":     47.56,
		"longitude":    -122.01,
		"listDate":     syncedAt.AddDate(0, 0, -20).UTC().Format(time.RFC3339),
		"syncedAt":     syncedAt.UnixMilli(),
		"address":      fields{"street": "Parcel " + mlsNumber, "city": "Issaquah", "state": "WA", "zip": "98029"},
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

// synced is the event of the agent's next sync, as the function receives it.
func (m *market) synced() ([]byte, error) {
	m.syncs++
	now := time.Now()
	fact := events.IntegrationSyncCompleted{
		SyncID:      fmt.Sprintf("%s-%d", m.agent, m.syncs),
		UserID:      m.agent,
		Provider:    events.ProviderMLS,
		Status:      events.StatusCompleted,
		CompletedAt: events.Instant{Time: now},
	}
	return json.Marshal(events.Event[events.IntegrationSyncCompleted]{
		Envelope: events.Envelope{
			Version: "0", ID: "event-" + fact.SyncID, DetailType: fact.DetailType(), Source: fact.Source(),
			Account: "123456789012", Time: now.UTC().Truncate(time.Second), Region: "us-east-1", Resources: []string{},
		},
		Detail: fact,
	})
}

// expect fails unless the agent has as many alerts as there were price reductions.
func (m *market) expect(ctx context.Context, alerts int) error {
	found, err := m.count(ctx, "ALERT#")
	if err == nil && found != alerts {
		err = fmt.Errorf("%s has %d alerts after %d price reductions", m.agent, found, alerts)
	}
	return err
}

// onePercent of a number, at least 1.
func onePercent(number int) int { return int(math.Ceil(float64(number) / 100)) }
