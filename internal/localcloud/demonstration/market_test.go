package demonstration_test

import (
	"testing"

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
