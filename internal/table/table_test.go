package table_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

type note struct {
	Text    string     `dynamodbav:"text"`
	Version int64      `dynamodbav:"version"`
	At      table.Date `dynamodbav:"at"`
}

var now = time.Date(2026, 11, 24, 8, 30, 0, 123_000_000, time.UTC)

func save(sort, text string, version int64) table.Save {
	return table.Save{
		Key: table.UserKey("u1", sort), EntityType: "Note", Now: now,
		Data: note{Text: text, Version: version, At: table.Date{Time: now}},
	}
}

func newTable(t *testing.T) (*table.Table, *dynamodb.Client) {
	t.Helper()
	client, _ := platformtest.Database(t)
	return table.New(client, platformtest.Table), client
}

func mustSave(t *testing.T, items *table.Table, saves ...table.Save) {
	t.Helper()
	for _, save := range saves {
		if err := items.Save(t.Context(), save); err != nil {
			t.Fatal(err)
		}
	}
}

func textAt(t *testing.T, items *table.Table, key table.Key) string {
	t.Helper()
	item, found, err := items.Get(t.Context(), key)
	if err != nil || !found {
		return fmt.Sprintf("found %v, error %v", found, err)
	}
	var read note
	if err := table.Decode(item, &read); err != nil {
		return err.Error()
	}
	return read.Text
}

func TestSavedItemsHaveThePlatformsShape(t *testing.T) {
	t.Parallel()
	items, client := newTable(t)
	first := save("NOTE#1", "first", 1)
	expires := now.Add(time.Hour)
	first.GSI1, first.Expires = &table.Key{Partition: "NOTES", Sort: "1"}, &expires
	second := save("NOTE#1", "second", 2)
	second.Now = now.Add(time.Minute)
	mustSave(t, items, first, second)

	answer, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String(platformtest.Table),
		Key:       map[string]types.AttributeValue{"PK": table.Text("USER#u1"), "SK": table.Text("NOTE#1")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]types.AttributeValue{
		"PK": table.Text("USER#u1"), "SK": table.Text("NOTE#1"), "EntityType": table.Text("Note"),
		"CreatedAt": table.Number(now.UnixMilli()), "UpdatedAt": table.Number(second.Now.UnixMilli()),
		"GSI1PK": table.Text("NOTES"), "GSI1SK": table.Text("1"), "TTL": table.Number(expires.Unix()),
		"Data": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"text": table.Text("second"), "version": table.Number(2), "at": table.Text("2026-11-24T08:30:00.123Z"),
		}},
	}
	if diff := cmp.Diff(want, answer.Item, cmp.AllowUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberM{}),
		cmp.FilterPath(func(path cmp.Path) bool { return path.Last().String() == ".noSmithyDocumentSerde" }, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		condition table.Condition
		key       string // NOTE#1 is there, with version 1
		holds     bool
	}{
		{"absent and it is", table.Absent(), "NOTE#2", true},
		{"absent and it is not", table.Absent(), "NOTE#1", false},
		{"same version", table.DataIs("version", table.Number(1)), "NOTE#1", true},
		{"another version", table.DataIs("version", table.Number(2)), "NOTE#1", false},
		{"version of nothing", table.DataIs("version", table.Number(1)), "NOTE#2", false},
		{"no such field", table.DataHasNo("publishedAt"), "NOTE#1", true},
		{"the field is there", table.DataHasNo("version"), "NOTE#1", false},
		{"length", table.DataLength("text", 5), "NOTE#1", true},
		{"another length", table.DataLength("text", 4), "NOTE#1", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			items, _ := newTable(t)
			mustSave(t, items, save("NOTE#1", "first", 1))
			conditional := save(test.key, "changed", 9)
			conditional.Condition = test.condition
			err := items.Save(t.Context(), conditional)
			if errors.Is(err, table.ErrConflict) == test.holds || (test.holds && err != nil) {
				t.Errorf("save: %v", err)
			}

			check := table.Check{Key: table.UserKey("u1", test.key), Condition: test.condition}
			if test.holds {
				return // the save has changed what the condition is about
			}
			err = items.Transact(t.Context(), check, save("NOTE#3", "third", 1))
			if !errors.Is(err, table.ErrConflict) {
				t.Errorf("transaction: %v", err)
			}
			if got := textAt(t, items, table.UserKey("u1", "NOTE#3")); got != "found false, error <nil>" {
				t.Errorf("the transaction was made in part: %s", got)
			}
		})
	}
}

func TestKeepOld(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	keeping := save("NOTE#1", "new", 1)
	keeping.KeepOld = true
	mustSave(t, items, keeping)
	if got := textAt(t, items, keeping.Key); got != "new" {
		t.Errorf("an item that is not there: %s", got)
	}
	mustSave(t, items, save("NOTE#2", "old", 1))
	keeping.Key = table.UserKey("u1", "NOTE#2")
	mustSave(t, items, keeping)
	if got := textAt(t, items, keeping.Key); got != "old" {
		t.Errorf("an item that is there: %s", got)
	}
}

func TestAmendSetsItsFieldsAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		key       string // NOTE#1 is there, with version 1
		condition table.Condition
		amended   bool
	}{
		{"an item that is there", "NOTE#1", table.Condition{}, true},
		{"no such item", "NOTE#2", table.Condition{}, false},
		{"as it was", "NOTE#1", table.DataIs("version", table.Number(1)).And(table.DataIs("text", table.Text("first"))), true},
		{"no longer as it was", "NOTE#1", table.DataIs("version", table.Number(2)), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			items, _ := newTable(t)
			mustSave(t, items, save("NOTE#1", "first", 1))
			amend := table.Amend{
				Key: table.UserKey("u1", test.key), Fields: map[string]any{"version": 9}, Now: now, Condition: test.condition,
			}
			if err := items.Transact(t.Context(), amend); errors.Is(err, table.ErrConflict) == test.amended || (test.amended && err != nil) {
				t.Fatalf("error %v", err)
			}
			var read note
			item, _, err := items.Get(t.Context(), table.UserKey("u1", "NOTE#1"))
			if err != nil || table.Decode(item, &read) != nil {
				t.Fatal("the item cannot be read")
			}
			if read.Text != "first" || (read.Version == 9) != test.amended {
				t.Errorf("item %+v", read)
			}
			if _, found, err := items.Get(t.Context(), table.UserKey("u1", "NOTE#2")); err != nil || found {
				t.Errorf("found %v, error %v", found, err)
			}
		})
	}
}

func TestPagesYieldEveryItemOnceAndNoForeignOne(t *testing.T) {
	t.Parallel()
	items, client := newTable(t)
	var want []string
	for i := range 25 {
		name := fmt.Sprintf("NOTE#%02d", i)
		mustSave(t, items, save(name, name, 1))
		want = append(want, name)
	}
	mustSave(t, items, save("NOTE_BOOK#1", "another prefix", 1))
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: map[string]types.AttributeValue{
		"PK": table.Text("USER#u1"), "SK": table.Text("NOTE#13-foreign"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int32{0, 1, 7} {
		var got []string
		for page, err := range items.Pages(t.Context(), table.Query{Partition: "USER#u1", Prefix: "NOTE#", Limit: limit}) {
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page {
				got = append(got, item.Key.Sort)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d: %s", limit, diff)
		}
	}
}

func TestEntityPagesGoOnFromAPlace(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	const users = 10
	for i := range users {
		at := save("NOTE", "", 1)
		at.Key, at.Now = table.UserKey(fmt.Sprintf("u%d", i), "NOTE"), now.Add(time.Duration(i)*time.Second)
		mustSave(t, items, at)
	}
	var place table.Place
	seen := map[table.Key]int{}
	for range users { // each pass reads one page and stops, as one that is interrupted
		for page, err := range items.EntityPages(t.Context(), table.EntityQuery{EntityType: "Note"}, 3, place) {
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				seen[item.Key]++
			}
			place = page.Next
			break
		}
		if place == nil {
			break
		}
	}
	if len(seen) != users {
		t.Errorf("%d of %d items were seen", len(seen), users)
	}
	for key, times := range seen {
		if times != 1 {
			t.Errorf("%s was seen %d times", key, times)
		}
	}
}

func TestGetAllSplitsBatches(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	var keys []table.Key
	for i := range 230 {
		name := fmt.Sprintf("NOTE#%03d", i)
		keys = append(keys, table.UserKey("u1", name))
		if i%2 == 0 {
			mustSave(t, items, save(name, name, 1))
		}
	}
	found, err := items.GetAll(t.Context(), keys)
	if err != nil || len(found) != 115 {
		t.Errorf("%d items, error %v", len(found), err)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		stored types.AttributeValue
		want   string
		fails  bool
	}{
		{stored: table.Text("2026-11-24T08:30:00Z"), want: "2026-11-24T08:30:00.000Z"},
		{stored: table.Text("2026-11-24T08:30:00.1239+01:00"), want: "2026-11-24T07:30:00.123Z"},
		{stored: table.Text("2026-11-24"), want: "2026-11-24T00:00:00.000Z"},
		{stored: table.Number(1764000000123), want: "2025-11-24T16:00:00.123Z"},
		{stored: table.Text("yesterday"), fails: true},
		{stored: &types.AttributeValueMemberN{Value: "1.5"}, fails: true},
		{stored: &types.AttributeValueMemberBOOL{Value: true}, fails: true},
	}
	for _, test := range tests {
		var date table.Date
		err := date.UnmarshalDynamoDBAttributeValue(test.stored)
		if (err != nil) != test.fails {
			t.Errorf("%v: error %v", test.stored, err)
		}
		if got := date.String(); !test.fails && got != test.want {
			t.Errorf("%v is read as %s, want %s", test.stored, got, test.want)
		}
	}
}

func TestAmendChangesItsFieldsOnly(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	mustSave(t, items, save("NOTE#1", "first", 1))
	amend := table.Amend{Key: table.UserKey("u1", "NOTE#1"), Now: now, Fields: map[string]any{"text": "second", "size": 7}}
	if err := items.Transact(t.Context(), amend); err != nil {
		t.Fatal(err)
	}
	item, _, err := items.Get(t.Context(), amend.Key)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		note

		Size int `dynamodbav:"size"`
	}
	if err := table.Decode(item, &read); err != nil || read.Text != "second" || read.Version != 1 || read.Size != 7 {
		t.Errorf("%+v, error %v", read, err)
	}
	amend.Key = table.UserKey("u1", "NOTE#2")
	if err := items.Transact(t.Context(), amend); !errors.Is(err, table.ErrConflict) {
		t.Errorf("an item that is not there: %v", err)
	}
}
