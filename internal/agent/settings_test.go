package agent_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// items holds one item, or fails.
type items struct {
	item *table.Item
	err  error
}

func (i items) Get(context.Context, table.Key) (table.Item, bool, error) {
	if i.item == nil {
		return table.Item{}, false, i.err
	}
	return *i.item, true, i.err
}

func stored(t testing.TB, partition, sort string, data any) *table.Item {
	t.Helper()
	encoded, err := attributevalue.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	item, _ := table.ItemOf(map[string]types.AttributeValue{"PK": table.Text(partition), "SK": table.Text(sort), "Data": encoded})
	return &item
}

type fields = map[string]any

func TestMissingSettingsWantNothing(t *testing.T) {
	t.Parallel()
	settings, err := agent.LoadAlertSettings(t.Context(), items{}, "u1")
	if err != nil || settings.Wants(alert.PriceReduction) {
		t.Errorf("settings %+v, error %v", settings, err)
	}
}

func TestSettingsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	away := errors.New("the table is away")
	if _, err := agent.LoadAlertSettings(t.Context(), items{err: away}, "u1"); !errors.Is(err, away) {
		t.Errorf("error %v", err)
	}
	for name, data := range map[string]fields{
		"types":   {"enabledAlertTypes": "price-reduction"},
		"range":   {"priceRangeFilters": fields{"min": "cheap"}},
		"areas":   {"targetAreas": "98029"},
		"filters": {"priceRangeFilters": 7},
	} {
		var malformed *table.MalformedError
		_, err := agent.LoadAlertSettings(t.Context(), items{item: stored(t, "USER#u1", "SETTINGS#ALERTS", data)}, "u1")
		if !errors.As(err, &malformed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestPriceRange(t *testing.T) {
	t.Parallel()
	settings, err := agent.LoadAlertSettings(t.Context(), items{item: stored(t, "USER#u1", "SETTINGS#ALERTS", fields{
		"enabledAlertTypes": []string{"price-reduction"}, "priceRangeFilters": fields{"min": 100_000, "max": 200_000.5},
	})}, "u1")
	if err != nil || !settings.Wants(alert.PriceReduction) || settings.Wants(alert.NeighborhoodTrend) {
		t.Fatalf("settings %+v, error %v", settings, err)
	}
	for text, want := range map[string]bool{"99999.99": false, "100000": true, "200000.5": true, "200000.51": false} {
		amount, _ := price.Parse(text)
		if got := settings.PriceRange.Contains(amount); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if !(agent.PriceRange{}).Contains(0) {
		t.Error("an empty range binds")
	}
}

func TestWhomACheckConcerns(t *testing.T) {
	t.Parallel()
	fanOut := agent.FanOut(nil, nil, nil, func(s agent.AlertSettings) bool { return s.Wants(alert.PriceReduction) })
	wants := fields{"enabledAlertTypes": []string{"price-reduction"}}
	tests := []struct {
		name, partition, sort string
		data                  fields
		want                  []string
	}{
		{"who wants it", "USER#u1", "SETTINGS#ALERTS", wants, []string{"u1"}},
		{"who does not", "USER#u1", "SETTINGS#ALERTS", fields{}, nil},
		{"who cannot be read", "USER#u1", "SETTINGS#ALERTS", fields{"enabledAlertTypes": 1}, []string{"u1"}},
		{"another item", "USER#u1", "SETTINGS#OTHER", wants, nil},
		{"no agent", "TEAM#u1", "SETTINGS#ALERTS", wants, nil},
		{"an agent without an id", "USER#", "SETTINGS#ALERTS", wants, nil},
	}
	for _, test := range tests {
		items := []table.Item{*stored(t, test.partition, test.sort, test.data)}
		got, err := fanOut.Sources[0].Agents(t.Context(), items, schedule.Period{})
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, error %v", test.name, got, err)
		}
	}
}

func FuzzAlertSettings(f *testing.F) {
	f.Add("price-reduction", "98029", "zip", "100000")
	f.Add("", "", "polygon", "x")
	f.Fuzz(func(t *testing.T, alertType, value, areaType, bound string) {
		number := types.AttributeValueMemberN{Value: bound}
		item := stored(t, "USER#u1", "SETTINGS#ALERTS", fields{
			"enabledAlertTypes": []string{alertType}, "priceRangeFilters": fields{"min": &number},
			"targetAreas": []fields{{"id": value, "type": areaType, "value": value}, {"value": fields{"coordinates": []fields{{"lat": &number}}}}},
		})
		settings, err := agent.LoadAlertSettings(t.Context(), items{item: item}, "u1")
		var malformed *table.MalformedError
		if err != nil && !errors.As(err, &malformed) {
			t.Errorf("error %v", err)
		}
		if err == nil && !settings.Wants(alert.Type(alertType)) {
			t.Error("the type was lost")
		}
	})
}

func TestLeadScoreStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	if got := (agent.AlertSettings{}).LeadScore(); got != 70 {
		t.Errorf("without a choice: %v", got)
	}
	for threshold, want := range map[float64]float64{-1: 50, 49: 50, 50: 50, 51: 51, 89: 89, 90: 90, 91: 90, 1000: 90} {
		if got := (agent.AlertSettings{LeadScoreThreshold: &threshold}).LeadScore(); got != want {
			t.Errorf("%v counts as %v, want %v", threshold, got, want)
		}
	}
}
