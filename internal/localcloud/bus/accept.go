package bus

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Origin says who puts events.
type Origin struct {
	AccessKeyID string // that signed the request
	TraceHeader string // X-Amzn-Trace-Id of the request
}

// Result is what became of one entry: it has an EventID or an error.
type Result struct {
	EventID      string
	ErrorCode    string
	ErrorMessage string
}

// PutEvents accepts events. The results stand in the order of the entries; an entry that AWS would refuse fails alone. An
// error, which is an *awsapi.Error, says that no entry was accepted. What is accepted survives a kill of the process.
func (b *Bus) PutEvents(entries []Entry, origin Origin) ([]Result, error) {
	if err := checkEntries(entries); err != nil {
		return nil, err
	}
	a := b.begin(origin, len(entries))
	return a.accept(entries)
}

func (b *Bus) begin(origin Origin, entries int) *acceptance {
	a := &acceptance{
		bus: b, now: time.Now(), ids: newIDs(entries), kind: activity.Accepted, trace: validTraceHeader(origin.TraceHeader),
		accessKeyID: origin.AccessKeyID,
	}
	if name, known := b.FunctionOf(origin.AccessKeyID); known {
		a.kind, a.function = activity.Published, name
	}
	return a
}

// acceptance is the work on one request.
type acceptance struct {
	bus      *Bus
	batch    *store.Batch // nil as long as there is nothing to write
	now      time.Time
	ids      string
	kind     activity.Kind
	function string
	trace    string
	replay   string          // the name of the replay that brings the events again, or empty
	chosen   map[string]bool // the ARNs of the rules that they are for; nil: all

	accessKeyID string // that signed the request

	event    []byte // the event at hand
	record   []byte // the delivery at hand
	matched  []int
	owed     []owed
	happened []activity.Activity
}

// accept makes the entries durable with all that they lead to.
func (a *acceptance) accept(entries []Entry) ([]Result, error) {
	a.bus.routesLock.RLock()
	defer a.bus.routesLock.RUnlock()
	results := make([]Result, len(entries))
	first := a.bus.sequence.reserve(len(entries))
	for i := range entries {
		results[i] = a.add(i, first+uint64(i), &entries[i])
	}
	err := a.commit()
	a.bus.sequence.release(first)
	a.bus.wakeBehind()
	if err != nil {
		return nil, internalFailure(err)
	}
	return results, nil
}

// owed is a delivery that was added to the batch.
type owed struct {
	lane     *lane
	sequence uint64
}

// add checks an entry, matches it and adds what it leads to to the batch.
func (a *acceptance) add(i int, sequence uint64, entry *Entry) Result {
	if refusal := entry.refusal(); refusal != nil {
		return Result{ErrorCode: refusal.Code, ErrorMessage: refusal.Message}
	}
	if refusal := a.bus.MayPublish(a.accessKeyID, busOf(entry.Bus), entry.Source, entry.DetailType); refusal != nil {
		return Result{ErrorCode: refusal.Code, ErrorMessage: refusal.Message}
	}
	e := envelope{
		id: a.ids[idLength*i : idLength*(i+1)], detailType: entry.DetailType, source: entry.Source,
		time: entry.Time, resources: entry.Resources, replay: a.replay,
	}
	if e.time.IsZero() {
		e.time = a.now
	}
	a.event = e.appendTo(a.event[:0])
	detail := len(a.event)
	a.event = append(a.event, entry.Detail...)
	lineage, ok := readDetail(a.event[detail:])
	if !ok {
		return Result{ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed."}
	}
	a.event = append(a.event, '}')
	happened := activity.Activity{
		At: a.now, Kind: a.kind, Function: a.function, EventID: e.id, DetailType: e.detailType, Source: e.source,
		Bus: busOf(entry.Bus), CorrelationID: lineage.correlationID, CausationID: lineage.causationID, Replay: a.replay,
	}
	routes, known := a.bus.routes[happened.Bus]
	if !known {
		happened.Kind, happened.Reason = activity.Warned, "The event is lost: there is no bus "+happened.Bus+". AWS answers success all the same."
		a.happened = append(a.happened, happened)
		return Result{EventID: e.id}
	}
	a.happened = append(a.happened, happened)
	trace := a.trace
	if entry.TraceHeader != "" {
		trace = validTraceHeader(entry.TraceHeader)
	}
	a.route(routes, &e, sequence, &delivery{acceptedAt: a.now, traceHeader: trace, about: aboutOf(&happened)})
	return Result{EventID: e.id}
}

// route adds the event to the archives, and a delivery for every target of the rules, that match it.
func (a *acceptance) route(routes *routes, e *envelope, sequence uint64, owes *delivery) {
	a.matched = routes.patterns.Match(a.matched[:0], e.source, e.detailType, a.event)
	for _, i := range a.matched {
		route := &routes.list[i]
		if route.archive != 0 {
			if e.replay == "" {
				a.Set(archivedKey(route.archive, e.time, sequence, a.now), a.event)
			}
			continue
		}
		if a.chosen != nil && !a.chosen[route.rule.arn()] {
			continue
		}
		a.happened = append(a.happened, owes.happened(activity.Matched, route.rule))
		for _, lane := range route.lanes {
			a.record = owes.appendTo(a.record[:0], a.event)
			a.Set(pendingKey(lane.number, sequence), a.record)
			a.owed = append(a.owed, owed{lane, sequence})
		}
	}
}

// Set adds to what is written together with the events.
func (a *acceptance) Set(key, value []byte) {
	if a.batch == nil {
		a.batch = a.bus.State.Batch()
	}
	a.batch.Set(key, value)
}

// commit makes the batch durable, tells what happened, and tells the lanes what they owe. They find the records once the
// sequence numbers are released.
func (a *acceptance) commit() error {
	if a.batch != nil {
		if err := a.batch.Apply(); err != nil {
			return err
		}
	}
	for i := range a.happened {
		a.bus.Recorder.Record(a.happened[i])
	}
	for _, owed := range a.owed {
		owed.lane.owes(owed.sequence)
	}
	return nil
}
