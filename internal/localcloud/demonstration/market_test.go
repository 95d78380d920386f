package demonstration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/demonstration"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

func TestMarketIsWhole(t *testing.T) {
	t.Parallel()
	market, err := demonstration.Market()
	if err != nil {
		t.Fatal(err)
	}
	numbers, zips := map[string]bool{}, map[string]int{}
	for _, property := range market {
		numbers[property.MLSNumber] = true
		zips[property.ZIP]++
		if property.Price <= 0 || property.Latitude < 47 || property.Longitude > -121 || property.SquareFeet == 0 {
			t.Errorf("property %+v", property)
		}
	}
	if len(market) != 300 || len(numbers) != 300 || len(zips) != 6 {
		t.Errorf("%d properties, %d numbers, %d zips", len(market), len(numbers), len(zips))
	}
}

func TestFallsFollowTheirRule(t *testing.T) {
	t.Parallel()
	market := make([]demonstration.Property, 41)
	for i := range market {
		market[i].Price = price.Dollars(100_001)
	}
	want := []int64{97_000, 92_000, 88_000, 84_000, 97_000}
	falls := demonstration.Falls(market)
	if len(falls) != len(want) {
		t.Fatalf("%d prices fell", len(falls))
	}
	for i, fall := range falls {
		if fall.NewPrice != price.Dollars(want[i]) {
			t.Errorf("fall %d is to %s, want %d", i, fall.NewPrice, want[i])
		}
	}
}

func TestMonthMovesTheMarket(t *testing.T) {
	t.Parallel()
	market, err := demonstration.Market()
	if err != nil {
		t.Fatal(err)
	}
	first, second := map[string]demonstration.Offer{}, map[string]int{}
	for _, offer := range demonstration.First(market) {
		first[offer.MLSNumber] = offer
	}
	for _, offer := range demonstration.Second(market) {
		before, known := first[offer.MLSNumber]
		switch {
		case !known:
			second["new"]++
		case offer.Status != before.Status:
			second[offer.Status]++
		case offer.Price < before.Price:
			second["cheaper"]++
		case offer != before:
			t.Errorf("%+v became %+v", before, offer)
		}
	}
	want := map[string]int{"new": 7, "Closed": 42, "Withdrawn": 1, "cheaper": 30}
	if diff := cmp.Diff(want, second); diff != "" {
		t.Error(diff)
	}
}
