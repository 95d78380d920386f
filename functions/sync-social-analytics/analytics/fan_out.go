package analytics

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// connectionEntity is the EntityType of an agent's connection to a network.
const connectionEntity = "SocialConnection"

// connectionOwners are the agents whose connections to social networks some items are, whatever the period.
func connectionOwners(_ context.Context, items []table.Item, _ schedule.Period) (userIDs []string, err error) {
	for _, item := range items {
		if userID, connected := connectionOwner(item); connected {
			userIDs = append(userIDs, userID)
		}
	}
	return userIDs, nil
}

// connectionOwner is the agent whose connection to a social network an item is, if it is one.
func connectionOwner(item table.Item) (userID string, connected bool) {
	userID, isUser := table.UserOf(item.Key)
	if !isUser {
		return "", false
	}
	for _, platform := range events.SocialPlatforms() {
		if item.Key == social.ConnectionKey(userID, platform) {
			return userID, true
		}
	}
	return "", false
}
