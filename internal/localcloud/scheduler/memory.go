package scheduler

import (
	"encoding/json"
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// memory keeps clocks and deliveries across restarts, in two parts of one space.
type memory struct{ space *store.Space }

const (
	clockPrefix    = "clock/"
	deliveryPrefix = "delivery/"
	afterDelivery  = "delivery0" // the first key after those with the prefix
)

// clock returns a schedule's clock, unless the schedule has another expression by now.
func (m memory) clock(schedule template.Schedule) (c clock, known bool, err error) {
	value, found, err := m.space.Get([]byte(clockPrefix + schedule.ARN))
	if err != nil || !found {
		return clock{}, false, err
	}
	if err := json.Unmarshal(value, &c); err != nil {
		return clock{}, false, fmt.Errorf("read the clock of %s: %w", schedule.Name, err)
	}
	return c, c.Expression == schedule.Expression && c.TimeZone == schedule.TimeZone, nil
}

func (m memory) saveClock(schedule template.Schedule, c clock) error {
	batch := m.space.Batch()
	keep(batch, clockPrefix+schedule.ARN, c)
	return batch.Apply()
}

func (m memory) forgetClock(arn string) error {
	batch := m.space.Batch()
	batch.Delete([]byte(clockPrefix + arn))
	return batch.Apply()
}

// saveDue keeps a clock and the delivery of the time that it came to, both or neither.
func (m memory) saveDue(schedule template.Schedule, c clock, d *delivery) error {
	batch := m.space.Batch()
	keep(batch, clockPrefix+schedule.ARN, c)
	keep(batch, deliveryPrefix+d.ID, d)
	return batch.Apply()
}

func (m memory) saveDelivery(d *delivery) error {
	batch := m.space.Batch()
	keep(batch, deliveryPrefix+d.ID, d)
	return batch.Apply()
}

func (m memory) deleteDelivery(d *delivery) error {
	batch := m.space.Batch()
	batch.Delete([]byte(deliveryPrefix + d.ID))
	return batch.Apply()
}

func (m memory) deliveries() ([]*delivery, error) {
	var all []*delivery
	err := m.space.Scan([]byte(deliveryPrefix), []byte(afterDelivery), func(key, value []byte) (bool, error) {
		d := &delivery{done: make(chan struct{})}
		if err := json.Unmarshal(value, d); err != nil {
			return false, fmt.Errorf("read the delivery %s: %w", key, err)
		}
		all = append(all, d)
		return true, nil
	})
	return all, err
}

func keep(batch *store.Batch, key string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // clocks and deliveries consist of texts, numbers and times
	}
	batch.Set([]byte(key), encoded)
}
