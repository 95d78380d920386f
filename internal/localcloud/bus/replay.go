package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Replay describes a replay: it brings events of an archive once more to rules of the archive's bus.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
type Replay struct {
	Name        string
	Description string    `json:",omitempty"`
	Archive     string    // name
	Bus         string    // name
	From, To    time.Time // of the events, in whole seconds; one that happened at To is not replayed
	Rules       []string  `json:",omitempty"` // ARNs of the rules that get the events; all of the bus if empty
}

// The states of a replay.
const (
	starting   = "STARTING"
	running    = "RUNNING"
	cancelling = "CANCELLING"
	completed  = "COMPLETED"
	cancelled  = "CANCELLED"
	failed     = "FAILED"
)

const (
	maxReplays  = 10                  // at the same time
	keepReplays = 90 * 24 * time.Hour // then AWS forgets them
	replayPause = 5 * time.Millisecond
)

// pace is how fast replays go. Live events need not wait behind a whole archive.
type pace struct {
	atOnce int // events that are brought together
	ahead  int // deliveries to one target that wait for their first attempt, before the replay waits, too
}

func usualPace() pace { return pace{atOnce: 100, ahead: 500} }

// replay is a replay with how far it has come. It takes the events that were in the archive when it was started, a few at a
// time, and writes down with each few where it stands: a kill of the process makes it neither leave out events nor bring
// them twice.
type replay struct {
	bus *Bus
	Replay

	runs bool // guarded by the bus's admin

	mu       sync.Mutex
	progress progress // guarded by mu
}

type progress struct {
	State, Reason  string
	Started, Ended time.Time
	Archive        uint32    // its number: a later archive of the same name is another one
	End            uint64    // events with this sequence number or a higher one came later than the replay
	Next           []byte    // the key in the archive from which to go on; nil at first
	LastReplayed   time.Time // the time of the event that was replayed last; zero if there is none
}

// savedReplay is a replay as it stands in the state.
type savedReplay struct {
	Replay
	Progress progress
}

func (p *progress) active() bool {
	return p.State == starting || p.State == running || p.State == cancelling
}

func (p *progress) end(state, reason string) {
	p.State, p.Reason, p.Ended = state, reason, time.Now()
}

// now returns how far the replay is.
func (r *replay) now() progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.progress
}

func (r *replay) save(batch interface{ Set(key, value []byte) }, next *progress) {
	value, err := json.Marshal(savedReplay{r.Replay, *next})
	if err != nil {
		panic(err) // a description is made of what JSON can say
	}
	batch.Set(nameKey(keyReplay, r.Name), value)
}

// change makes a change of the progress durable.
func (r *replay) change(next *progress) error {
	err := r.bus.change(func(batch *store.Batch) { r.save(batch, next) })
	if err == nil {
		r.progress = *next
	}
	return err
}

// beginReplay begins a replay, whose bus must be that of its archive.
func (b *Bus) beginReplay(asked Replay) (progress, error) {
	b.admin.Lock()
	defer b.admin.Unlock()
	archive, err := b.replayable(&asked)
	if err != nil {
		return progress{}, err
	}
	begun := progress{State: starting, Started: time.Now(), Archive: archive.Number, End: b.acceptedSoFar()}
	made := &replay{bus: b, Replay: asked}
	if err := made.change(&begun); err != nil {
		return progress{}, err
	}
	b.catalogue.replays[asked.Name] = made
	if b.started.Load() {
		made.start()
	}
	return begun, nil
}

// replayable refuses what AWS refuses. The caller holds admin.
func (b *Bus) replayable(asked *Replay) (*archiveEntry, error) {
	bus, found := b.catalogue.buses[asked.Bus]
	if !found {
		return nil, noSuchBus(asked.Bus)
	}
	archive, found := b.catalogue.archives[asked.Archive]
	switch {
	case !found:
		return nil, notValid("EventSourceArn", "Archive "+asked.Archive+" does not exist.")
	case archive.Bus != asked.Bus:
		return nil, notValid("Destination.Arn", "Cross event bus replay is not permitted.")
	case !asked.From.Before(asked.To):
		return nil, notValid("EventEndTime", "EventStartTime must be before EventEndTime.")
	}
	for _, arn := range asked.Rules {
		if err := bus.hasRule(arn); err != nil {
			return nil, err
		}
	}
	if _, taken := b.catalogue.replays[asked.Name]; taken {
		return nil, alreadyExists("Replay", asked.Name)
	}
	active := 0
	for _, other := range b.catalogue.replays {
		if at := other.now(); at.active() {
			active++
		}
	}
	if active >= maxReplays {
		return nil, tooMany()
	}
	return archive, nil
}

