package simulation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// ledger is what is written down about the world from outside: what went in, and what came out.
type ledger struct {
	w     *world
	begin time.Time
	calm  bool // whether nothing goes wrong

	mu         sync.Mutex
	complaints []string
	mails      []sentMail             // since the last audit
	faults     map[string][]fault     // of networks, by agent and platform
	givenUp    map[string][]time.Time // when events were given up, by agent; ticks, which are nobody's, by function
	reasons    map[string]int
	done       map[string]time.Time // what functions have handled

	expected  []*expectation
	troubles  []trouble
	joined    []*agent
	scheduled []*scheduled
	poisoned  map[string]time.Time // by the envelope's id

	audit *audit
}

func newLedger(w *world) *ledger {
	return &ledger{
		w: w, faults: map[string][]fault{}, givenUp: map[string][]time.Time{}, reasons: map[string]int{}, done: map[string]time.Time{}, poisoned: map[string]time.Time{},
	}
}

// complain notes that a rule is broken.
func (l *ledger) complain(format string, values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.complaints = append(l.complaints, fmt.Sprintf("%s: ", iso(time.Now()))+fmt.Sprintf(format, values...))
}

// expectation is an alert that there is to be, exactly once.
type expectation struct {
	agent    *agent
	kind     string
	about    string // what tells the fact from others: the property, the neighborhood, the prospect
	from, to float64
	since    time.Time // when it could first be noticed
	synced   bool      // a sync has told of it; else the next check finds it
	met      int
}

func (w *world) expectAlert(a *agent, kind, about string, from, to float64) *expectation {
	return w.expectAlertAfter(a, kind, about, from, to, time.Now())
}

// expectAlertAfter expects nothing of an agent who wants no alerts.
func (w *world) expectAlertAfter(a *agent, kind, about string, from, to float64, since time.Time) *expectation {
	expected := &expectation{agent: a, kind: kind, about: about, from: from, to: to, since: since}
	if !a.alertsOff {
		w.ledger.expected = append(w.ledger.expected, expected)
	}
	return expected
}

// trouble is something that went wrong in an agent's work, which the agent is told of in words that hold its name.
type trouble struct {
	agent *agent
	name  string
	at    time.Time
	many  int // that went wrong at once
}

// scheduled is a piece of content that is to be posted.
type scheduled struct {
	agent       *agent
	id          string
	publishTime time.Time
	hasImage    bool
	channels    []channelOf
}

type channelOf struct {
	platform, account string
	usable            bool
}

// fault notes that a service did not do what it was asked for.
func (l *ledger) fault(by *invocation, asked service, r *http.Request) {
	if asked != socialNetwork {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	name := by.userID + " " + platformOf(r)
	l.faults[name] = append(l.faults[name], fault{time.Now(), by})
}

// fault is that a network did not do what an invocation asked it for.
type fault struct {
	at time.Time
	by *invocation
}

// faulty is how many invocations a network had a fault in, for an agent, in a time.
func (l *ledger) faulty(userID, platform string, from, to time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	invocations := map[*invocation]bool{}
	for _, each := range l.faults[userID+" "+platform] {
		if !each.at.Before(from) && !each.at.After(to) {
			invocations[each.by] = true
		}
	}
	return len(invocations)
}

// forgetFaults lets go of those before a time, but for the last of each.
func (l *ledger) forgetFaults(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, all := range l.faults {
		old := 0
		for old < len(all)-1 && all[old].at.Before(before) {
			old++
		}
		l.faults[name] = slices.Clone(all[old:])
	}
}

func platformOf(r *http.Request) string {
	const parts = 4 // "", _social, platform, the rest
	return strings.SplitN(r.URL.Path, "/", parts)[2]
}

// happened notes what a function did to the outside.
func (l *ledger) happened(by *invocation, asked service, r *http.Request, body []byte, response *http.Response, _ fate) {
	if asked == socialNetwork && (response == nil || response.StatusCode >= http.StatusBadRequest) {
		l.fault(by, asked, r)
	}
	if asked != mailService || response == nil || response.StatusCode != http.StatusOK {
		return
	}
	mail, err := mailOf(body, time.Now())
	if err != nil {
		l.complain("a mail cannot be read: %v", err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = append(l.mails, mail)
}

// poison notes that an event that no function can handle was published, or was seen again, just now.
func (l *ledger) poison(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.poisoned[id] = time.Now()
}

func (l *ledger) isPoisoned(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, poisoned := l.poisoned[id]
	return poisoned
}

// poisonedEvents are the ids of the events that no function can handle, each with when it was published or seen last.
func (l *ledger) poisonedEvents() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.poisoned)
}

func (l *ledger) forgetPoisoned(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.poisoned, id)
}

