package notification_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/functions/notification-processor/notification"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type fields = platformtest.Fields

const agent = platformtest.Agent

var now = platformtest.Now()

// world is one agent's part of the platform, with a notifier on it.
type world struct {
	*platformtest.World

	t        testing.TB
	notifier *notification.Notifier
	faults   *faults
	mailer   *mailer

	mu    sync.Mutex
	at    time.Time
	token int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorld(t), t: t, at: now, faults: &faults{}}
	w.Clock = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.at
	}
	w.mailer = &mailer{w: w}
	w.notifier = notification.New(notification.Config{
		Items:     faultyTable{table.New(w.Client, platformtest.Table), w.faults},
		Publisher: faultyPublisher{w.Bus.Publisher(), w.faults},
		Mailer:    w.mailer,
		Now:       w.Now,
		Token: func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.token++
			return fmt.Sprint("token-", w.token)
		},
	})
	w.Put("PROFILE", "UserProfile", fields{"name": "Maria", "email": "maria@example.com"})
	return w
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) set(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = at
}

// preferences stores the agent's preferences.
func (w *world) preferences(data fields) {
	w.t.Helper()
	w.Put("SETTINGS#NOTIFICATIONS", "NotificationPreferences", data)
}

// alertCreated is the event of an alert.
func alertCreated(id string, changes ...func(*events.AlertCreated)) events.Event[events.AlertCreated] {
	return eventstest.Event(eventstest.Valid(append([]func(*events.AlertCreated){func(detail *events.AlertCreated) {
		detail.UserID, detail.AlertID, detail.CreatedAt = agent, id, events.At(now)
	}}, changes...)...))
}

// raise lets an alert be created.
func (w *world) raise(id string, changes ...func(*events.AlertCreated)) error {
	return w.notifier.AlertCreated(context.Background(), alertCreated(id, changes...))
}

func (w *world) mustRaise(id string, changes ...func(*events.AlertCreated)) {
	w.t.Helper()
	if err := w.raise(id, changes...); err != nil {
		w.t.Fatal(err)
	}
}

// tick lets the check come due.
func (w *world) tick() error {
	return w.notifier.CheckDue(context.Background(), eventstest.Event(events.CheckDue{Check: "notifications", UserID: agent, DueAt: events.At(w.Now())}))
}

func (w *world) mustTick() {
	w.t.Helper()
	if err := w.tick(); err != nil {
		w.t.Fatal(err)
	}
}

// tickAt lets the check come due at a time.
func (w *world) tickAt(at time.Time) {
	w.t.Helper()
	w.set(at)
	w.mustTick()
}

