package competitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.uber.org/zap"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// competitor is someone whom an agent tracks.
type competitor struct {
	ID      string  `dynamodbav:"id"`
	Name    string  `dynamodbav:"name"`
	MLSID   string  `dynamodbav:"mlsId"` // by which the competitor's listings are found
	Active  bool    `dynamodbav:"isActive"`
	AddedAt addedAt `dynamodbav:"addedAt"`
}

// competitorPrefix is what the sort keys of tracked competitors begin with.
const competitorPrefix = "TRACKED_COMPETITOR#"

// The bounds of what is taken for a competitor's own words.
const (
	longestID   = 256 // bytes; it becomes a part of keys
	longestName = 1024
)

// mostCompetitors is how many competitors of one agent are watched (rules: Competitors).
const mostCompetitors = 20

// errNotItsKey says why an item is no competitor: another item could stand for the same one.
var errNotItsKey = errors.New("id is missing or not that of the key")

// errID says why an id cannot be a part of keys: the parts would not be told apart, or are too long.
var errID = fmt.Errorf("id has a # or more than %d bytes", longestID)

// competitorOf reads a competitor from its item. It fails with *table.MalformedError.
func competitorOf(item table.Item) (competitor, error) {
	var read competitor
	if err := table.Decode(item, &read); err != nil {
		return competitor{}, err
	}
	if read.ID == "" || item.Key.Sort != competitorPrefix+read.ID {
		return competitor{}, &table.MalformedError{Key: item.Key, Err: errNotItsKey}
	}
	if strings.Contains(read.ID, "#") || len(read.ID) > longestID {
		return competitor{}, &table.MalformedError{Key: item.Key, Err: errID}
	}
	read.MLSID = strings.TrimSpace(read.MLSID)
	read.Name = strings.TrimSpace(read.Name)
	if read.Name == "" || len(read.Name) > longestName {
		read.Name = read.MLSID
	}
	return read, nil
}

// watched are the competitors whose listings an agent is told of: those who are active and have an mlsId, of these the
// first. Competitors beyond the limit, and items that cannot be used, are counted.
func (w *Watcher) watched(ctx context.Context, userID string) ([]competitor, error) {
	var watched []competitor
	query := table.Query{Partition: table.UserPartition(userID), Prefix: competitorPrefix}
	for items, err := range w.items.Pages(ctx, query) {
		if err != nil {
			return nil, fmt.Errorf("tracked competitors: %w", err)
		}
		for _, item := range items {
			tracked, err := competitorOf(item)
			switch {
			case err != nil:
				metrics.Add(ctx, metrics.CompetitorsUnusable, 1)
			case tracked.Active && tracked.MLSID != "":
				watched = append(watched, tracked)
			}
		}
	}
	slices.SortFunc(watched, competitor.compare)
	if more := len(watched) - mostCompetitors; more > 0 {
		metrics.Add(ctx, metrics.CompetitorsLeftOut, more)
		w.logger.Warn("more competitors are tracked than are watched",
			zap.String("userId", userID), zap.Int("watched", mostCompetitors), zap.Int("leftOut", more))
		watched = watched[:mostCompetitors]
	}
	return watched, nil
}

// compare orders competitors by when they were added, those of whom that is not known last.
func (c competitor) compare(other competitor) int {
	if c.AddedAt.IsZero() != other.AddedAt.IsZero() {
		if c.AddedAt.IsZero() {
			return 1
		}
		return -1
	}
	return cmp.Or(c.AddedAt.Compare(other.AddedAt.Time), cmp.Compare(c.ID, other.ID))
}

// addedAt is a date that is zero where it cannot be read: a competitor is not lost for an order.
type addedAt struct{ table.Date }

// UnmarshalDynamoDBAttributeValue never fails.
func (a *addedAt) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var read table.Date
	if err := read.UnmarshalDynamoDBAttributeValue(value); err == nil {
		a.Date = read
	}
	return nil
}