// giveUp notes that an event lies in the failure queue.
func (l *ledger) giveUp(a *asynchronous, reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reasons[fmt.Sprintf("%T", reason)]++
	if _, poisoned := l.poisoned[a.about.ID]; poisoned {
		return
	}
	whose := a.about.Detail.UserID
	if whose == "" {
		whose = a.function.LogicalID
	}
	l.givenUp[whose] = append(l.givenUp[whose], time.Now())
	if l.calm {
		l.complaints = append(l.complaints, fmt.Sprintf("%s gives up %s though nothing goes wrong: %v", a.function.LogicalID, a.about.DetailType, reason))
	}
}

// The functions whose ticks matter to whoever waits for what they send out.
const (
	notifier  = "NotificationProcessorFunction"
	publisher = "PublishScheduledContentFunction"
	syncer    = "SyncSocialAnalyticsFunction"
)

// gaveUp tells whether an event of the agent, or a tick of the function that the agent depends on, was given up in a time.
func (l *ledger) gaveUp(userID, function string, from, to time.Time) bool {
	last := l.lastGivenUp(userID, function, to)
	return !last.IsZero() && !last.Before(from)
}

// lastGivenUp is when that happened last before a time; zero if it never did.
func (l *ledger) lastGivenUp(userID, function string, to time.Time) (last time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, whose := range []string{userID, function} {
		for _, at := range l.givenUp[whose] {
			if !at.After(to) {
				last = later(last, at)
			}
		}
	}
	return last
}

// handled notes that a function has handled an event to its end.
func (l *ledger) handled(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, before := l.done[what]; !before {
		l.done[what] = time.Now()
	}
}

// isHandled tells whether that was so.
func (l *ledger) isHandled(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, done := l.done[what]
	return done
}

// forget lets go of what was before a time.
func (l *ledger) forget(before time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.done, func(_ string, at time.Time) bool { return at.Before(before) })
	maps.DeleteFunc(l.givenUp, func(_ string, times []time.Time) bool { return times[len(times)-1].Before(before) })
}

func (l *ledger) takeMails() []sentMail {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.mails
	l.mails = nil
	return taken
}

func (l *ledger) lastFault(userID, platform string) time.Time {
	given := later(l.lastGivenUp(userID, publisher, time.Now()), l.lastGivenUp(userID, syncer, time.Now()))
	l.mu.Lock()
	defer l.mu.Unlock()
	var last time.Time
	if all := l.faults[userID+" "+platform]; len(all) > 0 {
		last = all[len(all)-1].at
	}
	return later(last, given)
}

// archived is an event as the archive has it.
type archived struct {
	ID         string    `json:"id"`
	Source     string    `json:"source"`
	DetailType string    `json:"detail-type"`
	Time       time.Time `json:"time"`
	Replay     string    `json:"replay-name"`
	Detail     detail    `json:"detail"`

	raw []byte
}

// detail is what the auditor reads of all details.
type detail struct {
	UserID         string         `json:"userId"`
	AlertID        string         `json:"alertId"`
	AlertType      string         `json:"alertType"`
	CreatedAt      time.Time      `json:"createdAt"`
	Data           map[string]any `json:"data"`
	Kind           string         `json:"kind"`
	NotificationID string         `json:"notificationId"`
	SubjectEventID string         `json:"subjectEventId"`
	AlertIDs       []string       `json:"alertIds"`
	DeferredUntil  time.Time      `json:"deferredUntil"`
	ScheduleID     string         `json:"scheduleId"`
	ContentID      string         `json:"contentId"`
	Platform       string         `json:"platform"`
	Platforms      []string       `json:"platforms"`
	Provider       string         `json:"provider"`
	Error          string         `json:"error"`
	PlatformPostID string         `json:"platformPostId"`
	PublishedAt    time.Time      `json:"publishedAt"`
	FailedAt       time.Time      `json:"failedAt"`
	Check          string         `json:"check"`
	DueAt          time.Time      `json:"dueAt"`
	Metadata       struct {
		EventKey      string    `json:"eventKey"`
		CorrelationID string    `json:"correlationId"`
		CausationID   string    `json:"causationId"`
		Hops          int       `json:"hops"`
		OccurredAt    time.Time `json:"occurredAt"`
	} `json:"metadata"`
}

// archive reads what the bus accepted in a time.
func (w *world) archive(from, to time.Time) []archived {
	var found []archived
	must(w.t, w.events.Archived(w.names.archive, from, to, func(event []byte) bool {
		var read archived
		if err := json.Unmarshal(event, &read); err != nil {
			var loose struct {
				ID         string `json:"id"`
				DetailType string `json:"detail-type"`
			}
			if json.Unmarshal(event, &loose) != nil {
				w.ledger.complain("the archive has what is no event: %v", err)
				return true
			}
			read = archived{ID: loose.ID, DetailType: loose.DetailType}
		}
		read.raw = append([]byte(nil), event...)
		found = append(found, read)
		return true
	}))
	return found
}

// summary is what failures came to, by their kinds.
func (l *ledger) summary() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.reasons)
}
