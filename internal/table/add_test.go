package table_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
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

// losing is a connection that loses the first answer to each addition.
type losing struct {
	through dynamodb.HTTPClient
	lost    *bool
}

func (l losing) Do(r *http.Request) (*http.Response, error) {
	answer, err := l.through.Do(r)
	if err == nil && !*l.lost && strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateItem") {
		*l.lost = true
		answer.Body.Close()
		return nil, &net.OpError{Op: "read", Err: syscall.ECONNRESET}
	}
	return answer, err
}

func TestAddAtMostOnceIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	for atMostOnce, want := range map[bool]int64{false: 2, true: 1} {
		client, _ := platformtest.Database(t)
		mustSave(t, table.New(client, platformtest.Table), save("NOTE#1", "counted", 0))
		lost := false
		options := client.Options()
		options.HTTPClient, options.Retryer = losing{options.HTTPClient, &lost}, retry.NewStandard(func(options *retry.StandardOptions) {
			options.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
		items := table.New(dynamodb.New(options), platformtest.Table)
		err := items.Add(t.Context(), table.Add{
			Key: table.UserKey("u1", "NOTE#1"), Field: "version", By: 1, Now: now, Condition: below(7), AtMostOnce: atMostOnce,
		})
		if (err != nil) != atMostOnce || !lost {
			t.Errorf("at most once %v: error %v, lost %v", atMostOnce, err, lost)
		}
		var read note
		item, _, err := items.Get(t.Context(), table.UserKey("u1", "NOTE#1"))
		if err != nil || table.Decode(item, &read) != nil || read.Version != want {
			t.Errorf("at most once %v: added %d times, error %v", atMostOnce, read.Version, err)
		}
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
