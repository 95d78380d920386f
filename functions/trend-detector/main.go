// Command trend-detector tells agents when the market of a neighborhood that they watch turns.
//
// It consumes Integration Sync Completed of an MLS, and Check Due of the check "trend", and publishes Alert Created; on
// its schedule's tick it publishes Check Due for each agent who wants trend alerts.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/trend-detector/trend"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("trend-detector")
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, trend.Handlers(platform)...)
}
