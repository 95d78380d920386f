package demonstration

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type fields = map[string]any

// iso is how the platform writes dates.
func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// deathPlace is where one of the prospects lives: in the polygon.
func deathPlace() fields { return fields{"lat": 47.663, "lng": -122.345} }

// email is the agent's address.
const email = "maria@example.com"

// saveProspects stores the agent's profile, and the people whom the agent knows.
func (p *play) saveProspects(ctx context.Context, at time.Time) error {
	prospect := func(id string, location any, events ...fields) fields {
		for i, event := range events {
			event["id"], event["personId"], event["location"] = fmt.Sprintf("%s-%d", id, i), "person-"+id, location
			event["confidence"], event["source"] = 90, "public records"
		}
		return p.item("PROSPECT#"+id, "Prospect", fields{"id": id, "location": location, "events": events})
	}
	event := func(eventType string, daysAgo int) fields {
		return fields{"eventType": eventType, "eventDate": iso(at.AddDate(0, 0, -daysAgo))}
	}
	return p.save(ctx, []fields{
		p.item("PROFILE", "UserProfile", fields{"name": "Maria", "email": email, "timezone": "America/Los_Angeles"}),
		prospect("ng", "98029", event("retirement", 20), event("job-change", 60)),
		prospect("ortiz", "Sammamish", event("divorce", 100)),
		prospect("young", deathPlace(), event("death", 10)),
		prospect("zhao", "Kirkland", event("marriage", 5)),
	})
}

// saveWishes stores the agent's alert settings, and the competitor, as the platform does.
func (p *play) saveWishes(ctx context.Context, at time.Time) error {
	corner := func(latitude, longitude float64) fields { return fields{"lat": latitude, "lng": longitude} }
	return p.save(ctx, []fields{
		p.item("SETTINGS#ALERTS", "AlertSettings", fields{
			"userId": p.agentID,
			"enabledAlertTypes": []string{
				"life-event-lead", "competitor-new-listing", "competitor-price-reduction", "competitor-withdrawal",
				"neighborhood-trend", "price-reduction",
			},
			"frequency":          "real-time",
			"leadScoreThreshold": 70,
			"priceRangeFilters":  fields{"min": minPrice, "max": maxPrice},
			"trackedCompetitors": []string{"stone"},
			"targetAreas": []fields{
				{"id": "zip", "type": "zip", "value": "98029", "label": "Issaquah Highlands"},
				{"id": "city", "type": "city", "value": "Sammamish", "label": "Sammamish"},
				{"id": "polygon", "type": "polygon", "label": "Wallingford", "value": fields{"coordinates": []fields{
					corner(wallingford.south, wallingford.west), corner(wallingford.south, wallingford.east),
					corner(wallingford.north, wallingford.east), corner(wallingford.north, wallingford.west),
				}}},
			},
		}),
		p.item("TRACKED_COMPETITOR#stone", "TrackedCompetitor", fields{
			"id": "stone", "name": "Bob Stone", "mlsId": competitorMLSID, "isActive": true, "addedAt": iso(at),
		}),
	})
}

// saveListings stores the market as an MLS sync at that time finds it.
func (p *play) saveListings(ctx context.Context, offers []Offer, at time.Time) error {
	items := make([]fields, len(offers))
	for i, offer := range offers {
		data := fields{
			"mlsNumber":    offer.MLSNumber,
			"mlsProvider":  "mls",
			"price":        offer.Price,
			"status":       offer.Status,
			"bedrooms":     offer.Bedrooms,
			"bathrooms":    offer.Bathrooms,
			"squareFeet":   offer.SquareFeet,
			"propertyType": "Residential",
			"latitude":     offer.Latitude,
			"longitude":    offer.Longitude,
			"listDate":     iso(offer.listDate(at)),
			"daysOnMarket": offer.DaysOnMarket,
			"syncedAt":     at.UnixMilli(),
			"address":      fields{"street": street(offer.Property), "city": offer.City(), "state": "WA", "zip": offer.ZIP},
		}
		if offer.ListAgent != "" {
			data["listAgentMlsId"] = offer.ListAgent
		}
		if offer.Status != "Active" {
			data["statusChangedAt"] = iso(at)
		}
		items[i] = p.item("LISTING#"+offer.MLSNumber, "Listing", data)
	}
	return p.save(ctx, items)
}

