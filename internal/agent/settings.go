// Package agent reads what an agent, the platform's user, has asked for (rules: Settings).
package agent

import (
	"context"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/price"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// alertSettingsEntity is the EntityType of alert settings.
const alertSettingsEntity = "AlertSettings"

// alertSettingsSort is the sort key of an agent's alert settings.
const alertSettingsSort = "SETTINGS#ALERTS"

// AlertSettings say which alerts an agent wants. The zero AlertSettings want none.
type AlertSettings struct {
	UserID      string        `dynamodbav:"userId"`
	Enabled     []alert.Type  `dynamodbav:"enabledAlertTypes"`
	PriceRange  PriceRange    `dynamodbav:"priceRangeFilters"`
	TargetAreas []area.Target `dynamodbav:"targetAreas"`

	LeadScoreThreshold *float64 `dynamodbav:"leadScoreThreshold"` // see LeadScore
}

// The bounds of an agent's lead score threshold, and what it is without a choice.
const (
	lowestLeadScore  = 50
	defaultLeadScore = 70
	highestLeadScore = 90
)

// LeadScore is the score from which a prospect is worth an alert. What lies outside 50 to 90 counts as the nearest of these.
func (s AlertSettings) LeadScore() float64 {
	if s.LeadScoreThreshold == nil {
		return defaultLeadScore
	}
	return min(max(*s.LeadScoreThreshold, lowestLeadScore), highestLeadScore)
}

// Wants tells whether alerts of a type are enabled.
func (s AlertSettings) Wants(alertType alert.Type) bool { return slices.Contains(s.Enabled, alertType) }

// PriceRange bounds the prices that an agent cares for, both bounds inclusive; an absent one does not bind.
type PriceRange struct {
	Min *price.Amount `dynamodbav:"min"`
	Max *price.Amount `dynamodbav:"max"`
}

// Contains tells whether a price lies within the range.
func (r PriceRange) Contains(amount price.Amount) bool {
	return (r.Min == nil || *r.Min <= amount) && (r.Max == nil || amount <= *r.Max)
}

// Items is the part of *table.Table that LoadAlertSettings calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
}

// LoadAlertSettings reads an agent's alert settings. Missing settings want nothing; settings that cannot be read are an
// error, never "nothing wanted".
func LoadAlertSettings(ctx context.Context, items Items, userID string) (AlertSettings, error) {
	item, found, err := items.Get(ctx, table.UserKey(userID, alertSettingsSort))
	if err != nil || !found {
		return AlertSettings{}, err
	}
	return alertSettingsOf(item)
}

func alertSettingsOf(item table.Item) (AlertSettings, error) {
	var settings AlertSettings
	if err := table.Decode(item, &settings); err != nil {
		return AlertSettings{}, err
	}
	return settings, nil
}

// FanOut tells the agents whose alert settings concern a check that it is due. Settings that cannot be read concern every
// check: the agent's own invocation then fails visibly, and holds up no one else.
func FanOut(
	items schedule.Items, publisher schedule.Publisher, now func() time.Time, concerns func(AlertSettings) bool,
) *schedule.FanOut {
	agents := func(_ context.Context, found []table.Item, _ schedule.Period) (userIDs []string, err error) {
		for _, item := range found {
			userID, isUser := table.UserOf(item.Key)
			if !isUser || item.Key.Sort != alertSettingsSort {
				continue
			}
			if settings, err := alertSettingsOf(item); err != nil || concerns(settings) {
				userIDs = append(userIDs, userID)
			}
		}
		return userIDs, nil
	}
	return &schedule.FanOut{
		Items: items, Publisher: publisher, Now: now,
		Sources: []schedule.Source{{EntityType: alertSettingsEntity, Agents: agents}},
	}
}
