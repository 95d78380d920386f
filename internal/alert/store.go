package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"golang.org/x/sync/errgroup"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Items is the part of *table.Table that a Store calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
	Save(ctx context.Context, save table.Save) error
}

// Publisher is the part of *events.Publisher that a Store calls.
type Publisher interface {
	PublishBatch(ctx context.Context, facts []events.Fact) []events.Result
}

// Store keeps alerts and their facts, and tells the bus of them. It is safe for concurrent use.
type Store struct {
	items     Items
	publisher Publisher
	now       func() time.Time
}

// NewStore keeps alerts in items and tells publisher of them; now is the clock.
func NewStore(items Items, publisher Publisher, now func() time.Time) *Store {
	return &Store{items: items, publisher: publisher, now: now}
}

// Raised is an alert with the fact that remembers it.
type Raised struct {
	Alert
	fact fact
}

// Prepare makes a finding an alert: it returns the alert, and the changes that store it with its fact. The caller makes
// them in one transaction with what the finding was found by; the transaction fails with table.ErrConflict when the fact
// is known already (see Known).
func (s *Store) Prepare(finding Finding) (Raised, []table.Change, error) {
	now := s.now()
	encoded, err := attributevalue.Marshal(finding.Data)
	if err != nil {
		return Raised{}, nil, fmt.Errorf("encode the data of an alert: %w", err)
	}
	createdAt := table.Date{Time: now.Truncate(time.Millisecond)}
	raised := Raised{
		Alert: Alert{
			ID:        finding.ID(),
			UserID:    finding.UserID,
			Type:      finding.Type,
			Priority:  finding.Priority,
			Status:    Unread,
			CreatedAt: createdAt,
			Data:      data{table.Raw{AttributeValue: encoded}},
		},
		fact: fact{AlertID: finding.ID(), AlertKey: finding.key(), CreatedAt: createdAt},
	}
	remembered := raised.fact.save(raised.UserID, now)
	remembered.Condition = table.Absent()
	return raised, []table.Change{raised.save(now), remembered}, nil
}

// Known tells whether a finding's fact has been raised before.
func (s *Store) Known(ctx context.Context, finding Finding) (bool, error) {
	_, known, err := s.items.Get(ctx, factKey(finding.UserID, finding.ID()))
	return known, err
}

// rememberAtOnce bounds how many facts are written together.
const rememberAtOnce = 8

// Announce tells the bus of stored alerts, and remembers which of them the bus has accepted. It fails when one of them was
// not accepted or not remembered; the others are told and remembered all the same.
func (s *Store) Announce(ctx context.Context, alerts []Raised) error {
	failures := make([]error, len(alerts))
	var facts []events.Fact
	var told []int // the place of each fact among alerts
	for i, raised := range alerts {
		created, err := raised.created()
		if err != nil {
			failures[i] = err
			continue
		}
		facts, told = append(facts, created), append(told, i)
	}
	var writing errgroup.Group
	writing.SetLimit(rememberAtOnce)
	for n, result := range s.publisher.PublishBatch(ctx, facts) {
		i := told[n]
		if result.Err != nil {
			failures[i] = fmt.Errorf("alert %s: %w", alerts[i].ID, result.Err)
			continue
		}
		metrics.Add(ctx, metrics.AlertsPublished, 1)
		writing.Go(func() error {
			failures[i] = s.remember(ctx, alerts[i])
			return nil
		})
	}
	return errors.Join(writing.Wait(), errors.Join(failures...))
}

// AnnounceForgotten tells the bus of an agent's alerts of some types that were stored, but of which the bus was never told,
// because the function crashed or the bus refused them. An alert that the agent has deleted since is not told; what cannot
// be read is counted, and holds up nothing else.
func (s *Store) AnnounceForgotten(ctx context.Context, userID string, alertTypes ...Type) error {
	query := table.Query{
		Partition: table.UserPartition(userID),
		Prefix:    factPrefix,
		Filter:    table.DataHasNo("publishedAt"),
	}
	var refused []error
	for items, err := range s.items.Pages(ctx, query) {
		if err != nil {
			return fmt.Errorf("alert facts: %w", err)
		}
		forgotten, err := s.load(ctx, userID, alertTypes, items)
		if err != nil {
			return err
		}
		refused = append(refused, s.Announce(ctx, forgotten))
	}
	return errors.Join(refused...)
}

// load reads the alerts of facts, leaving out those of other types.
func (s *Store) load(ctx context.Context, userID string, alertTypes []Type, facts []table.Item) ([]Raised, error) {
	var alerts []Raised
	for _, item := range facts {
		raised, found, err := s.loadOne(ctx, userID, item)
		var malformed *table.MalformedError
		switch {
		case errors.As(err, &malformed):
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		case err != nil:
			return nil, err
		case found && slices.Contains(alertTypes, raised.Type):
			alerts = append(alerts, raised)
		}
	}
	return alerts, nil
}

// loadOne reads the alert of a fact, and tells whether it is still there.
func (s *Store) loadOne(ctx context.Context, userID string, item table.Item) (raised Raised, found bool, err error) {
	if err := table.Decode(item, &raised.fact); err != nil {
		return Raised{}, false, err
	}
	stored, found, err := s.items.Get(ctx, alertKey(userID, raised.fact.AlertID, raised.fact.CreatedAt))
	if err != nil || !found {
		return Raised{}, false, err
	}
	if err := table.Decode(stored, &raised.Alert); err != nil {
		return Raised{}, false, err
	}
	if created, err := raised.created(); err != nil || created.Validate() != nil {
		return Raised{}, false, &table.MalformedError{Key: stored.Key, Err: errUntellable}
	}
	return raised, true, nil
}

// errUntellable says that no event can tell of an alert.
var errUntellable = errors.New("it lacks what Alert Created must say")

func (s *Store) remember(ctx context.Context, raised Raised) error {
	now := s.now()
	raised.fact.PublishedAt = &table.Date{Time: now}
	return s.items.Save(ctx, raised.fact.save(raised.UserID, now))
}

// created is the fact that the bus is told.
func (a Alert) created() (events.AlertCreated, error) {
	encoded, err := json.Marshal(a.Data)
	if err != nil {
		return events.AlertCreated{}, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	return events.AlertCreated{
		AlertID:   a.ID,
		UserID:    a.UserID,
		AlertType: string(a.Type),
		Priority:  string(a.Priority),
		CreatedAt: events.At(a.CreatedAt.Time),
		Data:      encoded,
	}, nil
}

func (a Alert) save(now time.Time) table.Save {
	return table.Save{
		Key:        a.key(),
		EntityType: "Alert",
		Data:       a,
		Now:        now,
		GSI1: &table.Key{
			Partition: "ALERT#" + a.UserID + "#" + string(a.Type),
			Sort:      unixMilliseconds(a.CreatedAt),
		},
	}
}

func (f fact) save(userID string, now time.Time) table.Save {
	expires := f.CreatedAt.Add(factLifetime)
	return table.Save{
		Key:        factKey(userID, f.AlertID),
		EntityType: factEntity,
		Data:       f,
		Now:        now,
		Expires:    &expires,
	}
}

func unixMilliseconds(date table.Date) string { return strconv.FormatInt(date.UnixMilli(), 10) }
