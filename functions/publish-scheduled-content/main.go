// Command publish-scheduled-content posts what agents have scheduled, on their social networks, blog and newsletter.
//
// It consumes AI Job Completed, and Check Due of the check "publishing", and publishes Content Published and Content Publish
// Failed; on its schedule's tick it publishes Check Due for each agent with content that is due.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/publish-scheduled-content/publication"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/socialenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("publish-scheduled-content")
	if err != nil {
		log.Fatal(err)
	}
	networks, err := socialenv.Load(platform)
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, publication.Handlers(platform, networks)...)
}