// acceptedSoFar returns the sequence number that no event has reached that is in an archive now.
func (b *Bus) acceptedSoFar() uint64 {
	b.routesLock.Lock() // waits for the events that are being accepted
	defer b.routesLock.Unlock()
	return b.sequence.settled()
}

// stopReplay cancels a replay: what it has brought so far is delivered.
func (b *Bus) stopReplay(name string) (progress, error) {
	b.admin.Lock()
	found, known := b.catalogue.replays[name]
	b.admin.Unlock()
	if !known {
		return progress{}, noSuchReplay(name)
	}
	found.mu.Lock()
	defer found.mu.Unlock()
	next := found.progress
	if next.State != starting && next.State != running {
		return progress{}, illegalStatus(name)
	}
	next.State = cancelling
	return next, found.change(&next)
}

// failReplays ends the replays of an archive that is no more. The caller holds admin.
func (b *Bus) failReplays(archive *archiveEntry) error {
	for _, r := range b.catalogue.replays {
		if err := r.failWithout(archive); err != nil {
			return err
		}
	}
	return nil
}

func (r *replay) failWithout(archive *archiveEntry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.progress.Archive != archive.Number || !r.progress.active() {
		return nil
	}
	next := r.progress
	next.end(failed, noSuchArchive(archive.Name).Message)
	return r.change(&next)
}

// startReplays goes on with the replays of earlier runs of the process.
func (b *Bus) startReplays() {
	b.admin.Lock()
	defer b.admin.Unlock()
	for _, r := range b.catalogue.replays {
		if at := r.now(); at.active() {
			r.start()
		}
	}
}

// start runs the replay, unless it runs already. The caller holds the bus's admin.
func (r *replay) start() {
	if !r.runs {
		r.runs = true
		r.bus.runners.Go(r.run)
	}
}

// run replays until the end, or until the bus is closed.
func (r *replay) run() {
	chosen := r.chosen()
	for {
		pause := replayPause
		if !r.crowded(chosen) {
			more, err := r.step(chosen)
			switch {
			case err != nil:
				r.warn(err.Error())
				pause = pauseAfterError
			case !more:
				return
			default:
				pause = 0
			}
		}
		select {
		case <-time.After(pause):
		case <-r.bus.ctx.Done():
			return
		}
	}
}

// warn tells of something that has gone wrong.
func (r *replay) warn(reason string) {
	r.bus.Recorder.Record(activity.Activity{
		At: time.Now(), Kind: activity.Warned, Bus: r.Bus, Replay: r.Name, Reason: "replay " + r.Name + ": " + reason,
	})
}

// chosen are the rules that get the events; nil for all.
func (r *replay) chosen() map[string]bool {
	if len(r.Rules) == 0 {
		return nil
	}
	chosen := make(map[string]bool, len(r.Rules))
	for _, arn := range r.Rules {
		chosen[arn] = true
	}
	return chosen
}

// crowded tells whether a target has enough to do.
func (r *replay) crowded(chosen map[string]bool) bool {
	if at := r.now(); at.State == cancelling {
		return false // nothing is added
	}
	r.bus.routesLock.RLock()
	defer r.bus.routesLock.RUnlock()
	routes, found := r.bus.routes[r.Bus]
	if !found {
		return false
	}
	return slices.ContainsFunc(routes.list, func(to route) bool {
		return (chosen == nil || chosen[to.rule.arn()]) && slices.ContainsFunc(to.lanes, func(lane *lane) bool {
			return lane.untried.Load() > int64(r.bus.pace.ahead)
		})
	})
}

