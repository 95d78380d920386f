// Command notification-processor notifies agents of what happens: inside the application, and by mail as they want it.
//
// It consumes every fact that concerns an agent, and Check Due of the check "notifications", and publishes Notification
// Sent, Deferred and Failed; on its schedule's tick it publishes Check Due for each agent with mails or a digest due.
package main

import (
	"log"

	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
)

func main() {
	platform, err := awsenv.Load("notification-processor")
	if err != nil {
		log.Fatal(err)
	}
	mailer, err := mailenv.Load(platform)
	if err != nil {
		log.Fatal(err)
	}
	consumer.Start(platform, notification.Handlers(platform, mailer)...)
}
