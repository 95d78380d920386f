// Package handlers lists the handlers of all functions, as the functions themselves declare them: what brings each to work,
// and which facts it may publish.
package handlers

import (
	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	"github.com/bayon-coagent/event-consumers/functions/life-event-processor/prospect"
	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/functions/price-reduction/reduction"
	"github.com/bayon-coagent/event-consumers/functions/publish-scheduled-content/publication"
	"github.com/bayon-coagent/event-consumers/functions/sync-social-analytics/analytics"
	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/socialenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

// ByFolder are the handlers of all functions, by the names of their folders. They are there to be looked at: they have no
// clients, and handle nothing.
func ByFolder() map[string][]consumer.Handler {
	platform := &awsenv.Platform{}
	return map[string][]consumer.Handler{
		"life-event-processor":      prospect.Handlers(platform),
		"competitor-monitor":        competitor.Handlers(platform),
		"trend-detector":            trend.Handlers(platform),
		"price-reduction":           reduction.Handlers(platform),
		"publish-scheduled-content": publication.Handlers(platform, &socialenv.Networks{}),
		"sync-social-analytics":     analytics.Handlers(platform, &socialenv.Networks{}),
		"notification-processor":    notification.Handlers(platform, &mailenv.Mailer{}),
	}
}
