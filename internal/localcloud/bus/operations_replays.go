package bus

import (
	"math"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

const (
	archiveARNPrefix = "archive/"
	replayARNPrefix  = "replay/"
	maxDescription   = 512
	maxARN           = 1600
)

func archiveARN(name string) string { return awsapi.ARN("events", archiveARNPrefix+name) }

func replayARN(name string) string { return awsapi.ARN("events", replayARNPrefix+name) }

func illegalStatus(replay string) *awsapi.Error {
	return awsapi.Errorf("IllegalStatusException", "Replay %s is not in a valid state for this operation.", replay)
}

// destination is where a replay brings events.
type destination struct {
	ARN        string   `json:"Arn"`
	FilterARNs []string `json:"FilterArns,omitempty"`
}

type startReplayRequest struct {
	ReplayName, Description, EventSourceArn string
	EventStartTime, EventEndTime            *float64 // seconds since 1970
	Destination                             *destination
}

func (r *startReplayRequest) check() error {
	const maxName = 64
	var c constraints
	c.name(r.ReplayName, "replayName", maxName)
	c.longest(r.Description, "description", maxDescription)
	if r.EventSourceArn == "" {
		c.violated(nil, "eventSourceArn", "Member must not be null")
	}
	c.longest(r.EventSourceArn, "eventSourceArn", maxARN)
	c.there(r.EventStartTime != nil, "eventStartTime")
	c.there(r.EventEndTime != nil, "eventEndTime")
	c.there(r.Destination != nil, "destination")
	if r.Destination != nil {
		c.there(r.Destination.ARN != "", "destination.arn")
		c.longest(r.Destination.ARN, "destination.arn", maxARN)
	}
	return c.err()
}

type startReplayAnswer struct {
	ReplayArn, State string
	ReplayStartTime  float64
}

func (b *Bus) startReplay(request *startReplayRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	archive, isArchive := strings.CutPrefix(request.EventSourceArn, awsapi.ARN("events", archiveARNPrefix))
	bus, isBus := strings.CutPrefix(request.Destination.ARN, awsapi.ARN("events", busARNPrefix))
	switch {
	case !isArchive:
		return nil, notValid("EventSourceArn", "Must contain an archive ARN.")
	case !isBus:
		return nil, notValid("Destination.Arn", "Must contain an event bus ARN.")
	}
	begun, err := b.beginReplay(Replay{
		Name: request.ReplayName, Description: request.Description, Archive: archive, Bus: bus,
		From: wholeSeconds(*request.EventStartTime), To: wholeSeconds(*request.EventEndTime), Rules: request.Destination.FilterARNs,
	})
	if err != nil {
		return nil, err
	}
	return startReplayAnswer{ReplayArn: replayARN(request.ReplayName), State: begun.State, ReplayStartTime: seconds(begun.Started)}, nil
}

// wholeSeconds leaves out the fraction of a second, as AWS does.
func wholeSeconds(since1970 float64) time.Time {
	const farthest = 1 << 40 // seconds
	return time.Unix(int64(math.Floor(max(-farthest, min(since1970, farthest)))), 0).UTC()
}

// replaySummary is a replay in a list.
type replaySummary struct {
	ReplayName, EventSourceArn, State string
	StateReason                       string `json:",omitempty"`
	EventStartTime, EventEndTime      float64
	EventLastReplayedTime             float64 `json:",omitempty"`
	ReplayStartTime                   float64
	ReplayEndTime                     float64 `json:",omitempty"`
}

func (r *replay) summary() replaySummary {
	at := r.now()
	summary := replaySummary{
		ReplayName: r.Name, EventSourceArn: archiveARN(r.Archive), State: at.State, StateReason: at.Reason,
		EventStartTime: seconds(r.From), EventEndTime: seconds(r.To), ReplayStartTime: seconds(at.Started),
	}
	if !at.LastReplayed.IsZero() {
		summary.EventLastReplayedTime = seconds(at.LastReplayed)
	}
	if !at.Ended.IsZero() {
		summary.ReplayEndTime = seconds(at.Ended)
	}
	return summary
}

type replayRequest struct{ ReplayName string }

func (r *replayRequest) check() error {
	if r.ReplayName == "" {
		return required("replayName")
	}
	return nil
}

type replayDescription struct {
	replaySummary
	ReplayArn   string
	Description string `json:",omitempty"`
	Destination destination
}

func (b *Bus) describeReplay(request *replayRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	r, found := b.catalogue.replays[request.ReplayName]
	if !found {
		return nil, noSuchReplay(request.ReplayName)
	}
	return replayDescription{
		replaySummary: r.summary(), ReplayArn: replayARN(r.Name), Description: r.Description,
		Destination: destination{ARN: busARN(r.Bus), FilterARNs: r.Rules},
	}, nil
}

type cancelReplayAnswer struct{ ReplayArn, State string }

func (b *Bus) cancelReplay(request *replayRequest) (any, error) {
	if err := request.check(); err != nil {
		return nil, err
	}
	at, err := b.stopReplay(request.ReplayName)
	return cancelReplayAnswer{ReplayArn: replayARN(request.ReplayName), State: at.State}, err
}

// oneFilter refuses a request for a list that names more than one of State, EventSourceArn and NamePrefix.
func oneFilter(operation string, filters ...string) error {
	given := 0
	for _, filter := range filters {
		if filter != "" {
			given++
		}
	}
	if given > 1 {
		return invalid("At most one filter is allowed for %s. Use either : State, EventSourceArn, or NamePrefix.", operation)
	}
	return nil
}

type listReplaysRequest struct {
	NamePrefix, State, EventSourceArn string
	page
}

type listReplaysAnswer struct {
	Replays   []replaySummary
	NextToken string `json:",omitempty"`
}

func (b *Bus) listReplays(request *listReplaysRequest) (any, error) {
	if err := oneFilter("ListReplays", request.State, request.EventSourceArn, request.NamePrefix); err != nil {
		return nil, err
	}
	var c constraints
	c.oneOf(request.State, "state", "STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED")
	if err := c.err(); err != nil {
		return nil, err
	}
	b.admin.Lock()
	defer b.admin.Unlock()
	var list []replaySummary
	for _, r := range b.catalogue.replays {
		summary := r.summary()
		if strings.HasPrefix(r.Name, request.NamePrefix) && (request.State == "" || summary.State == request.State) &&
			(request.EventSourceArn == "" || summary.EventSourceArn == request.EventSourceArn) {
			list = append(list, summary)
		}
	}
	list, next, err := cut(list, request.page, func(summary replaySummary) string { return summary.ReplayName })
	return listReplaysAnswer{list, next}, err
}
