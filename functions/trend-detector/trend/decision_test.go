package trend

import (
	"math"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/decimal"
	"github.com/bayon-coagent/event-consumers/internal/price"
)

// shown are figures of a median price as text, an inventory, and days on market that are a sum over a number of listings.
func shown(median string, inventory int64, days, of int64) figures {
	amount, err := price.Parse(median)
	if err != nil {
		panic(err)
	}
	mean := float64(days) / float64(of)
	return figures{MedianPrice: &amount, InventoryLevel: &inventory, AvgDaysOnMarket: &mean}
}

// trendsOf are the kinds of trend, each with its priority and the magnitude of its change.
func trendsOf(before history, is figures) []string {
	var words []string
	for _, m := range before.movements(is) {
		if m.isTrend(m.change) {
			hundredths, _ := decimal.Hundredths(new(big.Rat).Abs(m.change))
			words = append(words, string(m.priority())+" "+string(m.trend)+" "+decimal.Format(hundredths))
		}
	}
	return words
}

func TestTrends(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		was, is figures
		want    []string
	}{
		{"nothing moves", shown("500000", 10, 40, 1), shown("500000", 10, 40, 1), nil},
		{"all move the other way", shown("500000", 10, 40, 1), shown("300000", 20, 90, 1), nil},
		{"all move", shown("500000", 10, 40, 1), shown("600000", 7, 30, 1), []string{
			"medium price-increase 20", "high inventory-decrease 30", "medium dom-decrease 25",
		}},

		{"price +10 %", shown("500000", 10, 40, 1), shown("550000", 10, 40, 1), nil},
		{"price a cent more than +10 %", shown("500000", 10, 40, 1), shown("550000.01", 10, 40, 1), []string{"low price-increase 10"}},
		{"price +10 % of cents", shown("0.1", 10, 40, 1), shown("0.11", 10, 40, 1), nil},
		{"largest price a cent more than +10 %", shown("9000000000000", 10, 40, 1), shown("9900000000000.01", 10, 40, 1), []string{"low price-increase 10"}},
		{"price a cent less than +15 %", shown("500000", 10, 40, 1), shown("574999.99", 10, 40, 1), []string{"low price-increase 15"}},
		{"price +15 %", shown("500000", 10, 40, 1), shown("575000", 10, 40, 1), []string{"medium price-increase 15"}},
		{"price +25 %", shown("500000", 10, 40, 1), shown("625000", 10, 40, 1), []string{"medium price-increase 25"}},
		{"price a cent more than +25 %", shown("500000", 10, 40, 1), shown("625000.01", 10, 40, 1), []string{"high price-increase 25"}},
		{"price −11 %", shown("500000", 10, 40, 1), shown("445000", 10, 40, 1), nil},

		{"inventory −20 %", shown("500000", 10, 40, 1), shown("500000", 8, 40, 1), nil},
		{"inventory just over −20 %", shown("500000", 10001, 40, 1), shown("500000", 8000, 40, 1), []string{"medium inventory-decrease 20.01"}},
		{"inventory just under −20 %", shown("500000", 9999, 40, 1), shown("500000", 8000, 40, 1), nil},
		{"inventory −25 %", shown("500000", 20, 40, 1), shown("500000", 15, 40, 1), []string{"medium inventory-decrease 25"}},
		{"inventory just over −25 %", shown("500000", 20001, 40, 1), shown("500000", 15000, 40, 1), []string{"high inventory-decrease 25"}},
		{"inventory +21 %", shown("500000", 100, 40, 1), shown("500000", 121, 40, 1), nil},

		{"days −15 %", shown("500000", 10, 40, 1), shown("500000", 10, 34, 1), nil},
		{"days −15 % of thirds", shown("500000", 10, 100, 3), shown("500000", 10, 85, 3), nil},
		{"days −15 % of sevenths and elevenths", shown("500000", 10, 100, 7), shown("500000", 10, 935, 77), nil},
		{"days −15.0001 %", shown("500000", 10, 1000000, 3), shown("500000", 10, 849999, 3), []string{"medium dom-decrease 15"}},
		{"days −14.9999 %", shown("500000", 10, 1000000, 3), shown("500000", 10, 850001, 3), nil},
		{"days −25 % of thirds", shown("500000", 10, 100, 3), shown("500000", 10, 25, 1), []string{"medium dom-decrease 25"}},
		{"days −25.0001 %", shown("500000", 10, 1000000, 3), shown("500000", 10, 749999, 3), []string{"high dom-decrease 25"}},
		{"days +16 %", shown("500000", 10, 100, 1), shown("500000", 10, 116, 1), nil},
		{"days −100 %", shown("500000", 10, 100, 1), shown("500000", 10, 0, 1), []string{"high dom-decrease 100"}},
		{"from no days", shown("500000", 10, 0, 1), shown("500000", 10, 30, 1), nil},
		{"no median to compare with", figures{InventoryLevel: pointer[int64](10)}, shown("500000", 7, 30, 1), []string{"high inventory-decrease 30"}},
		{"no days now", shown("500000", 10, 40, 1), figures{MedianPrice: pointer(price.Dollars(600_000)), InventoryLevel: pointer[int64](7)}, []string{
			"medium price-increase 20", "high inventory-decrease 30",
		}},

		{"five then", shown("500000", 5, 40, 1), shown("600000", 5, 40, 1), []string{"medium price-increase 20"}},
		{"four then", shown("500000", 4, 40, 1), shown("600000", 5, 40, 1), nil},
		{"four now", shown("500000", 5, 40, 1), shown("600000", 4, 40, 1), nil},
		{"unknown then", figures{MedianPrice: pointer(price.Dollars(500_000))}, shown("600000", 5, 40, 1), nil},

		{"a price out of nothing", shown("0.01", 10, 40, 1), shown("9999999999999.99", 10, 40, 1), nil},
		{"days out of nothing", shown("500000", 10, 1, math.MaxInt64), shown("500000", 10, 100_000, 1), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, trendsOf(history{1: test.was}, test.is)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func pointer[T any](value T) *T { return &value }

func TestPriority(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]alert.Priority{
		"14.9999": alert.Low, "15": alert.Medium, "25": alert.Medium, "25.0001": alert.High,
		"-14.9999": alert.Low, "-15": alert.Medium, "-25": alert.Medium, "-25.0001": alert.High,
	} {
		exact, _ := new(big.Rat).SetString(change)
		if got := (movement{change: exact}).priority(); got != want {
			t.Errorf("%s %%: %s", change, got)
		}
	}
}

func TestWhichMonthIsComparedWith(t *testing.T) {
	t.Parallel()
	enough, few := shown("500000", 5, 40, 1), shown("500000", 4, 40, 1)
	tests := []struct {
		name   string
		before history
		want   int // months ago; 0 is none
	}{
		{"nothing", history{}, 0},
		{"last month", history{1: enough, 2: enough}, 1},
		{"a month is missing", history{2: enough, 3: enough}, 2},
		{"a month has few", history{1: few, 2: enough}, 2},
		{"a month does not know", history{1: {}, 2: enough}, 2},
		{"three months ago", history{1: few, 3: enough, 4: enough}, 3},
		{"four months ago", history{4: enough, 5: enough}, 0},
		{"all have few", history{1: few, 2: few, 3: few}, 0},
	}
	for _, test := range tests {
		was, found := test.before.comparable()
		if found != (test.want > 0) || found && was.InventoryLevel != test.before[test.want].InventoryLevel {
			t.Errorf("%s: %+v, %v", test.name, was, found)
		}
	}
}

func TestMeansOfMonths(t *testing.T) {
	t.Parallel()
	before := history{}
	for ago := 1; ago <= 12; ago++ {
		before[ago] = shown("100000", int64(ago)*100, 40, 1)
	}
	inventory := indicators()[1]
	tests := []struct {
		name    string
		before  history
		is      int64
		quarter string
		year    string
	}{
		{"this month alone", history{}, 10, "10.00", "10.00"},
		{"all months", before, 0, "100.00", "550.00"}, // (0+100+200)/3; (0+100+…+1100)/12
		{"a month is missing", history{2: before[2], 3: before[3]}, 100, "150.00", "200.00"},
		{"the third before is not within 90 days", history{3: before[3]}, 100, "100.00", "200.00"},
		{"the eleventh before is within 365 days", history{11: before[11]}, 100, "100.00", "600.00"},
		{"the twelfth before is not", history{12: before[12]}, 100, "100.00", "100.00"},
		{"a month does not know", history{1: {}, 2: before[2]}, 100, "150.00", "150.00"},
	}
	for _, test := range tests {
		is := figures{InventoryLevel: &test.is}
		quarter := test.before.mean(inventory, is, monthsOf90Days).FloatString(2)
		year := test.before.mean(inventory, is, monthsOfYear).FloatString(2)
		if quarter != test.quarter || year != test.year {
			t.Errorf("%s: %s and %s, want %s and %s", test.name, quarter, year, test.quarter, test.year)
		}
	}
	if got := (history{}).mean(inventory, figures{}, monthsOfYear); got != nil {
		t.Errorf("the mean of nothing is %s", got)
	}
}

// Means whose exact change is a limit are seen at the limit, whatever floats make of them.
func TestMeansThatMoveByTheLimitAreNoTrend(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		count := rapid.Int64Range(1, 100_000).Draw(r, "listings")
		days := 20 * rapid.Int64Range(1, 100_000).Draw(r, "days / 20")
		was, is := shown("1", 10, days, count), shown("1", 10, days/20*17, count)
		if got := trendsOf(history{1: was}, is); got != nil {
			r.Errorf("−15 %% exactly is %v", got)
		}
		fewer := shown("1", 10, days/20*17-1, count)
		if got := trendsOf(history{1: was}, fewer); len(got) != 1 {
			r.Errorf("a day less is %v", got)
		}
	})
}