// store stores an alert as a watcher does, without the event.
func (w *world) store(id string, createdAt time.Time, changed fields) {
	w.t.Helper()
	data := fields{
		"id": id, "userId": agent, "type": "price-reduction", "priority": "medium", "status": "unread",
		"createdAt": createdAt.UTC().Format("2006-01-02T15:04:05.000Z"), "data": fields{"propertyAddress": "1 Main St"},
	}
	for name, value := range changed {
		data[name] = value
	}
	item, err := attributevalue.MarshalMap(fields{
		"PK": "USER#" + agent, "SK": fmt.Sprintf("ALERT#%d#%s", createdAt.UnixMilli(), id), "EntityType": "Alert", "Data": data,
		"CreatedAt": createdAt.UnixMilli(), "UpdatedAt": createdAt.UnixMilli(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
		w.t.Fatal(err)
	}
}

// told are the detail types of what the bus was told, with the reason, in order.
func (w *world) told() []string {
	w.t.Helper()
	var told []string
	for _, delivery := range w.Bus.Accepted() {
		var detail struct {
			DeferredUntil string
			Reason        string
		}
		if err := json.Unmarshal(delivery.Detail, &detail); err != nil {
			w.t.Fatal(err)
		}
		words := strings.TrimPrefix(delivery.DetailType, "Notification ")
		if detail.DeferredUntil != "" {
			words += " until " + detail.DeferredUntil
		}
		if detail.Reason != "" {
			words += ": " + detail.Reason
		}
		told = append(told, words)
	}
	return told
}

// want compares what the bus was told, in order, with how it begins.
func (w *world) want(told ...string) {
	w.t.Helper()
	got := w.told()
	if !slices.EqualFunc(got, told, strings.HasPrefix) {
		w.t.Errorf("the bus was told %q, want %q", got, told)
	}
}

// wantMails compares the mails that were sent, in order.
func (w *world) wantMails(mails ...string) {
	w.t.Helper()
	if got := w.mailer.mails(); !slices.Equal(got, mails) {
		w.t.Errorf("mails %q, want %q", got, mails)
	}
}

// jobs are the jobs that are left, in words.
func (w *world) jobs() []string {
	w.t.Helper()
	var words []string
	for _, data := range w.Data("NOTIFICATION_JOB#") {
		words = append(words, fmt.Sprint(data["type"], " ", data["status"], " ", data["attempts"]))
	}
	slices.Sort(words)
	return words
}

func (w *world) wantJobs(jobs ...string) {
	w.t.Helper()
	if got := w.jobs(); !slices.Equal(got, jobs) {
		w.t.Errorf("jobs %q, want %q", got, jobs)
	}
}

// deliveries are the records of mails, in words.
func (w *world) deliveries() []string {
	w.t.Helper()
	var words []string
	for key, data := range w.Data("DELIVERY#") {
		if strings.HasSuffix(key, "#email") {
			word := fmt.Sprint(data["status"])
			if data["reason"] != nil {
				word += fmt.Sprint(": ", data["reason"])
			}
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}

func (w *world) wantDeliveries(deliveries ...string) {
	w.t.Helper()
	if got := w.deliveries(); !slices.EqualFunc(got, deliveries, strings.HasPrefix) {
		w.t.Errorf("records of mails %q, want %q", got, deliveries)
	}
}

// mailer stands for the mail service. A mail is named by what it tells of.
type mailer struct {
	w *world

	mu       sync.Mutex
	sent     []string
	to       []string
	at       []time.Time
	answers  []error // of the next calls; nil is sent
	compose  error
	onSend   func()
	refuseAt func(time.Time) bool // fails the test
}

func (m *mailer) Compose(_ context.Context, userID string, to mail.Addressee, content mail.Content) (mail.Letter, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if userID != agent {
		m.w.t.Errorf("a mail for %s", userID)
	}
	name := content.Kind()
	switch content := content.(type) {
	case mail.Alert:
		name = content.ID
	case mail.Digest:
		var ids []string
		for _, listed := range content.Alerts {
			ids = append(ids, listed.ID)
		}
		slices.Sort(ids)
		name = string(content.Frequency) + " " + strings.Join(ids, ",")
		if content.More > 0 {
			name += fmt.Sprint(" and ", content.More)
		}
	}
	return mail.Letter{To: to.Address, Subject: name, Text: to.Zone.String()}, m.compose
}

// errUncertainButSent is an answer that got lost.
var errUncertainButSent = &mail.UncertainError{Problem: "cut after it was sent"}

func (m *mailer) Send(_ context.Context, letter mail.Letter) (string, error) {
	if crashed, err := m.w.faults.next(); err != nil && !errors.Is(err, errRepeated) {
		if crashed { // with the letter under way
			m.record(letter)
			return "", errUncertainButSent
		}
		return "", &mail.UncertainError{Problem: "cut before it was sent"}
	}
	m.mu.Lock()
	var err error
	if len(m.answers) > 0 {
		err, m.answers = m.answers[0], m.answers[1:]
	}
	onSend := m.onSend
	m.mu.Unlock()
	if err == nil || errors.Is(err, errUncertainButSent) {
		m.record(letter)
	}
	if onSend != nil {
		onSend()
	}
	return "message", err
}

func (m *mailer) record(letter mail.Letter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.w.Now()
	if m.refuseAt != nil && m.refuseAt(at) {
		m.w.t.Errorf("a mail at %s", at)
	}
	m.sent, m.to, m.at = append(m.sent, letter.Subject), append(m.to, letter.To), append(m.at, at)
}

func (m *mailer) mails() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// fault is what goes wrong at a call.
type fault int

const (
	refused   fault = iota + 1 // the call is not made
	lost                       // it is made, but the answer gets lost
	crash                      // the process dies before the call
	crashLate                  // the process dies right after it
	repeated                   // its answer gets lost, and the SDK makes it again
)

// faults let calls of the table, the bus and the mailer go wrong. The zero faults let all go well.
type faults struct {
	mu     sync.Mutex
	calls  int
	at     int // the call that goes wrong, from 1
	kind   fault
	random func(call int) fault
}

var (
	errFault    = errors.New("the test lets this fail")
	errRepeated = errors.New("the test lets this be made twice")
)

// arm lets the call of that number, from now on, go wrong.
func (f *faults) arm(at int, kind fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.at, f.kind = 0, at, kind
}

// next tells whether the next call is made, and whether it fails.
func (f *faults) next() (made bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	kind := fault(0)
	switch {
	case f.random != nil:
		kind = f.random(f.calls)
	case f.at > 0 && f.calls == f.at:
		kind = f.kind
	case f.at > 0 && f.calls > f.at && (f.kind == crash || f.kind == crashLate):
		kind = refused
	}
	switch kind {
	case refused, crash:
		return false, errFault
	case lost, crashLate:
		return true, errFault
	case repeated:
		return true, errRepeated
	}
	return true, nil
}

// faultyTable is a table with faults.
type faultyTable struct {
	table  *table.Table
	faults *faults
}

func (f faultyTable) do(call func() error) error {
	made, failure := f.faults.next()
	if !made {
		return failure
	}
	if err := call(); err != nil {
		return err
	}
	if errors.Is(failure, errRepeated) {
		return call()
	}
	return failure
}

func (f faultyTable) Get(ctx context.Context, key table.Key) (item table.Item, found bool, err error) {
	err = f.do(func() error { item, found, err = f.table.Get(ctx, key); return err })
	return item, found, err
}

func (f faultyTable) GetAll(ctx context.Context, keys []table.Key) (items []table.Item, err error) {
	err = f.do(func() error { items, err = f.table.GetAll(ctx, keys); return err })
	return items, err
}

func (f faultyTable) Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error] {
	return func(yield func([]table.Item, error) bool) {
		for page, err := range f.table.Pages(ctx, query) {
			if _, failure := f.faults.next(); failure != nil && !errors.Is(failure, errRepeated) {
				yield(nil, failure)
				return
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (f faultyTable) Save(ctx context.Context, save table.Save) error {
	return f.do(func() error { return f.table.Save(ctx, save) })
}

func (f faultyTable) Add(ctx context.Context, add table.Add) error {
	return f.do(func() error { return f.table.Add(ctx, add) })
}

func (f faultyTable) Transact(ctx context.Context, changes ...table.Change) error {
	return f.do(func() error { return f.table.Transact(ctx, changes...) })
}

// faultyPublisher is a publisher with faults.
type faultyPublisher struct {
	publisher *events.Publisher
	faults    *faults
}

func (f faultyPublisher) Publish(ctx context.Context, facts ...events.Fact) error {
	made, failure := f.faults.next()
	if !made {
		return failure
	}
	if err := f.publisher.Publish(ctx, facts...); err != nil || errors.Is(failure, errRepeated) {
		return err
	}
	return failure
}
