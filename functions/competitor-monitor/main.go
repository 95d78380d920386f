// Command competitor-monitor tells agents what the competitors whom they track do on the market: new listings, marked
// reductions, listings that leave it.
//
// It consumes Content Published, and Check Due of the check "competitor", and publishes Alert Created; on its schedule's
// tick it publishes Check Due for each agent who wants any competitor alerts.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("competitor-monitor")
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, competitor.Handlers(platform)...)
}
