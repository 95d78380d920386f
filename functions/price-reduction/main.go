// Command price-reduction tells agents when a listing that they watch gets cheaper.
//
// It consumes Integration Sync Completed of an MLS, and Check Due of the check "price", and publishes Alert Created; on
// its schedule's tick it publishes Check Due for each agent who wants price alerts.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/price-reduction/reduction"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("price-reduction")
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, reduction.Handlers(platform)...)
}
