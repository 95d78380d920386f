package bus

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// CreateArchive makes an archive, or changes the one that is there, which keeps its events. An archive takes every event
// of its bus that its pattern matches, but never one that a replay brings again.
func (b *Bus) CreateArchive(archive Archive) error {
	_, err := b.putArchive(archive, false)
	return err
}

// putArchive is CreateArchive; one that must be new refuses to change another.
func (b *Bus) putArchive(archive Archive, mustBeNew bool) (*archiveEntry, error) {
	archive.Bus = busOf(archive.Bus)
	if err := archive.check(); err != nil {
		return nil, err
	}
	compiled, err := compileArchive(archive.Pattern)
	if err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	if _, found := b.catalogue.buses[archive.Bus]; !found {
		return nil, noSuchBus(archive.Bus)
	}
	counters := b.catalogue.counters
	entry := &archiveEntry{Archive: archive, pattern: compiled, Created: time.Now()}
	existing, found := b.catalogue.archives[archive.Name]
	switch {
	case found && mustBeNew:
		return nil, alreadyExists("Archive", archive.Name)
	case found && existing.Bus != archive.Bus:
		return nil, invalid("Archive %s belongs to the event bus %s.", archive.Name, existing.Bus)
	case found:
		entry.Number = existing.Number
		if !existing.Created.IsZero() {
			entry.Created = existing.Created
		}
	default:
		counters.Number++
		entry.Number = counters.Number
	}
	if err := b.change(func(batch *store.Batch) {
		counters.saveTo(batch)
		entry.saveTo(batch)
	}); err != nil {
		return nil, err
	}
	b.catalogue.counters, b.catalogue.archives[archive.Name] = counters, entry
	b.reroute(archive.Bus)
	return entry, nil
}

func (a *Archive) check() error {
	const maxName, maxPattern = 48, 4096
	var c constraints
	c.name(a.Name, "archiveName", maxName)
	c.longest(a.Description, "description", maxDescription)
	c.longest(a.Pattern, "eventPattern", maxPattern)
	c.within(&a.RetentionDays, "retentionDays", 0, 1<<31-1)
	return c.err()
}

// DeleteArchive removes an archive with all its events. A replay of them fails.
func (b *Bus) DeleteArchive(name string) error {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, found := b.catalogue.archives[name]
	if !found {
		return noSuchArchive(name)
	}
	if err := b.failReplays(entry); err != nil {
		return err
	}
	if err := b.change(func(batch *store.Batch) { batch.Delete(nameKey(keyArchive, name)) }); err != nil {
		return err
	}
	delete(b.catalogue.archives, name)
	b.reroute(entry.Bus) // from now on nothing is added
	return b.change(func(batch *store.Batch) {
		batch.DeleteRange(numberKey(keyArchived, entry.Number), after(numberKey(keyArchived, entry.Number)))
	})
}

// archive finds an archive by its name. The entry never changes: a change replaces it.
func (b *Bus) archive(name string) (*archiveEntry, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	entry, found := b.catalogue.archives[name]
	if !found {
		return nil, noSuchArchive(name)
	}
	return entry, nil
}

func compileArchive(text string) (*pattern.Pattern, error) {
	const everyEvent = `{"source":[{"prefix":""}]}`
	if text == "" {
		text = everyEvent
	}
	return pattern.Compile([]byte(text), pattern.SizeLimit)
}

// Archived calls visit with the JSON of each event in an archive whose time is in [from, to), in the order of their times,
// which count in whole seconds. visit must copy what it keeps; it returns whether to go on.
func (b *Bus) Archived(archive string, from, to time.Time, visit func(event []byte) (more bool)) error {
	entry, err := b.archive(archive)
	if err != nil {
		return err
	}
	return b.State.Scan(archivedFrom(entry.Number, from), archivedFrom(entry.Number, to), func(_, event []byte) (bool, error) {
		return visit(event), nil
	})
}

// sweepEvery is how often archives are cleared of what they need not retain, beside at the start. A day is little of a retention,
// which is counted in days; and a sweep takes the longer the more there was to remove lately.
const sweepEvery = 24 * time.Hour

// sweepDeleted removes the events of archives that are no more: the process may have been killed between the deletion of an
// archive and that of its events. It is for the opening of the buses, when nothing else goes on.
func (b *Bus) sweepDeleted() error {
	live := map[uint32]bool{}
	for _, entry := range b.catalogue.archives {
		live[entry.Number] = true
	}
	return b.change(func(batch *store.Batch) {
		from := []byte{keyArchived}
		for _, number := range slices.Sorted(maps.Keys(live)) {
			archive := numberKey(keyArchived, number)
			if !bytes.Equal(from, archive) {
				batch.DeleteRange(from, archive)
			}
			from = after(archive)
		}
		batch.DeleteRange(from, after([]byte{keyArchived}))
	})
}

// sweep removes from the archives what was accepted longer ago than they retain, and forgets old replays.
func (b *Bus) sweep(now time.Time) error {
	b.admin.Lock()
	var entries []*archiveEntry
	for _, entry := range b.catalogue.archives {
		entries = append(entries, entry)
	}
	b.admin.Unlock()
	for _, entry := range entries {
		if entry.RetentionDays == 0 {
			continue
		}
		if err := b.sweepArchive(entry, now.AddDate(0, 0, -entry.RetentionDays)); err != nil {
			return fmt.Errorf("sweep the archive %s: %w", entry.Name, err)
		}
	}
	return b.forgetReplays(now)
}

// sweepArchive looks at events that happened before the limit only: no event is accepted before it happens, or else it is
// removed later than it could be.
func (b *Bus) sweepArchive(entry *archiveEntry, limit time.Time) error {
	const atOnce = 10_000
	for from := numberKey(keyArchived, entry.Number); from != nil; {
		batch, count := b.State.Batch(), 0
		start := from
		from = nil
		err := b.State.Scan(start, archivedFrom(entry.Number, limit), func(key, _ []byte) (bool, error) {
			if acceptedOf(key).Before(limit) {
				batch.Delete(key)
				count++
			}
			if count == atOnce {
				from = append(append([]byte(nil), key...), 0)
			}
			return count < atOnce, nil
		})
		if err != nil {
			return err
		}
		if err := batch.Apply(); err != nil {
			return err
		}
	}
	return nil
}
