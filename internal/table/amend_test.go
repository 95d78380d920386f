package table_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// placed stores a note at a place in GSI2, as the platform does.
func placed(t *testing.T, client *dynamodb.Client, userID, partition, sort string) {
	t.Helper()
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: map[string]types.AttributeValue{
		"PK": table.Text("USER#" + userID), "SK": table.Text("NOTE#" + sort), "EntityType": table.Text("Note"),
		"GSI2PK": table.Text(partition), "GSI2SK": table.Text(sort),
		"Data": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"text": table.Text(userID), "version": table.Number(1), "old": table.Text("x"), "theirs": table.Text("kept"),
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// sortsIn are the sort keys in a partition of GSI2, up to one.
func sortsIn(t *testing.T, items *table.Table, partition, to string, filter table.Condition) (sorts []string) {
	t.Helper()
	query := table.IndexQuery{Index: "GSI2", Partition: partition, To: to, Filter: filter}
	for page, err := range items.IndexPages(t.Context(), query, 0, nil) {
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			sorts = append(sorts, item.Key.Sort)
		}
	}
	return sorts
}

func TestAmendMovesAndReturnsTheItem(t *testing.T) {
	t.Parallel()
	for name, amend := range map[string]func(*table.Table, table.Amend) error{
		"alone": func(items *table.Table, amend table.Amend) error {
			item, err := items.Amend(t.Context(), amend)
			var read struct {
				Text, Old, Theirs string
			}
			if table.Decode(item, &read) != nil || read.Text != "new" || read.Old != "" || read.Theirs != "kept" || item.Key != amend.Key {
				t.Errorf("returned %v: %+v", item.Key, read)
			}
			return err
		},
		"in a transaction": func(items *table.Table, amend table.Amend) error { return items.Transact(t.Context(), amend) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			items, client := newTable(t)
			placed(t, client, "u1", "WAITING", "5")
			err := amend(items, table.Amend{
				Key: table.UserKey("u1", "NOTE#5"), Fields: map[string]any{"text": "new"}, Remove: []string{"old", "never there"}[:1],
				GSI2: &table.Key{Partition: "BUSY", Sort: "7"}, Now: now, Condition: table.DataIs("old", table.Text("x")),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := textAt(t, items, table.UserKey("u1", "NOTE#5")); got != "new" {
				t.Errorf("text %q", got)
			}
			if left := sortsIn(t, items, "WAITING", "9", table.Condition{}); len(left) > 0 {
				t.Errorf("left %q", left)
			}
			if moved := sortsIn(t, items, "BUSY", "7", table.Condition{}); len(moved) != 1 {
				t.Errorf("moved %q", moved)
			}
		})
	}
}

func TestAmendAloneFails(t *testing.T) {
	t.Parallel()
	items, client := newTable(t)
	placed(t, client, "u1", "WAITING", "5")
	at := table.UserKey("u1", "NOTE#5")
	tests := map[string]struct {
		amend table.Amend
		want  error
	}{
		"no such item":  {table.Amend{Key: table.UserKey("u1", "NOTE#6"), Fields: map[string]any{"text": "new"}}, table.ErrConflict},
		"another value": {table.Amend{Key: at, Fields: map[string]any{"text": "new"}, Condition: table.DataIs("version", table.Number(2))}, table.ErrConflict},
	}
	for name, test := range tests {
		test.amend.Now = now
		if _, err := items.Amend(t.Context(), test.amend); !errors.Is(err, test.want) {
			t.Errorf("%s: error %v", name, err)
		}
		if err := items.Transact(t.Context(), test.amend); !errors.Is(err, test.want) {
			t.Errorf("%s, in a transaction: error %v", name, err)
		}
	}
	large := table.Amend{Key: at, Fields: map[string]any{"text": strings.Repeat("x", 400<<10)}, Now: now}
	_, err := items.Amend(t.Context(), large)
	var refused *table.RefusedError
	if !errors.As(err, &refused) {
		t.Errorf("more than fits: error %v", err)
	}
	if got := textAt(t, items, at); got != "u1" {
		t.Errorf("text %q", got)
	}
}

func TestIndexPagesSelectAndGoOn(t *testing.T) {
	t.Parallel()
	items, client := newTable(t)
	for i := range 9 {
		placed(t, client, fmt.Sprint("u", i%3), "WAITING", fmt.Sprint(i))
	}
	placed(t, client, "u1", "BUSY", "9")
	ofOne := table.Condition{Expression: "PK = :owner", Values: map[string]types.AttributeValue{":owner": table.Text("USER#u1")}}
	if got := fmt.Sprint(sortsIn(t, items, "WAITING", "6", table.Condition{})); got != "[NOTE#0 NOTE#1 NOTE#2 NOTE#3 NOTE#4 NOTE#5 NOTE#6]" {
		t.Errorf("all: %s", got)
	}
	if got := fmt.Sprint(sortsIn(t, items, "WAITING", "6", ofOne)); got != "[NOTE#1 NOTE#4]" {
		t.Errorf("of one: %s", got)
	}
	var place table.Place
	var seen []string
	for range 10 { // each pass reads one page and stops
		for page, err := range items.IndexPages(t.Context(), table.IndexQuery{Index: "GSI2", Partition: "WAITING", To: "6"}, 2, place) {
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen = append(seen, item.Key.Sort)
			}
			place = page.Next
			break
		}
		if place == nil {
			break
		}
	}
	if got := fmt.Sprint(seen); got != "[NOTE#0 NOTE#1 NOTE#2 NOTE#3 NOTE#4 NOTE#5 NOTE#6]" {
		t.Errorf("page by page: %s", got)
	}
}

func TestSaveInGSI3(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	at := save("NOTE#1", "first", 1)
	at.GSI3 = &table.Key{Partition: "NOTES", Sort: "2026"}
	mustSave(t, items, at)
	found := 0
	for page, err := range items.IndexPages(t.Context(), table.IndexQuery{Index: "GSI3", Partition: "NOTES", To: "2026"}, 0, nil) {
		if err != nil {
			t.Fatal(err)
		}
		found += len(page.Items)
	}
	if found != 1 {
		t.Errorf("%d items", found)
	}
}

func TestSizeIsAboutWhatDynamoDBCounts(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	at := save("NOTE#1", "", 1)
	at.Data = map[string]any{
		"text": strings.Repeat("x", 1000), "list": []string{strings.Repeat("é", 1000)}, "map": map[string]any{"number": 12345, "yes": true},
		"bytes": make([]byte, 1000),
	}
	mustSave(t, items, at)
	item, _, err := items.Get(t.Context(), at.Key)
	if size := item.Size(); err != nil || size < 4000 || size > 4150 {
		t.Errorf("size %d, error %v", size, err)
	}
	if (table.Item{}).Size() != 0 {
		t.Error("no item has a size")
	}
}
