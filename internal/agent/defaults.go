package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Saver is the part of *table.Table that SaveDefaults calls.
type Saver interface {
	Save(ctx context.Context, save table.Save) error
}

// defaultSettings are the alert settings of a new agent.
type defaultSettings struct {
	UserID             string        `dynamodbav:"userId"`
	EnabledAlertTypes  []alert.Type  `dynamodbav:"enabledAlertTypes"`
	Frequency          string        `dynamodbav:"frequency"`
	LeadScoreThreshold int           `dynamodbav:"leadScoreThreshold"`
	TargetAreas        []area.Target `dynamodbav:"targetAreas"`
	TrackedCompetitors []string      `dynamodbav:"trackedCompetitors"`
	UpdatedAt          table.Date    `dynamodbav:"updatedAt"`
}

// defaultPreferences are the notification preferences of a new agent.
type defaultPreferences struct {
	UserID             string       `dynamodbav:"userId"`
	EmailNotifications bool         `dynamodbav:"emailNotifications"`
	Frequency          string       `dynamodbav:"frequency"`
	EnabledAlertTypes  []alert.Type `dynamodbav:"enabledAlertTypes"`
	UpdatedAt          table.Date   `dynamodbav:"updatedAt"`
}

// realTime tells an agent of each alert at once.
const realTime = "real-time"

// preferencesSort is the sort key of an agent's notification preferences.
const preferencesSort = "SETTINGS#NOTIFICATIONS"

// SaveDefaults gives a new agent the default alert settings and notification preferences (rules: Settings). What is there
// already is kept.
func SaveDefaults(ctx context.Context, items Saver, userID string, now time.Time) error {
	updatedAt := table.Date{Time: now}
	defaults := []table.Save{
		{Key: table.UserKey(userID, alertSettingsSort), EntityType: alertSettingsEntity, Data: defaultSettings{
			UserID:             userID,
			EnabledAlertTypes:  alert.Types(),
			Frequency:          realTime,
			LeadScoreThreshold: defaultLeadScore,
			TargetAreas:        []area.Target{},
			TrackedCompetitors: []string{},
			UpdatedAt:          updatedAt,
		}},
		{Key: table.UserKey(userID, preferencesSort), EntityType: PreferencesEntity, Data: defaultPreferences{
			UserID:             userID,
			EmailNotifications: true,
			Frequency:          realTime,
			EnabledAlertTypes:  alert.Types(),
			UpdatedAt:          updatedAt,
		}},
	}
	for _, save := range defaults {
		save.KeepOld, save.Now = true, now
		if err := items.Save(ctx, save); err != nil {
			return fmt.Errorf("default settings: %w", err)
		}
	}
	return nil
}
