package dynamo

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// tooOld is the age from which AWS takes an expiry for a mistake and lets the item live.
const tooOld = 5 * 365 * 24 * time.Hour

// expiry returns the second since 1970 in which an item expires. An expiry that is no number never comes.
func (t *table) expiry(item attribute.Map) (second int64, expires bool) {
	if t.TTLAttribute == "" {
		return 0, false
	}
	value, found := item.Get(t.TTLAttribute)
	if !found || value.Type != attribute.Number {
		return 0, false
	}
	seconds, err := strconv.ParseFloat(value.Text, 64)
	const last = 1 << 60
	if err != nil || seconds < 0 || seconds > last {
		return 0, false
	}
	return int64(seconds), true
}

// timeToLive is what UpdateTimeToLive is given and answers.
type timeToLive struct {
	AttributeName *string
	Enabled       *bool
}

// check refuses members that are wrong by their form alone.
func (l *timeToLive) check(wrong *constraints) {
	wrong.notNull("timeToLiveSpecification", l != nil)
	if l == nil {
		return
	}
	wrong.notNull("timeToLiveSpecification.enabled", l.Enabled != nil)
	wrong.notNull("timeToLiveSpecification.attributeName", l.AttributeName != nil)
	if l.AttributeName != nil {
		wrong.textLength("timeToLiveSpecification.attributeName", *l.AttributeName, 1, maxKeyName)
	}
}

func (e *Engine) updateTimeToLive(_ context.Context, body []byte) (json.RawMessage, error) {
	var request struct {
		TableName               string
		TimeToLiveSpecification *timeToLive
	}
	if err := decode(body, &request); err != nil {
		return nil, err
	}
	var wrong constraints
	wrong.name("tableName", tableName(request.TableName))
	request.TimeToLiveSpecification.check(&wrong)
	if err := wrong.error(); err != nil {
		return nil, err
	}
	wanted := *request.TimeToLiveSpecification
	if err := e.setTimeToLive(tableName(request.TableName), *wanted.AttributeName, *wanted.Enabled); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"TimeToLiveSpecification": request.TimeToLiveSpecification})
}

func (e *Engine) setTimeToLive(name, attribute string, enabled bool) error {
	e.schema.Lock()
	defer e.schema.Unlock()
	table, found := e.tables[name]
	switch {
	case !found:
		return refusal.TableNotFound(name)
	case enabled && table.TTLAttribute == attribute:
		return refusal.Validation("TimeToLive is already enabled")
	case !enabled && table.TTLAttribute == "":
		return refusal.Validation("TimeToLive is already disabled")
	case table.TTLAttribute != "" && table.TTLAttribute != attribute:
		return refusal.Validation("TimeToLive is active on a different AttributeName: current AttributeName is %s",
			table.TTLAttribute)
	}
	changed := table.record
	changed.TTLAttribute = ""
	if enabled {
		changed.TTLAttribute = attribute
	}
	return e.replaceTable(newTable(changed))
}

// replaceTable saves a table whose expiry changed, and notes anew when its items expire.
func (e *Engine) replaceTable(t *table) error {
	saved, err := t.save()
	if err != nil {
		return err
	}
	batch := e.space.Batch()
	batch.Set(tableKey(t.name()), saved)
	expiries := t.prefix(expiryRecord)
	batch.DeleteRange(expiries, attribute.After(expiries))
	items := t.prefix(itemRecord)
	err = e.space.Scan(items, attribute.After(items), func(key, value []byte) (bool, error) {
		item, err := t.decode(value)
		if expiry, expires := t.expiryKey(item); expires {
			batch.Set(expiry, key)
		}
		return true, err
	})
	if err != nil {
		return err
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	e.tables[t.name()] = t
	return nil
}

func (e *Engine) describeTimeToLive(_ context.Context, body []byte) (json.RawMessage, error) {
	table, unlock, err := e.named(body)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if table.TTLAttribute == "" {
		return json.RawMessage(`{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}`), nil
	}
	answer := []byte(`{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":`)
	return append(wire.AppendString(answer, table.TTLAttribute), `}}`...), nil
}

// Sweep deletes the items that have expired by a time and returns their number.
func (e *Engine) Sweep(ctx context.Context, now time.Time) (int, error) {
	e.schema.RLock()
	tables := make([]*table, 0, len(e.tables))
	for _, table := range e.tables {
		if table.TTLAttribute != "" {
			tables = append(tables, table)
		}
	}
	e.schema.RUnlock()
	deleted := 0
	for _, table := range tables {
		n, err := e.sweepTable(ctx, table.name(), now)
		deleted += n
		if err != nil {
			return deleted, fmt.Errorf("delete the expired items of %q: %w", table.name(), err)
		}
	}
	return deleted, e.forgetTokens(now)
}

func (e *Engine) sweepTable(ctx context.Context, name string, now time.Time) (int, error) {
	const most = 1000 // items at a time, so that tables can change in between
	deleted := 0
	for {
		n, more, err := e.sweepSome(ctx, name, now, most)
		deleted += n
		if err != nil || !more {
			return deleted, err
		}
	}
}

func (e *Engine) sweepSome(ctx context.Context, name string, now time.Time, most int) (deleted int, more bool, err error) {
	e.schema.RLock()
	defer e.schema.RUnlock()
	table, found := e.tables[name]
	if !found {
		return 0, false, nil
	}
	expired, err := e.expired(table, now, most)
	if err != nil {
		return 0, false, err
	}
	for _, stored := range expired {
		if err := ctx.Err(); err != nil {
			return deleted, false, err
		}
		gone, err := e.expire(table, stored, now)
		if err != nil {
			return deleted, false, err
		}
		if gone {
			deleted++
		}
	}
	return deleted, deleted > 0 && len(expired) == most, nil
}

// expired returns where the items are stored that have expired.
func (e *Engine) expired(t *table, now time.Time, most int) ([][]byte, error) {
	prefix := t.prefix(expiryRecord)
	at := func(time time.Time) []byte {
		return binary.BigEndian.AppendUint64(slices.Clone(prefix), uint64(max(0, time.Unix())))
	}
	var keys [][]byte
	err := e.space.Scan(at(now.Add(-tooOld)), at(now.Add(time.Second)), func(_, value []byte) (bool, error) {
		keys = append(keys, slices.Clone(value))
		return len(keys) < most, nil
	})
	return keys, err
}

// expire deletes an item unless it was changed meanwhile so that it does not expire any more.
func (e *Engine) expire(t *table, stored []byte, now time.Time) (bool, error) {
	defer e.locks.lock(stored)()
	item, err := e.read(t, stored)
	if err != nil {
		return false, err
	}
	if second, expires := t.expiry(item); !expires || second > now.Unix() {
		return false, nil
	}
	return true, e.commit([]change{{table: t, stored: stored, old: item}}, nil)
}

// sweeper deletes expired items from time to time.
type sweeper struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

func (e *Engine) startSweeper(every time.Duration) *sweeper {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sweeper{cancel, make(chan struct{})}
	go func() {
		defer close(s.ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				_, _ = e.Sweep(ctx, e.clock()) // what it could not delete the next sweep will
			}
		}
	}()
	return s
}

func (s *sweeper) stop(ctx context.Context) error {
	s.cancel()
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("the deletion of expired items has not ended"), ctx.Err())
	}
}
