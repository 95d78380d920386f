// Package alert stores the alerts that the watchers raise, and tells the bus of each: the same fact is one alert and one
// event, whatever is retried, duplicated, overlapped or replayed (rules: Alerts).
package alert

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Type is the kind of news that an alert brings. An agent enables and unsubscribes by type.
type Type string

// The types of alert.
const (
	LifeEventLead            Type = "life-event-lead"
	CompetitorNewListing     Type = "competitor-new-listing"
	CompetitorPriceReduction Type = "competitor-price-reduction"
	CompetitorWithdrawal     Type = "competitor-withdrawal"
	NeighborhoodTrend        Type = "neighborhood-trend"
	PriceReduction           Type = "price-reduction"
)

// Types are all types of alert.
func Types() []Type {
	return []Type{
		LifeEventLead, CompetitorNewListing, CompetitorPriceReduction, CompetitorWithdrawal, NeighborhoodTrend, PriceReduction,
	}
}

// Priority says how urgent an alert is.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)

// Finding is what a watcher found out for an agent: the alert before it is stored.
type Finding struct {
	UserID   string
	Type     Type
	Priority Priority
	Fact     []string // the parts that identify the fact (rules: Alerts); no clock and no chance
	Data     any      // a struct with tags dynamodbav, as the alert type has it
}

// ID is the alert's id, derived from the agent, the alert type and the fact.
func (f Finding) ID() string {
	hash := sha256.New()
	for _, part := range append([]string{f.UserID, string(f.Type)}, f.Fact...) {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// key names the fact in words, for people who look into the table.
func (f Finding) key() string { return string(f.Type) + "#" + strings.Join(f.Fact, "#") }

// Alert is an alert as it is stored.
type Alert struct {
	ID        string     `dynamodbav:"id"`
	UserID    string     `dynamodbav:"userId"`
	Type      Type       `dynamodbav:"type"`
	Priority  Priority   `dynamodbav:"priority"`
	Status    string     `dynamodbav:"status"`
	CreatedAt table.Date `dynamodbav:"createdAt"`
	Data      data       `dynamodbav:"data"`
}

// Unread is the status of an alert that its agent has not looked at.
const Unread = "unread"

// factLifetime is how long a fact is remembered (rules: Alerts).
const factLifetime = 400 * 24 * time.Hour

// fact remembers that an alert was raised, and whether the bus knows.
type fact struct {
	AlertID     string      `dynamodbav:"alertId"`
	AlertKey    string      `dynamodbav:"alertKey"`
	CreatedAt   table.Date  `dynamodbav:"createdAt"`
	PublishedAt *table.Date `dynamodbav:"publishedAt,omitempty"`
}

const (
	factEntity = "AlertFact"
	factPrefix = "ALERT_FACT#"
)

func factKey(userID, alertID string) table.Key { return table.UserKey(userID, factPrefix+alertID) }

func (a Alert) key() table.Key {
	return alertKey(a.UserID, a.ID, a.CreatedAt)
}

func alertKey(userID, alertID string, createdAt table.Date) table.Key {
	return table.UserKey(userID, "ALERT#"+unixMilliseconds(createdAt)+"#"+alertID)
}

// data is an alert's data as it is stored, whatever the alert's type.
type data struct{ table.Raw }
