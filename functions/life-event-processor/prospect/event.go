package prospect

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// lifeEvent is something that happened in a prospect's life.
type lifeEvent struct {
	id   string
	kind kind
	date time.Time
}

// kind is what happened.
type kind string

// The kinds of life events that are known.
const (
	marriage   kind = "marriage"
	divorce    kind = "divorce"
	jobChange  kind = "job-change"
	retirement kind = "retirement"
	birth      kind = "birth"
	death      kind = "death"
)

// weight is how strongly an event of the kind points to a move, and whether the kind is known (rules: Life events).
func (k kind) weight() (weight int, known bool) {
	switch k {
	case marriage:
		return 65, true
	case divorce:
		return 70, true
	case jobChange:
		return 45, true
	case retirement:
		return 60, true
	case birth:
		return 55, true
	case death:
		return 75, true
	}
	return 0, false
}

// lifeEventsOf reads those entries that are valid events, and counts the others. Of several with the same id the first
// counts.
func lifeEventsOf(entries []types.AttributeValue) (valid []lifeEvent, unusable int) {
	seen := map[string]bool{}
	for _, entry := range entries {
		event, ok := lifeEventOf(entry)
		if !ok {
			unusable++
			continue
		}
		if !seen[event.id] {
			seen[event.id] = true
			valid = append(valid, event)
		}
	}
	return valid, unusable
}

// lifeEventOf reads an event, and tells whether it is valid: all its fields are there, and what they should be.
func lifeEventOf(value types.AttributeValue) (lifeEvent, bool) {
	entry, ok := value.(*types.AttributeValueMemberM)
	if !ok {
		return lifeEvent{}, false
	}
	id, identified := idOf(entry.Value["id"])
	_, aboutSomeone := textOf(entry.Value["personId"])
	name, _ := textOf(entry.Value["eventType"])
	_, known := kind(name).weight()
	date, dated := dateOf(entry.Value["eventDate"])
	_, located := locationOf(entry.Value["location"])
	_, sourced := textOf(entry.Value["source"])
	valid := identified && aboutSomeone && known && dated && located && isPercentage(entry.Value["confidence"]) && sourced
	return lifeEvent{id: id, kind: kind(name), date: date}, valid
}

// past are the events that have happened by now.
func past(events []lifeEvent, now time.Time) []lifeEvent {
	var happened []lifeEvent
	for _, event := range events {
		if !event.date.After(now) {
			happened = append(happened, event)
		}
	}
	return happened
}

// The functions below read a field, and tell whether it is there and of the right type.

// listOf reads a list; one that is missing has no entries.
func listOf(value types.AttributeValue) ([]types.AttributeValue, bool) {
	switch value := value.(type) {
	case nil, *types.AttributeValueMemberNULL:
		return nil, true
	case *types.AttributeValueMemberL:
		return value.Value, true
	}
	return nil, false
}

func textOf(value types.AttributeValue) (string, bool) {
	text, ok := value.(*types.AttributeValueMemberS)
	if !ok || strings.TrimSpace(text.Value) == "" {
		return "", false
	}
	return text.Value, true
}

func idOf(value types.AttributeValue) (string, bool) {
	id, ok := textOf(value)
	return id, ok && len(id) <= longestID
}

func dateOf(value types.AttributeValue) (time.Time, bool) {
	var date table.Date
	if value == nil || date.UnmarshalDynamoDBAttributeValue(value) != nil {
		return time.Time{}, false
	}
	return date.Time, !date.IsZero()
}

// isPercentage tells whether a field is a number from 0 to 100.
func isPercentage(value types.AttributeValue) bool {
	number, ok := value.(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	parsed, err := strconv.ParseFloat(number.Value, 64)
	return err == nil && 0 <= parsed && parsed <= 100
}
