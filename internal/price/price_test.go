package price_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text, want string
		fails      bool
	}{
		{text: "500000", want: "500000"},
		{text: "499999.50", want: "499999.5"},
		{text: "0.005", want: "0.01"},
		{text: "0.0049", want: "0"},
		{text: "-12.34", want: "-12.34"},
		{text: "4.5E+5", want: "450000"},
		{text: "9999999999999.99", want: "9999999999999.99"},
		{text: "10000000000000000", fails: true},
		{text: "1e99999999", fails: true},
		{text: "1/3", fails: true},
		{text: "0x10", fails: true},
		{text: "on request", fails: true},
		{text: "", fails: true},
		{text: "NaN", fails: true},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			got, err := price.Parse(test.text)
			if (err != nil) != test.fails {
				t.Fatalf("Parse(%q) = %v, error %v", test.text, got, err)
			}
			if !test.fails && got.String() != test.want {
				t.Errorf("Parse(%q) = %s, want %s", test.text, got, test.want)
			}
		})
	}
}

func TestPercentIsRoundedHalfUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		was, is int64
		want    string
	}{
		{100_000, 85_000, "15"},
		{300_000, 299_000, "0.33"},
		{300_000, 298_000, "0.67"},
		{80_000, 79_996, "0.01"}, // 0.005 exactly
		{100_000, 1, "100"},      // 99.999
	}
	for _, test := range tests {
		reduction, fell := price.ReductionOf(price.Dollars(test.was), price.Dollars(test.is))
		if !fell {
			t.Fatalf("%d to %d is no fall", test.was, test.is)
		}
		if diff := cmp.Diff(test.want, reduction.Percent().String()); diff != "" {
			t.Errorf("%d to %d: %s", test.was, test.is, diff)
		}
	}
}

func TestLimitsAreComparedUnrounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		was, is  string
		atLeast  bool // 15 percent
		moreThan bool // 15 percent
	}{
		{"100000", "85000", true, false},
		{"100000", "85000.01", false, false},
		{"100000", "84999.99", true, true},
		{"1000000", "850001", false, false}, // 14.9999, which rounds to 15
		{"1000000", "849999", true, true},   // 15.0001, which rounds to 15
	}
	for _, test := range tests {
		was, _ := price.Parse(test.was)
		is, _ := price.Parse(test.is)
		reduction, _ := price.ReductionOf(was, is)
		if got := reduction.AtLeast(15); got != test.atLeast {
			t.Errorf("%s to %s at least 15 %%: %v", test.was, test.is, got)
		}
		if got := reduction.MoreThan(15); got != test.moreThan {
			t.Errorf("%s to %s more than 15 %%: %v", test.was, test.is, got)
		}
	}
}

func TestNoFallWithoutTwoPrices(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]price.Amount{{100, 100}, {100, 101}, {100, 0}, {0, 0}, {0, -1}, {100, -1}} {
		if _, fell := price.ReductionOf(pair[0], pair[1]); fell {
			t.Errorf("%s to %s counts as a fall", pair[0], pair[1])
		}
	}
}

func TestAmountsSurviveStorage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := price.Amount(rapid.Int64Range(-1_000_000_000_000, 1_000_000_000_000).Draw(t, "cents"))
		encoded, err := want.MarshalDynamoDBAttributeValue()
		if err != nil {
			t.Fatal(err)
		}
		var got price.Amount
		if err := got.UnmarshalDynamoDBAttributeValue(encoded); err != nil || got != want {
			t.Fatalf("%d became %v became %d, error %v", want, encoded, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"1", "1.005", "-0", "1e5", "1E-40", "99999999999999999999", "+.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		amount, err := price.Parse(text)
		if err != nil {
			return
		}
		again, err := price.Parse(amount.String())
		if err != nil || again != amount {
			t.Errorf("Parse(%q) = %s, which parses as %s, error %v", text, amount, again, err)
		}
	})
}
