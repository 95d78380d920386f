package listing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

type values = platformtest.Fields

func newReader(w *platformtest.World) *listing.Reader {
	return listing.NewReader(w.Items(), platformtest.Agent, events.MLSProviders(), w.Now)
}

// counting are the prices of the listings that count, by mlsNumber; each mlsNumber must come once.
func counting(t *rapid.T, w *platformtest.World) map[string]string {
	found := map[string]string{}
	for page, err := range newReader(w).NewestPages(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, is := range page.Listings {
			if _, twice := found[is.MLSNumber]; twice {
				t.Errorf("%s counts twice", is.MLSNumber)
			}
			found[is.MLSNumber] = is.Price.String()
		}
	}
	return found
}

// Of all items of an mlsNumber, wherever they lie, the newest counts, and no other.
func TestNewestOfEachListingCounts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := platformtest.NewWorld(t)
		newest := map[string]int64{} // the price of the newest item, by mlsNumber
		for at := range rapid.Int64Range(0, 12).Draw(r, "items") {
			number := rapid.SampledFrom([]string{"A", "A-1", "B"}).Draw(r, "mlsNumber")
			provider := rapid.SampledFrom([]string{"", "mls", "mlsgrid"}).Draw(r, "imported from")
			sort := number
			if provider != "" {
				sort = fmt.Sprintf("%s-%s-%d", provider, number, at)
			}
			w.List(sort, 100_000+at, at, values{"mlsNumber": number})
			newest[number] = 100_000 + at
		}
		found := counting(r, w)
		if len(found) != len(newest) {
			r.Errorf("%v count, want %v", found, newest)
		}
		for number, price := range newest {
			if found[number] != fmt.Sprint(price) {
				r.Errorf("%s counts at %s, want %d", number, found[number], price)
			}
		}
	})
}

func TestWhatWasSyncedInTheFutureNeverCounts(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	const day = 24 * 3600
	w.List("A", 1, 0, nil)
	w.List("mls-A-1", 2, day+1, values{"mlsNumber": "A"})
	w.List("B", 3, 0, nil)
	w.List("mls-B-1", 4, day, values{"mlsNumber": "B"}) // as far as clocks may differ
	reader := newReader(w)
	found, unreadable := map[string]string{}, 0
	for page, err := range reader.NewestPages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		unreadable += page.Unreadable
		for _, is := range page.Listings {
			found[is.MLSNumber] = is.Price.String()
		}
	}
	if found["A"] != "1" || found["B"] != "4" || len(found) != 2 || unreadable != 1 {
		t.Errorf("counting %v, %d unreadable", found, unreadable)
	}
}

func TestListAgents(t *testing.T) {
	t.Parallel()
	w := platformtest.NewWorld(t)
	w.Put("MLSSYNC#s1", "SyncOperation", values{"syncId": "s1", "agentId": " agent-of-sync "})
	w.Put("MLSSYNC#s2", "SyncOperation", values{"syncId": "s2", "agentId": 7})
	w.List("A", 1, 0, values{"listAgentMlsId": " said-by-provider ", "syncId": "s1"})
	w.List("B", 1, 0, values{"syncId": "s1"})
	w.List("C", 1, 0, values{"syncId": "s2"})
	w.List("D", 1, 0, values{"syncId": "never heard of"})
	w.List("E", 1, 0, values{"syncId": strings.Repeat("x", 2000)})
	w.List("F", 1, 0, values{"listAgentMlsId": 7, "syncId": "s1", "mlsId": "the provider's own key"})
	w.List("G", 1, 0, nil)
	reader := newReader(w)
	want := []string{"said-by-provider", "agent-of-sync", "", "", "", "agent-of-sync", ""}
	for page, err := range reader.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time from what was read
			agents, err := reader.ListAgents(t.Context(), page.Listings)
			if err != nil || !slices.Equal(agents, want) {
				t.Errorf("agents %q, error %v", agents, err)
			}
		}
	}
}
