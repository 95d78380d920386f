package scenario_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type fields = map[string]any

// settings stores settings of an agent who wants price reductions in zip 98029.
func (c *cloud) settings(agent string, changed fields) {
	c.t.Helper()
	data := fields{
		"userId": agent, "enabledAlertTypes": []string{"price-reduction"},
		"targetAreas": []fields{{"id": "a", "type": "zip", "value": "98029"}},
	}
	for name, value := range changed {
		data[name] = value
	}
	c.put(agent, "SETTINGS#ALERTS", "AlertSettings", data)
}

// list stores listings of an agent as a sync does.
func (c *cloud) list(agent string, prices map[string]int, syncedAt int64) {
	c.t.Helper()
	for number, price := range prices {
		c.put(agent, "LISTING#"+number, "Listing", fields{
			"mlsNumber": number, "mlsProvider": "mls", "price": price, "status": "Active", "syncedAt": syncedAt,
			"listDate": "2026-01-01T00:00:00.000Z", "address": fields{"street": number, "city": "Issaquah", "state": "WA", "zip": "98029"},
		})
	}
}

func (c *cloud) put(agent, sort, entityType string, data any) {
	c.t.Helper()
	c.putCreated(agent, sort, entityType, 1, data)
}

func (c *cloud) putCreated(agent, sort, entityType string, createdAt int64, data any) {
	c.t.Helper()
	item, err := attributevalue.MarshalMap(fields{
		"PK": "USER#" + agent, "SK": sort, "EntityType": entityType, "Data": data, "CreatedAt": createdAt, "UpdatedAt": createdAt,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = c.database.PutItem(c.t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item})
	if err != nil {
		c.t.Fatal(err)
	}
}

// publish publishes one event and returns its id.
func (c *cloud) publish(detailType, source, detail string) string {
	c.t.Helper()
	answer, err := c.bus.PutEvents(c.t.Context(), &eventbridge.PutEventsInput{Entries: []eventbridgetypes.PutEventsRequestEntry{{
		EventBusName: aws.String(busName), DetailType: &detailType, Source: &source, Detail: &detail,
	}}})
	if err != nil || answer.FailedEntryCount > 0 {
		c.t.Fatalf("publish: %v, %+v", err, answer)
	}
	return *answer.Entries[0].EventId
}

// schedule lets a function's schedule come round.
func (c *cloud) schedule(function, check string, at time.Time) {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "schedule.json")
	if err := os.WriteFile(path, fmt.Appendf(nil, `{"schedule":%q,"dueAt":%q}`, check, iso(at)), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if code, output := c.command("invoke", "--async", function, path); code != 0 {
		c.t.Fatalf("the schedule of %s: exit code %d: %s", function, code, output)
	}
}

func (c *cloud) synced(agent, syncID string) {
	c.t.Helper()
	c.publish("Integration Sync Completed", "bayon.coagent.integration", fmt.Sprintf(
		`{"syncId":%q,"userId":%q,"provider":"mls","status":"completed","completedAt":"2026-11-24T08:29:59.500Z"}`, syncID, agent))
}

// alerts are the ids of an agent's alerts, each with the fall it tells of, sorted.
func (c *cloud) alerts(agent string) []string {
	c.t.Helper()
	var alerts []string
	for _, item := range c.items(agent, "ALERT#") {
		data := item["Data"].(fields)
		details := data["data"].(fields)
		alerts = append(alerts, fmt.Sprintf("%s %v %v -> %v", data["id"], details["propertyAddress"], details["originalPrice"], details["newPrice"]))
	}
	slices.Sort(alerts)
	return alerts
}

func (c *cloud) items(agent, prefix string) []fields {
	c.t.Helper()
	var items []fields
	pages := dynamodb.NewQueryPaginator(c.database, &dynamodb.QueryInput{
		TableName:              aws.String(tableName),
		KeyConditionExpression: aws.String("PK = :partition AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{
			":partition": &dynamodbtypes.AttributeValueMemberS{Value: "USER#" + agent},
			":prefix":    &dynamodbtypes.AttributeValueMemberS{Value: prefix},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, found := range page.Items {
			var item fields
			if err := attributevalue.UnmarshalMap(found, &item); err != nil {
				c.t.Fatal(err)
			}
			items = append(items, item)
		}
	}
	return items
}

// watch makes a queue that gets every event of a detail type from now on, as anyone can, and returns its URL.
func (c *cloud) watch(name, detailType string) string {
	c.t.Helper()
	return c.watchPattern(name, fmt.Sprintf(`{"detail-type":[%q]}`, detailType))
}

// watchPattern is watch for the events that a pattern matches.
func (c *cloud) watchPattern(name, pattern string) string {
	c.t.Helper()
	queue, err := c.queues.CreateQueue(c.t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{
		"VisibilityTimeout": "2", // what was received in an answer that got lost comes again soon
		"Policy":            `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`,
	}})
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = c.bus.PutRule(c.t.Context(), &eventbridge.PutRuleInput{
		Name: &name, EventBusName: aws.String(busName), EventPattern: &pattern,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	targets, err := c.bus.PutTargets(c.t.Context(), &eventbridge.PutTargetsInput{
		Rule: &name, EventBusName: aws.String(busName),
		Targets: []eventbridgetypes.Target{{Id: aws.String("queue"), Arn: aws.String("arn:aws:sqs:us-east-1:123456789012:" + name)}},
	})
	if err != nil || targets.FailedEntryCount > 0 {
		c.t.Fatalf("%v, %+v", err, targets)
	}
	return *queue.QueueUrl
}

// receive takes all messages out of a queue, also those whose first answer got lost.
func (c *cloud) receive(url string) []string {
	c.t.Helper()
	var bodies []string
	for {
		answer, err := c.queues.ReceiveMessage(c.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 3})
		if err != nil {
			c.t.Fatal(err)
		}
		if len(answer.Messages) == 0 {
			return bodies
		}
		for _, message := range answer.Messages {
			bodies = append(bodies, *message.Body)
			_, err := c.queues.DeleteMessage(c.t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: message.ReceiptHandle})
			if err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// market is a market of so many listings before and after prices fell: each third by 2 %.
func market(t *testing.T, listings int) (before, after map[string]int) {
	t.Helper()
	before, after = map[string]int{}, map[string]int{}
	for i := range listings {
		number := fmt.Sprintf("L%04d", i)
		before[number] = 400_000 + 1_000*i
		after[number] = before[number]
		if i%3 == 0 {
			after[number] -= before[number] / 50
		}
	}
	return before, after
}
