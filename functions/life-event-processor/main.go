// Command life-event-processor tells agents which of their prospects are likely to move, because of what happens in their
// lives.
//
// It consumes User Created, and Check Due of the check "life-event", and publishes Alert Created; on its schedule's tick it
// publishes Check Due for each agent who wants such alerts.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/life-event-processor/prospect"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("life-event-processor")
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, prospect.Handlers(platform)...)
}
