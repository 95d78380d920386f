package demonstration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

type fields = map[string]any

// Alert is an alert as it lies in the table.
type Alert struct {
	Address   string
	Priority  string
	OldPrice  price.Amount
	NewPrice  price.Amount
	Published bool
}

// saveSettings stores the agent's alert settings as the platform does.
func (s Story) saveSettings(ctx context.Context) error {
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	return s.save(ctx, []fields{s.item("SETTINGS#ALERTS", "AlertSettings", fields{
		"userId":             agentID,
		"enabledAlertTypes":  []string{"price-reduction"},
		"frequency":          "real-time",
		"leadScoreThreshold": 70,
		"priceRangeFilters":  fields{"min": minPrice, "max": maxPrice},
		"trackedCompetitors": []string{},
		"targetAreas": []fields{
			{"id": "zip", "type": "zip", "value": "98029", "label": "Issaquah Highlands"},
			{"id": "city", "type": "city", "value": "Sammamish", "label": "Sammamish"},
			{"id": "polygon", "type": "polygon", "label": "Wallingford", "value": fields{"coordinates": []fields{
				corner(wallingford.south, wallingford.west), corner(wallingford.south, wallingford.east),
				corner(wallingford.north, wallingford.east), corner(wallingford.north, wallingford.west),
			}}},
		},
	})})
}

// saveListings stores the market as an MLS sync at that time finds it.
func (s Story) saveListings(ctx context.Context, market []Property, falls []Fall, at time.Time) error {
	reduced := map[string]price.Amount{}
	for _, fall := range falls {
		reduced[fall.MLSNumber] = fall.NewPrice
	}
	items := make([]fields, len(market))
	for i, property := range market {
		amount := property.Price
		if fallen, ok := reduced[property.MLSNumber]; ok {
			amount = fallen
		}
		items[i] = s.item("LISTING#"+property.MLSNumber, "Listing", fields{
			"mlsNumber":    property.MLSNumber,
			"mlsProvider":  "mls",
			"price":        amount,
			"status":       "Active",
			"bedrooms":     property.Bedrooms,
			"bathrooms":    property.Bathrooms,
			"squareFeet":   property.SquareFeet,
			"propertyType": "Residential",
			"latitude":     property.Latitude,
			"longitude":    property.Longitude,
			"listDate":     at.Add(-listedDays(i)).UTC().Format(time.RFC3339),
			"syncedAt":     at.UnixMilli(),
			"address":      fields{"street": street(property), "city": property.City(), "state": "WA", "zip": property.ZIP},
		})
	}
	return s.save(ctx, items)
}

func (s Story) item(sort, entityType string, data fields) fields {
	now := s.Now().UnixMilli()
	return fields{
		"PK": "USER#" + agentID, "SK": sort, "EntityType": entityType, "Data": data, "CreatedAt": now, "UpdatedAt": now,
	}
}

// batchLimit is DynamoDB's limit of items in one BatchWriteItem.
const batchLimit = 25

func (s Story) save(ctx context.Context, items []fields) error {
	writes := make([]types.WriteRequest, len(items))
	for i, item := range items {
		encoded, err := attributevalue.MarshalMap(item)
		if err != nil {
			return fmt.Errorf("encode an item: %w", err)
		}
		writes[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: encoded}}
	}
	return s.write(ctx, writes)
}

// forget removes what an earlier playing of the story has left.
func (s Story) forget(ctx context.Context) error {
	found, err := s.query(ctx, "")
	if err != nil {
		return err
	}
	writes := make([]types.WriteRequest, len(found))
	for i, item := range found {
		writes[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{
			Key: map[string]types.AttributeValue{"PK": item["PK"], "SK": item["SK"]},
		}}
	}
	return s.write(ctx, writes)
}

func (s Story) write(ctx context.Context, writes []types.WriteRequest) error {
	for len(writes) > 0 {
		count := min(batchLimit, len(writes))
		answer, err := s.Database.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{s.TableName: writes[:count]},
		})
		if err != nil {
			return fmt.Errorf("write items: %w", err)
		}
		writes = append(writes[count:], answer.UnprocessedItems[s.TableName]...)
	}
	return nil
}

// query returns the agent's items whose sort key begins with prefix.
func (s Story) query(ctx context.Context, prefix string) ([]map[string]types.AttributeValue, error) {
	input := &dynamodb.QueryInput{
		TableName:                 &s.TableName,
		KeyConditionExpression:    aws.String("PK = :partition"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":partition": &types.AttributeValueMemberS{Value: "USER#" + agentID}},
		ConsistentRead:            aws.Bool(true),
	}
	if prefix != "" {
		input.KeyConditionExpression = aws.String("PK = :partition AND begins_with(SK, :prefix)")
		input.ExpressionAttributeValues[":prefix"] = &types.AttributeValueMemberS{Value: prefix}
	}
	var items []map[string]types.AttributeValue
	for pages := dynamodb.NewQueryPaginator(s.Database, input); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("query items: %w", err)
		}
		items = append(items, page.Items...)
	}
	return items, nil
}

// alerts returns the agent's alerts, oldest first, and of each whether the bus has accepted Alert Created.
func (s Story) alerts(ctx context.Context) ([]Alert, error) {
	published, err := s.publishedFacts(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.query(ctx, "ALERT#")
	if err != nil {
		return nil, err
	}
	alerts := make([]Alert, len(found))
	for i, item := range found {
		var stored struct {
			Data struct {
				ID       string `dynamodbav:"id"`
				Priority string `dynamodbav:"priority"`
				Data     struct {
					PropertyAddress string       `dynamodbav:"propertyAddress"`
					OriginalPrice   price.Amount `dynamodbav:"originalPrice"`
					NewPrice        price.Amount `dynamodbav:"newPrice"`
				} `dynamodbav:"data"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read an alert: %w", err)
		}
		alert := stored.Data
		alerts[i] = Alert{
			Address:   alert.Data.PropertyAddress,
			Priority:  alert.Priority,
			OldPrice:  alert.Data.OriginalPrice,
			NewPrice:  alert.Data.NewPrice,
			Published: published[alert.ID],
		}
	}
	return alerts, nil
}

func (s Story) publishedFacts(ctx context.Context) (map[string]bool, error) {
	facts, err := s.query(ctx, "ALERT_FACT#")
	if err != nil {
		return nil, err
	}
	published := map[string]bool{}
	for _, item := range facts {
		var stored struct {
			Data struct {
				AlertID     string `dynamodbav:"alertId"`
				PublishedAt string `dynamodbav:"publishedAt"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, errors.Join(errors.New("read an alert fact"), err)
		}
		published[stored.Data.AlertID] = stored.Data.PublishedAt != ""
	}
	return published, nil
}
