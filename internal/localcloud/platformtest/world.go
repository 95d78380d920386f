package platformtest

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// Fields are an item's Data, or a part of it.
type Fields = map[string]any

// Now is the time in a new World.
func Now() time.Time { return time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC) }

// Agent is whose part of the platform a World is.
const Agent = "agent-1"

// World is one agent's part of the platform, for tests of a function in one process.
type World struct {
	t      testing.TB
	Client *dynamodb.Client
	Bus    *eventstest.Bus
	Clock  func() time.Time // can be changed at any time
	// Between happens once, right before the next transaction: after what it follows from was read.
	Between func()
}

// NewWorld is a world without settings and listings, at the time Now.
func NewWorld(t testing.TB) *World { return NewWorldOf(t, dynamo.Config{}) }

// NewWorldOf is NewWorld with a configuration for faults.
func NewWorldOf(t testing.TB, config dynamo.Config) *World {
	t.Helper()
	client, _ := DatabaseOf(t, config)
	return &World{t: t, Client: client, Bus: eventstest.NewBus(), Clock: Now}
}

// Now is the world's time.
func (w *World) Now() time.Time { return w.Clock() }

// Items is the platform's table, between whose reading and writing something else can happen (Between).
func (w *World) Items() InterruptedTable {
	return InterruptedTable{Table: table.New(w.Client, Table), world: w}
}

// InterruptedTable is a table between whose reading and writing something else can happen.
type InterruptedTable struct {
	*table.Table

	world *World
}

// Transact lets happen what is to happen in between, then makes the changes.
func (i InterruptedTable) Transact(ctx context.Context, changes ...table.Change) error {
	if between := i.world.Between; between != nil {
		i.world.Between = nil
		between()
	}
	return i.Table.Transact(ctx, changes...)
}

// Alerts keeps the alerts in the world's table, and tells the world's bus of them.
func (w *World) Alerts() *alert.Store {
	return alert.NewStore(table.New(w.Client, Table), w.Bus.Publisher(), w.Now)
}

// Told are the event keys of the alerts that the bus was told of, each with how often.
func (w *World) Told() map[string]int {
	w.t.Helper()
	told := map[string]int{}
	for _, event := range eventstest.Published[events.AlertCreated](w.t, w.Bus) {
		told[event.Identity()]++
	}
	return told
}

// Put stores an item of the agent as the platform does; without data it is a foreign one.
func (w *World) Put(sort, entityType string, data Fields) {
	w.t.Helper()
	fields := Fields{"PK": "USER#" + Agent, "SK": sort, "EntityType": entityType, "CreatedAt": 1, "UpdatedAt": 1}
	if data != nil {
		fields["Data"] = data
	}
	item, err := attributevalue.MarshalMap(fields)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(Table), Item: item}); err != nil {
		w.t.Fatal(err)
	}
}

// Delete removes an item of the agent.
func (w *World) Delete(sort string) {
	w.t.Helper()
	_, err := w.Client.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{TableName: aws.String(Table), Key: map[string]types.AttributeValue{
		"PK": table.Text("USER#" + Agent), "SK": table.Text(sort),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Settings stores the agent's alert settings: alerts of a type in zip 98029, but for what is changed.
func (w *World) Settings(alertType alert.Type, changed Fields) {
	w.t.Helper()
	data := Fields{
		"userId": Agent, "enabledAlertTypes": []string{string(alertType)},
		"targetAreas": []Fields{{"id": "a", "type": "zip", "value": "98029"}},
	}
	maps.Copy(data, changed)
	w.Put("SETTINGS#ALERTS", "AlertSettings", data)
}

// List stores a listing as the MLS sync at a time (in seconds after Now) does, but for what is changed.
func (w *World) List(mlsNumber string, price any, at int64, changed Fields) {
	w.t.Helper()
	data := Fields{
		"mlsNumber": mlsNumber, "mlsProvider": "mls", "price": price, "status": "Active", "syncedAt": Now().UnixMilli() + at*1000,
		"listDate": Now().AddDate(0, 0, -40).Format(time.RFC3339), "bedrooms": 3, "bathrooms": 2.5, "squareFeet": 1500, "propertyType": "Residential",
		"address": Fields{"street": "1 Main St", "city": "Issaquah", "state": "WA", "zip": "98029"},
	}
	maps.Copy(data, changed)
	w.Put("LISTING#"+mlsNumber, "Listing", data)
}

// Data returns the Data of all items whose sort key begins with prefix, by the rest of the sort key.
func (w *World) Data(prefix string) map[string]Fields {
	w.t.Helper()
	found := map[string]Fields{}
	pages := dynamodb.NewQueryPaginator(w.Client, &dynamodb.QueryInput{
		TableName:                 aws.String(Table),
		KeyConditionExpression:    aws.String("PK = :partition AND begins_with(SK, :prefix)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":partition": table.Text("USER#" + Agent), ":prefix": table.Text(prefix)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, item := range page.Items {
			var read struct {
				SK   string
				Data Fields
			}
			if err := attributevalue.UnmarshalMap(item, &read); err != nil {
				w.t.Fatal(err)
			}
			found[strings.TrimPrefix(read.SK, prefix)] = read.Data
		}
	}
	return found
}

// ToldOnce looks whether the bus was told of so many alerts, of each exactly once, and each fact remembers it.
func (w *World) ToldOnce(alerts int) {
	w.t.Helper()
	told := w.Told()
	if len(told) != alerts {
		w.t.Errorf("the bus was told %v, want %d alerts", told, alerts)
	}
	for key, times := range told {
		if times != 1 {
			w.t.Errorf("the bus was told %d times of %s", times, key)
		}
	}
	for id, fact := range w.Data("ALERT_FACT#") {
		if fact["publishedAt"] == nil {
			w.t.Errorf("fact %s is not remembered as published", id)
		}
	}
}