// step replays the next few events, and tells whether there are more.
func (r *replay) step(chosen map[string]bool) (more bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	next := r.progress
	switch {
	case !next.active():
		return false, nil
	case next.State == cancelling:
		next.end(cancelled, "")
		return false, r.change(&next)
	}
	next.State = running
	entries, damaged, more, err := r.read(&next)
	if err != nil {
		return true, err
	}
	if !more {
		next.end(completed, "")
	}
	a := r.bus.begin(Origin{}, len(entries))
	a.kind, a.replay, a.chosen = activity.Replayed, r.Name, chosen
	r.save(a, &next)
	results, err := a.accept(entries)
	if err != nil {
		return true, err
	}
	r.progress = next
	for i, result := range results {
		if result.ErrorCode != "" {
			r.warn(fmt.Sprintf("the event %s of %s is left out: %s: %s",
				entries[i].DetailType, entries[i].Time.UTC().Format(time.RFC3339), result.ErrorCode, result.ErrorMessage))
		}
	}
	for _, reason := range damaged {
		r.warn(reason)
	}
	return more, nil
}

// read returns the next few events of the archive and moves on behind them. It tells whether there may be more, and names
// those that are damaged: they are left out.
func (r *replay) read(next *progress) (entries []Entry, damaged []string, more bool, err error) {
	from := next.Next
	if from == nil {
		from = archivedFrom(next.Archive, r.From)
	}
	size := 0
	err = r.bus.State.Scan(from, archivedFrom(next.Archive, r.To), func(key, event []byte) (bool, error) {
		if len(entries)+len(damaged) == r.bus.pace.atOnce || size > bytesAtOnce {
			next.Next, more = append([]byte(nil), key...), true
			return false, nil
		}
		if archivedSequence(key) >= next.End {
			return true, nil
		}
		entry, err := entryOf(event)
		if err != nil {
			damaged = append(damaged, fmt.Sprintf("the event with the number %d in the archive is left out: %v", archivedSequence(key), err))
			return true, nil
		}
		entry.Bus = r.Bus
		entries, next.LastReplayed = append(entries, entry), entry.Time
		size += len(event)
		return true, nil
	})
	return entries, damaged, more, err
}

// entryOf returns the entry that an event was made of, but for its bus and its trace.
func entryOf(event []byte) (Entry, error) {
	var entry Entry
	var at string
	end := members(event, 0, scan.Value, func(name, value []byte) {
		switch string(name) {
		case `"detail-type"`:
			entry.DetailType = string(scan.AppendText(nil, value))
		case `"source"`:
			entry.Source = string(scan.AppendText(nil, value))
		case `"time"`:
			at = string(scan.AppendText(nil, value))
		case `"resources"`:
			_ = json.Unmarshal(value, &entry.Resources) // it is what the bus wrote: an array of strings
		}
	})
	_, detail, found := bytes.Cut(event, []byte(`,"detail":`)) // the last member, with the blanks around it
	if end == scan.Invalid || !found {
		return entry, errors.New("it is damaged")
	}
	entry.Detail = string(bytes.TrimSuffix(detail, []byte{'}'}))
	var err error
	if entry.Time, err = time.Parse(time.RFC3339, at); err != nil {
		return entry, fmt.Errorf("it is damaged: %w", err)
	}
	return entry, nil
}

// replaysInFlight says in words which replays go on.
func (b *Bus) replaysInFlight() []string {
	b.admin.Lock()
	defer b.admin.Unlock()
	var list []string
	for _, r := range b.catalogue.replays {
		at := r.now()
		if !at.active() {
			continue
		}
		words := "the replay " + r.Name
		if !at.LastReplayed.IsZero() {
			words += ", which has come to " + at.LastReplayed.UTC().Format(time.RFC3339)
		}
		list = append(list, words)
	}
	return list
}

// forgetReplays removes what AWS, too, keeps only so long.
func (b *Bus) forgetReplays(now time.Time) error {
	b.admin.Lock()
	defer b.admin.Unlock()
	for name, r := range b.catalogue.replays {
		if at := r.now(); at.active() || at.Started.Add(keepReplays).After(now) {
			continue
		}
		if err := b.change(func(batch *store.Batch) { batch.Delete(nameKey(keyReplay, name)) }); err != nil {
			return err
		}
		delete(b.catalogue.replays, name)
	}
	return nil
}
