package table_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// below is the condition that the note's version is less than a limit.
func below(limit int64) table.Condition {
	return table.Condition{
		Expression: "#Data.#version < :limit",
		Names:      map[string]string{"#Data": "Data", "#version": "version"},
		Values:     map[string]types.AttributeValue{":limit": table.Number(limit)},
	}
}

func TestAddCountsEveryoneAndStopsAtTheLimit(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	mustSave(t, items, save("NOTE#1", "counted", 0))
	var added, refused atomic.Int64
	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			err := items.Add(t.Context(), table.Add{Key: table.UserKey("u1", "NOTE#1"), Field: "version", By: 1, Now: now, Condition: below(7)})
			switch {
			case err == nil:
				added.Add(1)
			case errors.Is(err, table.ErrConflict):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	workers.Wait()
	if added.Load() != 7 || refused.Load() != 13 {
		t.Errorf("%d added, %d refused", added.Load(), refused.Load())
	}
	if err := items.Add(t.Context(), table.Add{Key: table.UserKey("u1", "NOTE#1"), Field: "version", By: -3, Now: now, Condition: below(8)}); err != nil {
		t.Fatal(err)
	}
	item, _, err := items.Get(t.Context(), table.UserKey("u1", "NOTE#1"))
	var read note
	if err != nil || table.Decode(item, &read) != nil || read.Version != 4 || read.Text != "counted" {
		t.Errorf("%+v, error %v", read, err)
	}
}

func TestAddNeedsTheItem(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	err := items.Add(t.Context(), table.Add{Key: table.UserKey("u1", "NOTE#1"), Field: "version", By: 1, Now: now, Condition: below(7)})
	if !errors.Is(err, table.ErrConflict) {
		t.Errorf("error %v", err)
	}
}

func TestRemoveIsAPartOfATransaction(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	mustSave(t, items, save("NOTE#1", "first", 1))
	remove := table.Remove{Key: table.UserKey("u1", "NOTE#1"), Condition: table.DataIs("version", table.Number(2))}
	if err := items.Transact(t.Context(), remove, save("NOTE#2", "second", 1)); !errors.Is(err, table.ErrConflict) {
		t.Errorf("another version: error %v", err)
	}
	remove.Condition = table.DataIs("version", table.Number(1))
	if err := items.Transact(t.Context(), remove, save("NOTE#2", "second", 1)); err != nil {
		t.Fatal(err)
	}
	for sort, want := range map[string]string{"NOTE#1": "found false, error <nil>", "NOTE#2": "second"} {
		if got := textAt(t, items, table.UserKey("u1", sort)); got != want {
			t.Errorf("%s: %s", sort, got)
		}
	}
}

func TestRangeOfSortKeys(t *testing.T) {
	t.Parallel()
	items, _ := newTable(t)
	for i := range 6 {
		mustSave(t, items, save(fmt.Sprintf("NOTE#%d", i), "", 1))
	}
	var got []string
	for page, err := range items.Pages(t.Context(), table.Query{Partition: "USER#u1", From: "NOTE#1", To: "NOTE#4", Limit: 2}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page {
			got = append(got, item.Key.Sort)
		}
	}
	if want := []string{"NOTE#1", "NOTE#2", "NOTE#3", "NOTE#4"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