// accessToken is as good as any for the local cloud's networks.
const accessToken = "demonstration"

// savePost stores the agent's connections to Facebook and X, and a post on both that is due.
func (p *play) savePost(ctx context.Context, at time.Time) error {
	connection := func(platform string) fields {
		return p.item("SOCIAL#"+platform, "SocialConnection", fields{
			"provider": platform, "accessToken": accessToken, "platformUserId": "maria", "scope": "all",
			"expiresAt": at.Add(24 * time.Hour).UnixMilli(),
		})
	}
	channel := func(platform string) fields {
		return fields{"type": platform, "accountId": "maria", "accountName": "Maria", "isActive": true, "connectionStatus": "connected"}
	}
	post := p.item("SCHEDULE#open-house", "ScheduledContent", fields{
		"id": "open-house", "userId": p.agentID, "contentId": "open-house", "title": "Open house",
		"content": "Open house on Saturday in Issaquah Highlands, 1 to 3 pm.", "contentType": "social_media",
		"publishTime": iso(at), "channels": []fields{channel("facebook"), channel("twitter")}, "status": "scheduled",
		"metadata": fields{"hashtags": []string{"openhouse", "issaquah"}}, "publishResults": []fields{}, "retryCount": 0,
	})
	post["GSI2PK"], post["GSI2SK"] = "SCHEDULE#scheduled", "TIME#"+iso(at)
	return p.save(ctx, []fields{connection("FACEBOOK"), connection("TWITTER"), post})
}

// monthPasses makes this month's trends those of last month: the function's clock is the real one.
func (p *play) monthPasses(ctx context.Context) error {
	found, err := p.query(ctx, "TREND#")
	if err != nil {
		return err
	}
	now := p.Now().UTC()
	lastMonth := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
	var writes []types.WriteRequest
	for _, item := range found {
		writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{
			Key: map[string]types.AttributeValue{"PK": item["PK"], "SK": item["SK"]},
		}})
		var row struct {
			SK   string
			Data fields
		}
		if err := attributevalue.UnmarshalMap(item, &row); err != nil {
			return fmt.Errorf("read a trend: %w", err)
		}
		row.Data["period"] = lastMonth
		key := row.SK[:strings.LastIndex(row.SK, "#")+1] + lastMonth
		earlier, err := attributevalue.MarshalMap(p.item(key, "TrendIndicators", row.Data))
		if err != nil {
			return fmt.Errorf("encode a trend: %w", err)
		}
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: earlier}})
	}
	return p.write(ctx, writes)
}

func (p *play) item(sort, entityType string, data fields) fields {
	now := p.Now().UnixMilli()
	return fields{
		"PK": "USER#" + p.agentID, "SK": sort, "EntityType": entityType, "Data": data, "CreatedAt": now, "UpdatedAt": now,
	}
}

// batchLimit is DynamoDB's limit of items in one BatchWriteItem.
const batchLimit = 25

func (p *play) save(ctx context.Context, items []fields) error {
	writes := make([]types.WriteRequest, len(items))
	for i, item := range items {
		encoded, err := attributevalue.MarshalMap(item)
		if err != nil {
			return fmt.Errorf("encode an item: %w", err)
		}
		writes[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: encoded}}
	}
	return p.write(ctx, writes)
}

func (p *play) write(ctx context.Context, writes []types.WriteRequest) error {
	for len(writes) > 0 {
		count := min(batchLimit, len(writes))
		answer, err := p.Database.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{p.TableName: writes[:count]},
		})
		if err != nil {
			return fmt.Errorf("write items: %w", err)
		}
		writes = append(writes[count:], answer.UnprocessedItems[p.TableName]...)
	}
	return nil
}

// query returns the agent's items whose sort key begins with prefix.
func (p *play) query(ctx context.Context, prefix string) ([]map[string]types.AttributeValue, error) {
	pages := dynamodb.NewQueryPaginator(p.Database, &dynamodb.QueryInput{
		TableName:              &p.TableName,
		KeyConditionExpression: aws.String("PK = :partition AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":partition": &types.AttributeValueMemberS{Value: "USER#" + p.agentID},
			":prefix":    &types.AttributeValueMemberS{Value: prefix},
		},
		ConsistentRead: aws.Bool(true),
	})
	var items []map[string]types.AttributeValue
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("query items: %w", err)
		}
		items = append(items, page.Items...)
	}
	return items, nil
}
