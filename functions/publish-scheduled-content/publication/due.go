package publication

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

const (
	itemPrefix = "SCHEDULE#"
	index      = "GSI2"
)

// placeOf is an item's place in the index.
func placeOf(is status, at time.Time) table.Key {
	return table.Key{Partition: itemPrefix + string(is), Sort: sortOf(at)}
}

func sortOf(at time.Time) string { return "TIME#" + table.Date{Time: at}.String() }

// placesUpTo selects the items in a state whose time has come.
func placesUpTo(is status, now time.Time) table.IndexQuery {
	at := placeOf(is, now)
	return table.IndexQuery{Index: index, Partition: at.Partition, To: at.Sort}
}

// due is what there is to do about an item, as it was read.
type due struct {
	key         table.Key
	at          time.Time       // since when
	seen        table.Condition // holds as long as the item is what was read
	publishTime time.Time       // zero if it cannot be read
	afresh      bool            // the agent wishes it to be published, and it was not taken up yet
}

// dueOf tells whether there is something to do about an item: its time has come, or whoever worked at it is gone. An item
// whose time cannot be read is due, so that it can be told of. The item may come from an index, and be no longer what it
// says: seen does not hold then.
func dueOf(item table.Item, now time.Time) (due, bool) {
	if id, ok := strings.CutPrefix(item.Key.Sort, itemPrefix); !ok || id == "" {
		return due{}, false
	}
	var raw struct {
		Status        table.Raw `dynamodbav:"status"`
		PublishTime   table.Raw `dynamodbav:"publishTime"`
		NextAttemptAt table.Raw `dynamodbav:"nextAttemptAt"`
		LeaseUntil    table.Raw `dynamodbav:"leaseUntil"`
		LeaseOwner    table.Raw `dynamodbav:"leaseOwner"`
	}
	content, err := contentOf(item)
	if err != nil || table.Decode(item, &raw) != nil {
		return due{}, false
	}
	is := due{
		key:         item.Key,
		at:          content.dueAt(),
		publishTime: content.publishTime(),
		afresh:      content.afresh(),
		seen: table.DataIs("status", raw.Status.AttributeValue).
			And(table.DataIs("publishTime", raw.PublishTime.AttributeValue)).
			And(table.DataIs("nextAttemptAt", raw.NextAttemptAt.AttributeValue)).
			And(table.DataIs("leaseUntil", raw.LeaseUntil.AttributeValue)).
			And(table.DataIs("leaseOwner", raw.LeaseOwner.AttributeValue)),
	}
	switch content.status() {
	case scheduled:
		return is, !is.at.After(now)
	case publishing:
		return is, content.leaseUntil().Before(now)
	default:
		return due{}, false
	}
}

// indexLimit is how many items of all agents are looked at in the index, in each of both states, for those of one.
const indexLimit = 100

// due are an agent's items that there is something to do about, oldest first.
//
// They are found in the index, among the items of all agents whose time has come. It cannot be asked for those of one agent,
// and so costs as much as there is due; which is little, as each tick leaves nothing behind. Only in a rush, when the index
// has more than a page of them (the top of an hour, or an outage that is over), would each of many agents read what is due
// for all; then the agent's own partition is read instead, which no rush can make larger.
func (p *Poster) due(ctx context.Context, userID string) ([]due, error) {
	now := p.Now()
	found, all, err := p.dueInIndex(ctx, userID, now)
	if err == nil && !all {
		found, err = p.dueInPartition(ctx, userID, now)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b due) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.key.Sort, b.key.Sort))
	})
	return found, nil
}

// dueInIndex tells whether it saw all that is due.
func (p *Poster) dueInIndex(ctx context.Context, userID string, now time.Time) (found []due, all bool, err error) {
	for _, state := range []status{publishing, scheduled} {
		query := placesUpTo(state, now)
		query.Filter = table.Condition{
			Expression: "PK = :owner",
			Values:     map[string]types.AttributeValue{":owner": table.Text(table.UserPartition(userID))},
		}
		for page, err := range p.Items.IndexPages(ctx, query, indexLimit, nil) {
			if err != nil {
				return nil, false, err
			}
			found = appendDue(found, page.Items, now)
			if len(page.Next) > 0 {
				return nil, false, nil
			}
		}
	}
	return found, true, nil
}

func (p *Poster) dueInPartition(ctx context.Context, userID string, now time.Time) (found []due, err error) {
	query := table.Query{
		Partition: table.UserPartition(userID),
		Prefix:    itemPrefix,
		Filter: table.Condition{
			Expression: "#Data.#status IN (:publishing, :scheduled)",
			Names:      map[string]string{"#Data": "Data", "#status": "status"},
			Values: map[string]types.AttributeValue{
				":publishing": table.Text(string(publishing)), ":scheduled": table.Text(string(scheduled)),
			},
		},
	}
	for page, err := range p.Items.Pages(ctx, query) {
		if err != nil {
			return nil, err
		}
		found = appendDue(found, page, now)
	}
	return found, nil
}

func appendDue(found []due, items []table.Item, now time.Time) []due {
	for _, item := range items {
		if is, ok := dueOf(item, now); ok {
			found = append(found, is)
		}
	}
	return found
}

// fanOut tells the agents who have items that are due.
func (p *Poster) fanOut(items schedule.Items) *schedule.FanOut {
	source := func(is status) schedule.Source {
		return schedule.Source{
			Index:  func(now time.Time) table.IndexQuery { return placesUpTo(is, now) },
			Agents: p.ownersOfDue,
		}
	}
	return &schedule.FanOut{
		Items:     items,
		Publisher: p.Publisher,
		Now:       p.Now,
		Sources:   []schedule.Source{source(publishing), source(scheduled)},
	}
}

// ownersOfDue are the agents of the items that are due, each once.
func (p *Poster) ownersOfDue(ctx context.Context, items []table.Item, _ schedule.Period) ([]string, error) {
	var owners []string
	now := p.Now()
	for _, item := range items {
		userID, isUser := table.UserOf(item.Key)
		if !isUser {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		if _, ok := dueOf(item, now); ok && !slices.Contains(owners, userID) {
			owners = append(owners, userID)
		}
	}
	return owners, nil
}
