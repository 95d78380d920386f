package bus

import (
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// maxBuses is how many buses an account has, the default one not counted.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const maxBuses = 100

// CreateBus makes a bus, or changes the description of the one that is there.
func (b *Bus) CreateBus(name, description string, log *LogConfig) error {
	described := EventBus{Name: name, Description: description, LogConfig: log}
	if err := described.check(); err != nil {
		return err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	return b.createBus(described)
}

func (e *EventBus) check() error {
	const maxName = 256
	var c constraints
	c.name(e.Name, "name", maxName)
	c.longest(e.Description, "description", maxDescription)
	if e.LogConfig != nil {
		c.oneOf(e.LogConfig.Level, "logConfig.level", "OFF", "ERROR", "INFO", "TRACE")
		c.oneOf(e.LogConfig.IncludeDetail, "logConfig.includeDetail", "NONE", "FULL")
	}
	return c.err()
}

func (b *Bus) createBus(described EventBus) error {
	entry := &busEntry{EventBus: described, rules: make(map[string]*ruleEntry)}
	entry.Created = time.Now()
	entry.Modified = entry.Created
	if existing, found := b.catalogue.buses[described.Name]; found {
		entry.Created, entry.rules = existing.Created, existing.rules
	}
	if err := b.change(entry.saveTo); err != nil {
		return err
	}
	b.catalogue.buses[described.Name] = entry
	b.reroute(described.Name)
	return nil
}

// DeleteBus removes a bus, which must have no rules and no archives.
func (b *Bus) DeleteBus(name string) error {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, found := b.catalogue.buses[name]
	switch {
	case name == DefaultBus:
		return invalid("Cannot delete event bus default.")
	case !found:
		return noSuchBus(name)
	case len(entry.rules) > 0 || b.hasArchive(name):
		return invalid("EventBus can't be deleted since it has rules.") // of an archive AWS makes one itself
	}
	if err := b.change(func(batch *store.Batch) { batch.Delete(nameKey(keyBus, name)) }); err != nil {
		return err
	}
	delete(b.catalogue.buses, name)
	b.routesLock.Lock()
	defer b.routesLock.Unlock()
	delete(b.routes, name)
	return nil
}

func (b *Bus) hasArchive(bus string) bool {
	for _, archive := range b.catalogue.archives {
		if archive.Bus == bus {
			return true
		}
	}
	return false
}

type createEventBusRequest struct {
	Name, Description string
	LogConfig         *LogConfig
}

type createEventBusAnswer struct {
	EventBusArn string
	Description string     `json:",omitempty"`
	LogConfig   *LogConfig `json:",omitempty"`
}

func (b *Bus) createEventBus(request *createEventBusRequest) (any, error) {
	described := EventBus{Name: request.Name, Description: request.Description, LogConfig: request.LogConfig}
	if strings.Contains(described.Name, "/") {
		return nil, invalid("Event bus name must not contain '/'.") // that is for partners' buses
	}
	if err := described.check(); err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	if _, taken := b.catalogue.buses[described.Name]; taken {
		return nil, alreadyExists("Event bus", described.Name)
	}
	if len(b.catalogue.buses) > maxBuses {
		return nil, tooMany()
	}
	return createEventBusAnswer{busARN(described.Name), described.Description, described.LogConfig}, b.createBus(described)
}

type updateEventBusRequest struct {
	Name        string
	Description *string
	LogConfig   *LogConfig
}

type updateEventBusAnswer struct {
	Arn, Name   string
	Description string     `json:",omitempty"`
	LogConfig   *LogConfig `json:",omitempty"`
}

func (b *Bus) updateEventBus(request *updateEventBusRequest) (any, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	existing, found := b.catalogue.buses[busOf(request.Name)]
	if !found {
		return nil, noSuchBus(busOf(request.Name))
	}
	changed := existing.EventBus
	if request.Description != nil {
		changed.Description = *request.Description
	}
	if request.LogConfig != nil {
		changed.LogConfig = request.LogConfig
	}
	if err := changed.check(); err != nil {
		return nil, err
	}
	return updateEventBusAnswer{busARN(changed.Name), changed.Name, changed.Description, changed.LogConfig}, b.createBus(changed)
}

type deleteEventBusRequest struct{ Name string }

func (b *Bus) deleteEventBus(request *deleteEventBusRequest) (any, error) {
	if request.Name == "" {
		return nil, required("name")
	}
	return struct{}{}, b.DeleteBus(busOf(request.Name))
}
