// Command sync-social-analytics keeps the figures of agents' posts on the social networks up to date.
//
// It consumes Content Published on a social network, and Check Due of the check "analytics", and publishes Integration Sync
// Completed and Integration Sync Failed of the network; on its schedule's tick it publishes Check Due for each agent who has
// connected a network.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/sync-social-analytics/analytics"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/socialenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("sync-social-analytics")
	if err != nil {
		log.Fatal(err)
	}
	networks, err := socialenv.Load(platform)
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, analytics.Handlers(platform, networks)...)
}
