package listing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

func text(value string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: value} }
func number(value string) types.AttributeValue { return &types.AttributeValueMemberN{Value: value} }

type fields = map[string]types.AttributeValue

// item is a whole listing, with the given fields in place of its own; a nil field is left out.
func item(t *testing.T, changed fields) table.Item {
	t.Helper()
	data := fields{
		"mlsNumber":    text("NWM1"),
		"mlsProvider":  text("mls"),
		"price":        number("675000"),
		"status":       text("Active"),
		"syncedAt":     number("1700000000000"),
		"listDate":     text("2026-01-01T00:00:00Z"),
		"bedrooms":     number("5"),
		"bathrooms":    number("2.5"),
		"squareFeet":   number("2820"),
		"propertyType": text("Residential"),
		"latitude":     number("47.5794"),
		"longitude":    number("-122.025"),
		"address": &types.AttributeValueMemberM{Value: fields{
			"street": text("1 Main St"), "city": text("Issaquah"), "state": text("WA"), "zip": text("98029"),
		}},
	}
	for name, value := range changed {
		data[name] = value
		if value == nil {
			delete(data, name)
		}
	}
	read, ok := table.ItemOf(fields{
		"PK": text("USER#u1"), "SK": text("LISTING#NWM1"), "EntityType": text("Listing"), "Data": &types.AttributeValueMemberM{Value: data},
	})
	if !ok {
		t.Fatal("the item is foreign")
	}
	return read
}

func read(t *testing.T, changed fields) listing.Listing {
	t.Helper()
	is, err := listing.Of(item(t, changed))
	if err != nil {
		t.Fatal(err)
	}
	return is
}

func TestWholeListing(t *testing.T) {
	t.Parallel()
	is := read(t, nil)
	want := listing.Listing{
		Key: table.Key{Partition: "USER#u1", Sort: "LISTING#NWM1"}, MLSNumber: "NWM1", Provider: "mls",
		Price: price.Dollars(675_000), Status: listing.Active, SyncedAt: 1700000000000,
		Address:  listing.Address{Street: "1 Main St", City: "Issaquah", State: "WA", ZIP: "98029"},
		Location: &area.Location{Latitude: 47.5794, Longitude: -122.025},
		ListDate: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Bedrooms: 5, Bathrooms: 2.5, SquareFeet: 2820, PropertyType: "Residential",
	}
	unexported := cmp.FilterPath(func(path cmp.Path) bool {
		name := path.Last().String()
		return name == ".syncedAt" || name == ".daysOnMarket"
	}, cmp.Ignore())
	if diff := cmp.Diff(want, is, unexported); diff != "" {
		t.Error(diff)
	}
	if got, want := is.Address.String(), "1 Main St, Issaquah, WA 98029"; got != want {
		t.Errorf("address %q, want %q", got, want)
	}
}

func TestUnusablePrices(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]types.AttributeValue{
		"missing":                  nil,
		"zero":                     number("0"),
		"negative":                 number("-675000"),
		"a text":                   text("on request"),
		"a number written as text": text("675000"),
		"null":                     &types.AttributeValueMemberNULL{Value: true},
		"less than half a cent":    number("0.004"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if is := read(t, fields{"price": value}); is.HasPrice() {
				t.Errorf("price %s is usable", is.Price)
			}
		})
	}
}

func TestHalfAListingDoesNotHideTheOther(t *testing.T) {
	t.Parallel()
	is := read(t, fields{
		"bedrooms": text("five"), "syncedAt": &types.AttributeValueMemberBOOL{Value: true}, "listDate": text("yesterday"),
		"address": text("1 Main St"), "latitude": nil, "status": number("1"), "mlsProvider": nil,
	})
	if !is.HasPrice() || is.Bedrooms != 0 || is.SyncedAt != 0 || is.Location != nil || is.Address.String() != "" || is.Status != "" {
		t.Errorf("read as %+v", is)
	}
	if _, known := is.DaysOnMarket(time.Now()); known {
		t.Error("days on market are known without a listing date")
	}
}

func TestItemWithoutNumberIsNoListing(t *testing.T) {
	t.Parallel()
	_, err := listing.Of(item(t, fields{"mlsNumber": nil}))
	if err == nil || err.Error() != "the item USER#u1 / LISTING#NWM1 cannot be read: mlsNumber is missing" {
		t.Errorf("error %v", err)
	}
}

func TestStatusOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]listing.Status{
		"Active": listing.Active, " COMING soon ": listing.Active, "ComingSoon": listing.Active,
		"Pending": listing.Pending, "Active Under Contract": listing.Pending, "ActiveUnderContract": listing.Pending,
		"contingent": listing.Pending, "Hold": listing.Pending,
		"Sold": listing.Sold, "CLOSED": listing.Sold, "Expired": listing.Expired,
		"withdrawn": listing.Withdrawn, "Canceled": listing.Withdrawn, "Cancelled": listing.Withdrawn,
		" Delete ": "Delete", "": "",
	} {
		if got := listing.StatusOf(raw); got != want {
			t.Errorf("StatusOf(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestDaysOnMarket(t *testing.T) {
	t.Parallel()
	listed := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	tests := []struct {
		name    string
		changed fields
		now     time.Time
		want    int
	}{
		{"the provider's word", fields{"daysOnMarket": number("12")}, listed.Add(40 * day), 12},
		{"the provider's zero", fields{"daysOnMarket": number("0")}, listed.Add(40 * day), 0},
		{"the provider's text", fields{"daysOnMarket": text("12")}, listed.Add(40 * day), 40},
		{"the first moment", nil, listed, 0},
		{"just under a day", nil, listed.Add(day - 1), 0},
		{"a day", nil, listed.Add(day), 1},
		{"just under 31 days", nil, listed.Add(31*day - time.Millisecond), 30},
		{"31 days", nil, listed.Add(31 * day), 31},
		{"before the listing date", nil, listed.Add(-1), -1},
		{"a date in milliseconds", fields{"listDate": number("1767225600000")}, listed.Add(2 * day), 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, known := read(t, test.changed).DaysOnMarket(test.now)
			if !known || got != test.want {
				t.Errorf("%d, known %v, want %d", got, known, test.want)
			}
		})
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for want, address := range map[string]listing.Address{
		"":                        {},
		"Issaquah":                {City: "Issaquah"},
		"1 Main St, 98029":        {Street: " 1 Main St ", ZIP: "98029"},
		"Issaquah, WA":            {City: "Issaquah", State: "WA"},
		"1 Main St, Issaquah, WA": {Street: "1 Main St", City: "Issaquah", State: "WA"},
	} {
		if got := address.String(); got != want {
			t.Errorf("%+v reads %q, want %q", address, got, want)
		}
	}
}

func TestNewerThan(t *testing.T) {
	t.Parallel()
	older := listing.Listing{SyncedAt: 1, Key: table.Key{Sort: "LISTING#Z"}}
	newer := listing.Listing{SyncedAt: 2, Key: table.Key{Sort: "LISTING#A"}}
	twin := listing.Listing{SyncedAt: 2, Key: table.Key{Sort: "LISTING#B"}}
	if !newer.NewerThan(older) || older.NewerThan(newer) {
		t.Error("the later sync must count")
	}
	if newer.NewerThan(twin) == twin.NewerThan(newer) {
		t.Error("of two items synced at once exactly one must count")
	}
}

func FuzzOf(f *testing.F) {
	f.Add("NWM1", "675000", "Active", "1700000000000", "2026-01-01")
	f.Add("", "-1", "", "99999999999999999999", "x")
	f.Add(strings.Repeat("9", 257), "0", "", "0", "")
	f.Fuzz(func(t *testing.T, mlsNumber, amount, status, syncedAt, listDate string) {
		is, err := listing.Of(item(t, fields{
			"mlsNumber": text(mlsNumber), "price": number(amount), "status": text(status),
			"syncedAt": number(syncedAt), "listDate": text(listDate), "bedrooms": number(amount), "latitude": number(syncedAt),
		}))
		if unusable := mlsNumber == "" || len(mlsNumber) > 256; (err != nil) != unusable {
			t.Fatalf("an mlsNumber of %d bytes: error %v", len(mlsNumber), err)
		}
		if is.Price < 0 {
			t.Errorf("price %s", is.Price)
		}
		is.DaysOnMarket(time.UnixMilli(1700000000000))
	})
}

func TestBoundsOfAListingsWords(t *testing.T) {
	t.Parallel()
	for length, usable := range map[int]bool{1: true, 256: true, 257: false} {
		_, err := listing.Of(item(t, fields{"mlsNumber": text(strings.Repeat("9", length))}))
		if (err == nil) != usable {
			t.Errorf("an mlsNumber of %d bytes: %v", length, err)
		}
	}
	for days, want := range map[string]int{"100000": 100_000, "-100000": -100_000, "100001": 0, "-100001": 0} {
		is, err := listing.Of(item(t, fields{"daysOnMarket": number(days), "listDate": nil}))
		got, known := is.DaysOnMarket(time.Now())
		if err != nil || got != want || known != (want != 0) {
			t.Errorf("%s days on market are %d, known %v, error %v", days, got, known, err)
		}
	}
}
