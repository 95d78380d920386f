package notification

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// inApp is the channel of the notifications that the application shows.
const inApp = "in-app"

// The states of deliveries, beside those that they share with jobs.
const (
	delivered status = "delivered" // inside the application
	withheld  status = "withheld"  // the agent wants no such mail
	digested  status = "digested"  // an alert that a digest lists
)

// delivery remembers what became of a notification on one channel. As long as it is there, the notification is not made
// again on that channel.
type delivery struct {
	NotificationID string     `dynamodbav:"notificationId"`
	UserID         string     `dynamodbav:"userId"`
	Channel        string     `dynamodbav:"channel"`
	Status         status     `dynamodbav:"status"`
	Reason         string     `dynamodbav:"reason,omitempty"`
	MessageID      string     `dynamodbav:"messageId,omitempty"`
	DigestID       string     `dynamodbav:"digestId,omitempty"` // the digest that lists an alert
	UpdatedAt      table.Date `dynamodbav:"updatedAt"`
}

// deliveryLifetime is how long a delivery is remembered, like the facts of alerts.
const deliveryLifetime = 400 * 24 * time.Hour

func deliveryKey(userID, notificationID, channel string) table.Key {
	return table.UserKey(userID, "DELIVERY#"+notificationID+"#"+channel)
}

func (d delivery) key() table.Key { return deliveryKey(d.UserID, d.NotificationID, d.Channel) }

func (d delivery) save(now time.Time, condition table.Condition) table.Save {
	expires := now.Add(deliveryLifetime)
	return table.Save{
		Key:        d.key(),
		EntityType: "DeliveryRecord",
		Data:       d,
		Now:        now,
		Condition:  condition,
		Expires:    &expires,
	}
}

// listable holds where an alert is in no mail but perhaps in this digest, whose earlier attempt was not sent.
func listable(digestID string) table.Condition {
	return table.Condition{
		Expression: "(attribute_not_exists(#Data) OR #Data.#status = :withheld OR #Data.#digestId = :digestId)",
		Names:      map[string]string{"#Data": "Data", "#status": "status", "#digestId": "digestId"},
		// placeholders of a condition must not meet those of the save
		Values: placeholders{":withheld": table.Text(string(withheld)), ":digestId": table.Text(digestID)},
	}
}

// listableIn is listable for a record that has been read.
func (d delivery) listableIn(digestID string) bool {
	return d.Status == withheld || d.DigestID == digestID
}

type placeholders = map[string]types.AttributeValue

// mailRecordKey is the key of the record of a notification's mail.
func mailRecordKey(userID, notificationID string) table.Key {
	return deliveryKey(userID, notificationID, events.ChannelEmail)
}

// deliveryOf reads a record.
func deliveryOf(item table.Item) (delivery, error) {
	var read delivery
	err := table.Decode(item, &read)
	return read, err
}
