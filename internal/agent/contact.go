package agent

import (
	"context"
	"fmt"
	"slices"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// PreferencesEntity is the EntityType of notification preferences. Other records have it too: see PreferencesOf.
const PreferencesEntity = "NotificationPreferences"

// The sort keys of what Contact is read from, beside the preferences.
const (
	profileSort     = "PROFILE"
	unsubscribeSort = "UNSUBSCRIBE_PREFERENCES"
)

// Frequency says when an agent gets mails of alerts.
type Frequency string

// The frequencies.
const (
	RealTime Frequency = realTime
	Daily    Frequency = "daily"
	Weekly   Frequency = "weekly"
)

// Preferences say how an agent wants to be notified. The zero Preferences are the defaults: e-mail, at once, of every type
// of alert, at any hour.
type Preferences struct {
	Email        *bool         `dynamodbav:"emailNotifications"` // see WantsEmail
	EmailAddress string        `dynamodbav:"emailAddress"`
	Frequency    Frequency     `dynamodbav:"frequency"` // see Digests
	DigestTime   string        `dynamodbav:"digestTime"`
	Enabled      *[]alert.Type `dynamodbav:"enabledAlertTypes"` // see Wants
	QuietHours   QuietHours    `dynamodbav:"quietHours"`
	Timezone     string        `dynamodbav:"timezone"`
	UpdatedAt    table.Date    `dynamodbav:"updatedAt"`
}

// QuietHours are when an agent wants no mail. Times are HH:MM.
type QuietHours struct {
	Enabled   bool   `dynamodbav:"enabled"`
	StartTime string `dynamodbav:"startTime"` // inclusive
	EndTime   string `dynamodbav:"endTime"`   // exclusive
	Timezone  string `dynamodbav:"timezone"`
}

// WantsEmail tells whether the agent wants mails at all.
func (p Preferences) WantsEmail() bool { return p.Email == nil || *p.Email }

// Wants tells whether the agent wants mails of alerts of a type.
func (p Preferences) Wants(alertType alert.Type) bool {
	return p.Enabled == nil || slices.Contains(*p.Enabled, alertType)
}

// Digests tells whether the agent wants alerts in digests rather than at once.
func (p Preferences) Digests() bool { return p.Frequency == Daily || p.Frequency == Weekly }

// Unsubscribed is what an agent has unsubscribed from, in a mail or at the platform. It concerns mails only.
type Unsubscribed struct {
	Global bool     `dynamodbav:"globalUnsubscribe"`
	Kinds  []string `dynamodbav:"typeUnsubscribes"` // alert types, account, failures
}

// From tells whether the agent has unsubscribed from a kind of mail.
func (u Unsubscribed) From(kind string) bool { return u.Global || slices.Contains(u.Kinds, kind) }

// Profile is who an agent is.
type Profile struct {
	Name     string `dynamodbav:"name"`
	Email    string `dynamodbav:"email"`
	Timezone string `dynamodbav:"timezone"`
}

// Contact is how an agent can be reached, and wants to be.
type Contact struct {
	Preferences  Preferences
	Unsubscribed Unsubscribed
	Profile      Profile
}

// ContactItems is the part of *table.Table that LoadContact and LoadProfiles call.
type ContactItems interface {
	GetAll(ctx context.Context, keys []table.Key) ([]table.Item, error)
}

// LoadContact reads how an agent can be reached. What is missing has its defaults; what cannot be read is an error, never a
// default: nobody who opted out gets a mail because of it.
func LoadContact(ctx context.Context, items ContactItems, userID string) (Contact, error) {
	found, err := items.GetAll(ctx, []table.Key{
		table.UserKey(userID, preferencesSort), table.UserKey(userID, unsubscribeSort), table.UserKey(userID, profileSort),
	})
	if err != nil {
		return Contact{}, fmt.Errorf("how the agent can be reached: %w", err)
	}
	var contact Contact
	for _, item := range found {
		switch item.Key.Sort {
		case preferencesSort:
			contact.Preferences, err = preferencesOf(item)
		case unsubscribeSort:
			err = table.Decode(item, &contact.Unsubscribed)
		case profileSort:
			err = table.Decode(item, &contact.Profile)
		}
		if err != nil {
			return Contact{}, err
		}
	}
	return contact, nil
}

func preferencesOf(item table.Item) (Preferences, error) {
	var preferences Preferences
	if err := table.Decode(item, &preferences); err != nil {
		return Preferences{}, err
	}
	switch preferences.Frequency {
	case "", RealTime, Daily, Weekly:
		return preferences, nil
	}
	return Preferences{}, &table.MalformedError{Key: item.Key, Err: fmt.Errorf("frequency must be real-time, daily or weekly")}
}

// PreferencesOf reads an agent's notification preferences from an item. It returns false when the item is something else.
func PreferencesOf(item table.Item) (userID string, preferences Preferences, ok bool, err error) {
	userID, isUser := table.UserOf(item.Key)
	if !isUser || item.Key.Sort != preferencesSort {
		return "", Preferences{}, false, nil
	}
	preferences, err = preferencesOf(item)
	return userID, preferences, true, err
}

// LoadProfiles reads the profiles of agents, by userId. Missing ones are left out, and so are those that cannot be read.
func LoadProfiles(ctx context.Context, items ContactItems, userIDs []string) (map[string]Profile, error) {
	keys := make([]table.Key, len(userIDs))
	for i, userID := range userIDs {
		keys[i] = table.UserKey(userID, profileSort)
	}
	found, err := items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("profiles: %w", err)
	}
	profiles := map[string]Profile{}
	for _, item := range found {
		var profile Profile
		if userID, isUser := table.UserOf(item.Key); isUser && table.Decode(item, &profile) == nil {
			profiles[userID] = profile
		}
	}
	return profiles, nil
}
