package events_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

func TestIdentityKnowsOneDateInAllItsSpellings(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{
		"2026-11-20T09:30:00Z",
		"2026-11-20T09:30:00.0Z",
		"2026-11-20T09:30:00.000Z",
		"2026-11-20T09:30:00.000000000Z",
		"2026-11-20T09:30:00+00:00",
		"2026-11-20T10:30:00+01:00",
		"2026-11-20T01:30:00.000-08:00",
	} {
		payload := strings.ReplaceAll(`{"id":"1","detail-type":"Content Published","source":"bayon.coagent.content","detail":{
			"contentId":"c","userId":"u","contentType":"blog","platform":"blog","publishedAt":"DATE"}}`, "DATE", spelling)
		event := decodePayload[events.ContentPublished](t, payload)
		if got, want := event.Identity(), "Content Published:c#blog#2026-11-20T09:30:00.000Z"; got != want {
			t.Errorf("%s: identity %q, want %q", spelling, got, want)
		}
	}
}

func TestIdentityIsTheSameWithAndWithoutMetadata(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		with := eventstest.Event(entry.Example)
		without := eventstest.Event(entry.Example, eventstest.WithMetadata(events.Metadata{}))
		if with.Identity() != without.Identity() {
			t.Errorf("%q with metadata, %q without", with.Identity(), without.Identity())
		}
	}
}

func TestIdentityGoesByTheProducersKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ key, want string }{
		{"User Created:user-1", "User Created:user-1"},
		{"import-7", "User Created:import-7"},
		{"Check Due:user-1", "User Created:Check Due:user-1"},
		{"User Created", "User Created:User Created"},
		{"", "User Created:user-7f3a"},
	} {
		event := eventstest.Event(eventstest.Valid[events.UserCreated](),
			eventstest.WithMetadata(events.Metadata{EventKey: test.key}))
		if got := event.Identity(); got != test.want {
			t.Errorf("event key %q: identity %q, want %q", test.key, got, test.want)
		}
	}
}

func TestIdentityEscapesItsSeparator(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ content, platform, want string }{
		{"a#b", "c", "a%23b#c"},
		{"a", "b#c", "a#b%23c"},
		{"a%23b", "c", "a%2523b#c"},
		{"a:b", "c", "a:b#c"},
	} {
		identity := events.ContentPublished{ContentID: test.content, Platform: test.platform}.Identity()
		if got := strings.TrimSuffix(identity, "#0001-01-01T00:00:00.000Z"); got != test.want {
			t.Errorf("%q and %q: identity %q, want %q", test.content, test.platform, got, test.want)
		}
	}
}

// Parts of an identity come from producers. Whatever is in them, another fact has another identity.
func TestIdentityTellsFactsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringOf(rapid.RuneFrom([]rune("ab#%23:")))
		one := []string{part.Draw(t, "content"), part.Draw(t, "platform")}
		other := []string{part.Draw(t, "other content"), part.Draw(t, "other platform")}
		identity := func(parts []string) string {
			return events.ContentPublished{ContentID: parts[0], Platform: parts[1]}.Identity()
		}
		if (identity(one) == identity(other)) != slices.Equal(one, other) {
			t.Fatalf("%q and %q: identities %q and %q", one, other, identity(one), identity(other))
		}
	})
}

// What a publisher sends and what a consumer makes of it name the fact alike.
func TestIdentitySurvivesTheWire(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nanoseconds := rapid.Int64Range(0, 4e18).Draw(t, "time")
		offset := rapid.IntRange(-12*3600, 14*3600).Draw(t, "offset")
		fact := events.CheckDue{
			Check:  rapid.SampledFrom(events.Checks()).Draw(t, "check"),
			UserID: rapid.StringN(1, 40, 512).Filter(notBlank).Draw(t, "user"),
			DueAt:  events.At(time.Unix(0, nanoseconds).In(time.FixedZone("", offset))),
		}
		bus := eventstest.NewBus()
		if err := bus.Publisher().Publish(t.Context(), fact); err != nil {
			t.Fatal(err)
		}
		event, err := events.Decode[events.CheckDue](bus.Accepted()[0])
		if err != nil {
			t.Fatal(err)
		}
		if event.Identity() != events.EventKey(fact) || event.Detail.Identity() != fact.Identity() {
			t.Fatalf("sent as %q, received as %q and %q", events.EventKey(fact), event.Identity(), event.Detail.Identity())
		}
	})
}

func notBlank(text string) bool { return strings.TrimSpace(text) != "" }

// decodePayload reads what Lambda receives.
func decodePayload[D events.Fact](t testing.TB, payload string) events.Event[D] {
	t.Helper()
	delivery, err := events.ParseDelivery([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	event, err := events.Decode[D](delivery)
	if err != nil {
		t.Fatal(err)
	}
	return event
}
