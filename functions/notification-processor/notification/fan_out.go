package notification

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// fanOut tells the agents with mails that are due, and those whose digest time has come.
func (n *Notifier) fanOut(items schedule.Items) *schedule.FanOut {
	return &schedule.FanOut{
		Items:     items,
		Publisher: n.Publisher,
		Now:       n.Now,
		Sources: []schedule.Source{
			{EntityType: jobEntity, Filter: dueJobs, Agents: owners},
			{EntityType: agent.PreferencesEntity, Agents: n.withDueDigests},
		},
	}
}

// owners are the agents of jobs that can be read.
func owners(ctx context.Context, jobs []table.Item, _ schedule.Period) ([]string, error) {
	var userIDs []string
	for _, item := range jobs {
		userID, isUser := table.UserOf(item.Key)
		if !isUser {
			continue
		}
		if _, err := jobOf(item); err != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		userIDs = append(userIDs, userID)
	}
	return userIDs, nil
}

// withDueDigests are the agents whose digest time lies in the period. Preferences that cannot be read concern every tick:
// the agent's own invocation then fails visibly, and holds up no one else.
func (n *Notifier) withDueDigests(ctx context.Context, items []table.Item, period schedule.Period) ([]string, error) {
	var userIDs, zoneless []string
	contacts := map[string]agent.Contact{}
	for _, item := range items {
		userID, preferences, ok, err := agent.PreferencesOf(item)
		switch {
		case !ok:
			continue
		case err != nil:
			userIDs = append(userIDs, userID)
			continue
		case !preferences.WantsEmail() || !preferences.Digests():
			continue
		}
		contacts[userID] = agent.Contact{Preferences: preferences}
		named := preferences.Timezone != "" || preferences.QuietHours.Timezone != ""
		if _, unknown := contacts[userID].Zone(); !named || unknown > 0 {
			zoneless = append(zoneless, userID)
		}
	}
	profiles, err := agent.LoadProfiles(ctx, n.Items, zoneless)
	if err != nil {
		return nil, err
	}
	for userID, contact := range contacts {
		contact.Profile = profiles[userID]
		times, _ := digestTimesOf(contact)
		if times.latest(period.Until).After(period.After) {
			userIDs = append(userIDs, userID)
		}
	}
	return userIDs, nil
}
