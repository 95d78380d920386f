package prospect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// prospect is someone who may come to buy or sell, with what has happened in their life.
type prospect struct {
	key      table.Key
	id       string
	location location
	events   []lifeEvent // those that are valid, each once
	unusable int         // those that are not

	stored map[string]table.Raw
}

// The fields of a prospect's Data that the function reads; it writes the last two.
const (
	idField           = "id"
	locationField     = "location"
	eventsField       = "events"
	leadScoreField    = "leadScore"
	lastAnalyzedField = "lastAnalyzed"
)

// keyPrefix is what the sort keys of all prospects begin with.
const keyPrefix = "PROSPECT#"

// pageSize is how many prospects are read at a time.
const pageSize = 200

// pagesOf yields the items of all prospects of an agent, one page in memory at a time. An error ends the pages.
func pagesOf(ctx context.Context, items Items, userID string) iter.Seq2[[]table.Item, error] {
	return func(yield func([]table.Item, error) bool) {
		query := table.Query{Partition: table.UserPartition(userID), Prefix: keyPrefix, Limit: pageSize}
		for page, err := range items.Pages(ctx, query) {
			if err != nil {
				yield(nil, fmt.Errorf("prospects: %w", err))
				return
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

// longestID is how many bytes the id of a prospect or of an event may have: an alert's fact consists of both.
const longestID = 256

// Why an item is no prospect.
var (
	errNoID       = errors.New("id is missing, too long, or no text")
	errNoLocation = errors.New("location is neither a text nor a point with lat and lng")
	errNoEvents   = errors.New("events are no list")
)

// prospectOf reads a prospect from its item, and leaves out the events that are not valid. It fails with
// *table.MalformedError.
func prospectOf(item table.Item) (prospect, error) {
	var data map[string]table.Raw
	if err := table.Decode(item, &data); err != nil {
		return prospect{}, err
	}
	malformed := func(problem error) (prospect, error) {
		return prospect{}, &table.MalformedError{Key: item.Key, Err: problem}
	}
	id, ok := idOf(data[idField].AttributeValue)
	if !ok {
		return malformed(errNoID)
	}
	location, ok := locationOf(data[locationField].AttributeValue)
	if !ok {
		return malformed(errNoLocation)
	}
	entries, ok := listOf(data[eventsField].AttributeValue)
	if !ok {
		return malformed(errNoEvents)
	}
	is := prospect{key: item.Key, id: id, location: location, stored: data}
	is.events, is.unusable = lifeEventsOf(entries)
	return is, nil
}

// scored tells whether that score is stored already, and as of that day in UTC.
func (p prospect) scored(score int, at time.Time) bool {
	stored, ok := p.stored[leadScoreField].AttributeValue.(*types.AttributeValueMemberN)
	if !ok || stored.Value != strconv.Itoa(score) {
		return false
	}
	value := p.stored[lastAnalyzedField].AttributeValue
	var analyzed table.Date
	return value != nil && analyzed.UnmarshalDynamoDBAttributeValue(value) == nil &&
		analyzed.UTC().Format(time.DateOnly) == at.UTC().Format(time.DateOnly)
}

// unchanged holds as long as nothing that the score follows from has changed, and no one else has scored the prospect.
func (p prospect) unchanged() table.Condition {
	is := func(field string) table.Condition { return table.DataIs(field, p.stored[field].AttributeValue) }
	return is(locationField).And(is(eventsField)).And(is(lastAnalyzedField))
}

// score is the change that stores the prospect's score.
func (p prospect) score(score int, at time.Time) table.Amend {
	return table.Amend{
		Key:       p.key,
		Fields:    map[string]any{leadScoreField: score, lastAnalyzedField: table.Date{Time: at}},
		Now:       at,
		Condition: p.unchanged(),
	}
}
