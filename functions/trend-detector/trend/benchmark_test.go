package trend_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// endless is a table of so many listings that are made while they are read, so that all memory is the watcher's.
type endless struct {
	listings int
	atEnd    func() // when all have been read
}

const madePage = 500

func (e endless) Pages(_ context.Context, query table.Query) iter.Seq2[[]table.Item, error] {
	return func(yield func([]table.Item, error) bool) {
		if query.Prefix != "LISTING#" {
			return
		}
		for from := 0; from < e.listings; from += madePage {
			page := make([]table.Item, 0, madePage)
			for number := from; number < min(from+madePage, e.listings); number++ {
				page = append(page, made(fmt.Sprintf("LISTING#%07d", number), fields{
					"mlsNumber": fmt.Sprintf("%07d", number), "mlsProvider": "mls", "price": 400_000 + number, "status": "Active",
					"daysOnMarket": number % 90, "syncedAt": now.UnixMilli(),
					"address": fields{"street": "1 Main St", "city": "Issaquah", "state": "WA", "zip": "98029"},
				}))
			}
			if !yield(page, nil) {
				return
			}
		}
		e.atEnd()
	}
}

func made(sort string, data fields) table.Item {
	encoded, err := attributevalue.Marshal(data)
	if err != nil {
		panic(err)
	}
	item, _ := table.ItemOf(map[string]types.AttributeValue{"PK": table.Text("USER#" + agent), "SK": table.Text(sort), "Data": encoded})
	return item
}

func (e endless) Get(_ context.Context, key table.Key) (table.Item, bool, error) {
	if !strings.HasPrefix(key.Sort, "SETTINGS#") {
		return table.Item{}, false, nil
	}
	return made(key.Sort, fields{
		"enabledAlertTypes": []string{"neighborhood-trend"}, "targetAreas": []fields{{"id": "a", "type": "zip", "value": "98029"}},
	}), true, nil
}

func (endless) GetAll(context.Context, []table.Key) ([]table.Item, error) { return nil, nil }
func (endless) Save(context.Context, table.Save) error                    { return nil }
func (endless) Transact(context.Context, ...table.Change) error           { return nil }

// retained are the bytes that a pass holds when it has read so many listings.
func retained(t testing.TB, listings int) int64 {
	t.Helper()
	inUse := func() int64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	var atEnd int64
	items := endless{listings: listings, atEnd: func() { atEnd = inUse() }}
	bus := eventstest.NewBus()
	watcher := trend.New(items, alert.NewStore(items, bus.Publisher(), platformtest.Now), platformtest.Now)
	before := inUse()
	err := watcher.SyncCompleted(t.Context(), events.Event[events.IntegrationSyncCompleted]{
		Detail: events.IntegrationSyncCompleted{UserID: agent, Provider: "mls"},
	})
	if err != nil || atEnd == 0 {
		t.Fatalf("error %v", err)
	}
	return atEnd - before
}

// A price takes 8 bytes, and a growing list of them up to twice that; then there is the last page.
// It measures the memory of the whole process, so it does not run beside others.
func TestOnlyThePriceOfAListingIsKept(t *testing.T) {
	few, many := retained(t, 1_000), retained(t, 31_000)
	if perListing := float64(many-few) / 30_000; perListing > 16 {
		t.Errorf("%.1f bytes are kept of a listing", perListing)
	}
}

// BenchmarkReview reviews listings of one neighborhood, and tells how much memory is kept of each.
func BenchmarkReview(b *testing.B) {
	for _, listings := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(listings), func(b *testing.B) {
			var kept int64
			for b.Loop() {
				kept = retained(b, listings)
			}
			b.ReportMetric(float64(kept), "B-kept")
			b.ReportMetric(float64(kept)/float64(listings), "B-kept/listing")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(listings), "ns/listing")
		})
	}
}
