package agent_test

import (
	"context"
	"errors"
	"testing"
	_ "time/tzdata" // the tests need no system with zones

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// some are the items that are found.
type some struct {
	items []table.Item
	err   error
}

func (s some) GetAll(context.Context, []table.Key) ([]table.Item, error) { return s.items, s.err }

func contactOf(t *testing.T, preferences, unsubscribed, profile fields) (agent.Contact, error) {
	t.Helper()
	var found []table.Item
	for sort, data := range map[string]fields{
		"SETTINGS#NOTIFICATIONS": preferences, "UNSUBSCRIBE_PREFERENCES": unsubscribed, "PROFILE": profile,
	} {
		if data != nil {
			found = append(found, *stored(t, "USER#u1", sort, data))
		}
	}
	return agent.LoadContact(t.Context(), some{items: found}, "u1")
}

func TestMissingPreferencesAreTheDefaults(t *testing.T) {
	t.Parallel()
	for _, preferences := range []fields{nil, {}, {"emailNotifications": nil, "frequency": "real-time"}} {
		contact, err := contactOf(t, preferences, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		is := contact.Preferences
		if !is.WantsEmail() || is.Digests() || is.QuietHours.Enabled || contact.Unsubscribed.From("account") {
			t.Errorf("%+v", contact)
		}
		for _, alertType := range alert.Types() {
			if !is.Wants(alertType) {
				t.Errorf("%s is off", alertType)
			}
		}
	}
}

func TestWhatIsChosenCounts(t *testing.T) {
	t.Parallel()
	contact, err := contactOf(t,
		fields{"emailNotifications": false, "frequency": "weekly", "enabledAlertTypes": []string{"price-reduction"}, "emailAddress": "a@b.c"},
		fields{"typeUnsubscribes": []string{"account"}}, fields{"email": "d@e.f", "name": "Dana"})
	if err != nil {
		t.Fatal(err)
	}
	is := contact.Preferences
	if is.WantsEmail() || !is.Digests() || !is.Wants(alert.PriceReduction) || is.Wants(alert.NeighborhoodTrend) || is.EmailAddress != "a@b.c" ||
		contact.Profile.Email != "d@e.f" || contact.Profile.Name != "Dana" || !contact.Unsubscribed.From("account") || contact.Unsubscribed.From("failures") {
		t.Errorf("%+v", contact)
	}
	contact, err = contactOf(t, fields{"enabledAlertTypes": []string{}}, fields{"globalUnsubscribe": true}, nil)
	if err != nil || contact.Preferences.Wants(alert.PriceReduction) || !contact.Unsubscribed.From("failures") {
		t.Errorf("%+v, error %v", contact, err)
	}
}

func TestContactThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	away := errors.New("the table is away")
	if _, err := agent.LoadContact(t.Context(), some{err: away}, "u1"); !errors.Is(err, away) {
		t.Errorf("error %v", err)
	}
	tests := map[string][3]fields{
		"e-mail as a text":    {{"emailNotifications": "false"}},
		"types as a text":     {{"enabledAlertTypes": "price-reduction"}},
		"an unknown choice":   {{"frequency": "never"}},
		"quiet hours":         {{"quietHours": "at night"}},
		"quiet hours' switch": {{"quietHours": fields{"enabled": "yes"}}},
		"unsubscribed":        {nil, {"globalUnsubscribe": "true"}},
		"unsubscribed kinds":  {nil, {"typeUnsubscribes": "account"}},
		"profile":             {nil, nil, {"email": fields{}}},
	}
	for name, data := range tests {
		var malformed *table.MalformedError
		if contact, err := contactOf(t, data[0], data[1], data[2]); !errors.As(err, &malformed) {
			t.Errorf("%s: %+v, error %v", name, contact, err)
		}
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                        string
		preferences, quiet, profile string
		zone, quietZone             string
		unknown                     int
	}{
		{"none", "", "", "", "UTC", "UTC", 0},
		{"preferences", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/New_York", "Asia/Kathmandu", 0},
		{"quiet hours", "", "Asia/Kathmandu", "Pacific/Apia", "Asia/Kathmandu", "Asia/Kathmandu", 0},
		{"profile", "", "", "Pacific/Apia", "Pacific/Apia", "Pacific/Apia", 0},
		{"an unknown one", "Mars/Olympus", "", "Pacific/Apia", "Pacific/Apia", "Pacific/Apia", 1},
		{"all unknown", "Mars/Olympus", "EST5EDT4", "../etc/passwd", "UTC", "UTC", 3},
		{"the machine's own", "Local", "", "", "UTC", "UTC", 1},
	}
	for _, test := range tests {
		contact := agent.Contact{
			Preferences: agent.Preferences{Timezone: test.preferences, QuietHours: agent.QuietHours{Timezone: test.quiet}},
			Profile:     agent.Profile{Timezone: test.profile},
		}
		zone, unknown := contact.Zone()
		quietZone, _ := contact.QuietZone()
		if zone.String() != test.zone || quietZone.String() != test.quietZone || unknown != test.unknown {
			t.Errorf("%s: %s, quiet %s, %d unknown", test.name, zone, quietZone, unknown)
		}
	}
}

func TestPreferencesAreFoundBySortKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		partition, sort string
		ok              bool
	}{{"USER#u1", "SETTINGS#NOTIFICATIONS", true}, {"USER#u1", "SETTINGS#OTHER", false}, {"TEAM#u1", "SETTINGS#NOTIFICATIONS", false}} {
		userID, preferences, ok, err := agent.PreferencesOf(*stored(t, test.partition, test.sort, fields{"frequency": "daily"}))
		if ok != test.ok || err != nil || ok && (userID != "u1" || !preferences.Digests()) {
			t.Errorf("%s %s: %q, %+v, %v, error %v", test.partition, test.sort, userID, preferences, ok, err)
		}
	}
}

func TestProfilesLeaveOutWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	found := some{items: []table.Item{
		*stored(t, "USER#u1", "PROFILE", fields{"timezone": "Pacific/Apia"}), *stored(t, "USER#u2", "PROFILE", fields{"timezone": []string{"x"}}),
	}}
	profiles, err := agent.LoadProfiles(t.Context(), found, []string{"u1", "u2", "u3"})
	if err != nil || len(profiles) != 1 || profiles["u1"].Timezone != "Pacific/Apia" {
		t.Errorf("%+v, error %v", profiles, err)
	}
}
