package publication_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/functions/publish-scheduled-content/publication"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

type fields = platformtest.Fields

const agent = platformtest.Agent

var now = platformtest.Now()

func iso(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

// world is one agent's part of the platform, with a poster on it.
type world struct {
	*platformtest.World

	t        testing.TB
	poster   *publication.Poster
	faults   *faults
	networks networks

	mu     sync.Mutex
	at     time.Time
	token  int
	jitter float64
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{World: platformtest.NewWorldOf(t, dynamo.Config{}), t: t, at: now, faults: &faults{}, jitter: 0.5}
	w.Clock = func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.at
	}
	w.networks = networks{}
	for _, platform := range append(events.Platforms(), "elsewhere") {
		w.networks[platform] = &network{w: w, platform: platform}
	}
	delete(w.networks, "elsewhere")
	w.poster = w.posterOn(faultyTable{table.New(w.Client, platformtest.Table), w.faults})
	for _, platform := range events.Platforms() {
		w.connect(platform)
	}
	return w
}

func (w *world) posterOn(items publication.Items) *publication.Poster {
	return publication.New(publication.Config{
		Items:     items,
		Publisher: faultyPublisher{w.Bus.Publisher(), w.faults},
		Networks:  w.networks,
		Decrypt:   func(context.Context, []byte) ([]byte, error) { return nil, errors.New("KMS is away") },
		Now:       w.Now,
		Token: func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.token++
			return fmt.Sprint("token-", w.token)
		},
		Jitter: func() float64 {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.jitter
		},
	})
}

// connect stores a connection, as the platform does in the second of its shapes.
func (w *world) connect(platform string) {
	w.t.Helper()
	w.Put("SOCIAL#"+strings.ToUpper(platform), "SocialConnection", fields{"provider": strings.ToUpper(platform), "accessToken": "token-of-" + platform})
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func channels(names ...string) []fields {
	var list []fields
	for _, name := range names {
		platform, account, _ := strings.Cut(name, "/")
		if account == "" {
			account = "account"
		}
		list = append(list, fields{"type": platform, "accountId": account, "accountName": "Maria", "isActive": true, "connectionStatus": "connected"})
	}
	return list
}

// schedule stores an item as the platform does, due now on the given channels, but for what is changed.
func (w *world) schedule(id string, on []fields, changed fields) {
	w.t.Helper()
	w.scheduleFor(agent, id, on, changed)
}

func (w *world) scheduleFor(userID, id string, on []fields, changed fields) {
	w.t.Helper()
	data := fields{
		"id": id, "userId": userID, "contentId": "content-" + id, "title": "Open house", "content": "Come and see " + id, "contentType": "social_media",
		"publishTime": iso(w.Now()), "channels": on, "status": "scheduled", "retryCount": 0, "color": "the platform's",
		"metadata": fields{"mediaUrls": []string{"https://img.example/1.jpg"}, "hashtags": []string{"home"}},
	}
	maps.Copy(data, changed)
	maps.DeleteFunc(data, func(_ string, value any) bool { return value == nil })
	item, err := attributevalue.MarshalMap(fields{
		"PK": "USER#" + userID, "SK": "SCHEDULE#" + id, "EntityType": "ScheduledContent", "CreatedAt": 1, "UpdatedAt": 1, "Data": data,
		"GSI2PK": fmt.Sprint("SCHEDULE#", data["status"]), "GSI2SK": fmt.Sprintf("TIME#%.30v", data["publishTime"]),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Client.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
		w.t.Fatal(err)
	}
}

// amend changes an item as the platform does, without regard to anybody.
func (w *world) amend(id string, changed fields) {
	w.t.Helper()
	err := table.New(w.Client, platformtest.Table).Transact(context.Background(), table.Amend{
		Key: table.UserKey(agent, "SCHEDULE#"+id), Fields: changed, Now: w.Now(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// tick lets the check come due.
func (w *world) tick() error { return w.tickIn(context.Background()) }

func (w *world) tickIn(ctx context.Context) error {
	return w.poster.CheckDue(ctx, eventstest.Event(events.CheckDue{Check: "publishing", UserID: agent, DueAt: events.At(w.Now())}))
}

func (w *world) mustTick() {
	w.t.Helper()
	if err := w.tick(); err != nil {
		w.t.Fatal(err)
	}
}

// item is what is stored of an item.
func (w *world) item(id string) fields {
	w.t.Helper()
	data, ok := w.Data("SCHEDULE#")[id]
	if !ok {
		w.t.Fatalf("no item %s", id)
	}
	return data
}

// state is an item's status and, in their order, what became of its channels.
func (w *world) state(id string) string {
	w.t.Helper()
	data := w.item(id)
	words := []string{fmt.Sprint(data["status"])}
	results, _ := data["publishResults"].([]any)
	for _, each := range results {
		result := each.(fields)
		word := fmt.Sprint(result["channel"], "/", result["accountId"], " ")
		switch {
		case result["success"] == true:
			word += "ok"
		case result["postingSince"] != nil:
			word += "uncertain"
		case result["triedSince"] != nil:
			word += "denied"
		case result["retryAt"] != nil:
			word += "waits"
		default:
			word += "failed"
		}
		words = append(words, word+fmt.Sprint(" ", result["attempts"]))
	}
	return strings.Join(words, ", ")
}

func (w *world) want(id, state string) {
	w.t.Helper()
	if got := w.state(id); got != state {
		w.t.Errorf("item %s is %q, want %q", id, got, state)
	}
	w.checkPlaces(w.t)
}

// wantIn compares a field of an item with how it begins.
func (w *world) wantIn(id, field, begins string) {
	w.t.Helper()
	if got := fmt.Sprint(w.item(id)[field]); !strings.HasPrefix(got, begins) {
		w.t.Errorf("%s of %s is %q, want %q", field, id, got, begins)
	}
}

type failer interface {
	Helper()
	Errorf(string, ...any)
}

// checkPlaces looks whether each item is in the index where its Data says.
func (w *world) checkPlaces(t failer) {
	t.Helper()
	answer, err := w.Client.Scan(context.Background(), &dynamodb.ScanInput{
		TableName: aws.String(platformtest.Table), FilterExpression: aws.String("EntityType = :e"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":e": table.Text("ScheduledContent")},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, item := range answer.Items {
		var read struct {
			SK, GSI2PK, GSI2SK string
			Data               struct {
				Status        string `dynamodbav:"status"`
				PublishTime   any    `dynamodbav:"publishTime"`
				NextAttemptAt string `dynamodbav:"nextAttemptAt"`
				LeaseUntil    string `dynamodbav:"leaseUntil"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &read); err != nil {
			w.t.Fatal(err)
		}
		at := read.Data.PublishTime
		if read.Data.Status == "scheduled" && read.Data.NextAttemptAt != "" {
			at = read.Data.NextAttemptAt
		}
		if read.GSI2PK != "SCHEDULE#"+read.Data.Status || read.GSI2SK != fmt.Sprint("TIME#", at) {
			t.Errorf("%s is at %s / %s, but %+v", read.SK, read.GSI2PK, read.GSI2SK, read.Data)
		}
		if (read.Data.Status == "publishing") != (read.Data.LeaseUntil != "") {
			t.Errorf("%s: %+v", read.SK, read.Data)
		}
	}
}

// told is what the bus was told, in order: the platforms of posts, and why items failed.
func (w *world) told() (told []string) {
	w.t.Helper()
	for _, delivery := range w.Bus.Accepted() {
		switch delivery.DetailType {
		case "Content Published":
			event, err := events.Decode[events.ContentPublished](delivery)
			if err != nil {
				w.t.Fatal(err)
			}
			told = append(told, event.Detail.ScheduleID+" on "+event.Detail.Platform)
		case "Content Publish Failed":
			event, err := events.Decode[events.ContentPublishFailed](delivery)
			if err != nil {
				w.t.Fatal(err)
			}
			told = append(told, fmt.Sprint(event.Detail.ScheduleID, " failed on ", event.Detail.Platforms, ": ", event.Detail.Error))
		}
	}
	return told
}

// wantTold compares what the bus was told, in order, with how it begins.
func (w *world) wantTold(told ...string) {
	w.t.Helper()
	if got := w.told(); !slices.EqualFunc(got, told, strings.HasPrefix) {
		w.t.Errorf("the bus was told %q, want %q", got, told)
	}
}

// posts are all posts that were made, by platform, account and text.
func (w *world) posts() (posts []string) {
	for _, platform := range slices.Sorted(maps.Keys(w.networks)) {
		posts = append(posts, w.networks[platform].made()...)
	}
	return posts
}

func (w *world) wantPosts(posts ...string) {
	w.t.Helper()
	slices.Sort(posts)
	got := w.posts()
	slices.Sort(got)
	if !slices.Equal(got, posts) {
		w.t.Errorf("posted %q, want %q", got, posts)
	}
}

type networks map[string]*network

func (n networks) For(platform string) (social.Network, bool) {
	network, ok := n[platform]
	return network, ok
}

// network stands for a social network.
type network struct {
	w        *world
	platform string

	mu       sync.Mutex
	answers  []error // of the next calls of Publish; nil is posted
	finds    []error // of the next calls of Find; nil is an answer
	hides    bool    // Find finds nothing
	onPost   func()
	posts    []posted
	lookups  int
	accounts []social.Account
}

type posted struct {
	key, account, text string
	at                 time.Time
}

// errCut is an answer that got lost, of a post that was made.
var errCut = &social.UncertainError{Network: "the network", Problem: "cut after the post was made"}

// errLost is a request that got lost, without anybody knowing.
var errLost = &social.UncertainError{Network: "the network", Problem: "cut before the post was made"}

// errDenied is a fault that a network answers with; errWronglyDenied, of a post that it has made all the same.
var (
	errDenied        = &social.UnavailableError{Network: "the network", Problem: "500", Denied: true}
	errWronglyDenied = &social.UnavailableError{Network: "the network", Problem: "500 after the post was made", Denied: true}
)

func (n *network) Publish(_ context.Context, account social.Account, post social.Post) (social.Published, error) {
	times, failure := n.w.faults.next("post on " + n.platform)
	n.mu.Lock()
	var err error
	if len(n.answers) > 0 {
		err, n.answers = n.answers[0], n.answers[1:]
	}
	onPost := n.onPost
	n.accounts = append(n.accounts, account)
	if failure != nil {
		err = errLost
		if times > 0 {
			err = errCut
		}
	}
	id := ""
	if err == nil || errors.Is(err, errCut) || errors.Is(err, errWronglyDenied) {
		n.posts = append(n.posts, posted{post.Key, account.ID, post.Text, n.w.Now()})
		id = fmt.Sprint(n.platform, "-", len(n.posts))
	}
	n.mu.Unlock()
	if onPost != nil {
		onPost()
	}
	if err != nil {
		return social.Published{}, err
	}
	return social.Published{PostID: id, URL: "https://" + n.platform + ".example/" + id}, nil
}

func (n *network) Find(_ context.Context, account social.Account, post social.Post, since time.Time) (social.Published, bool, error) {
	if _, failure := n.w.faults.next("find on " + n.platform); failure != nil {
		return social.Published{}, false, &social.UnavailableError{Network: n.platform, Problem: "503"}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lookups++
	if len(n.finds) > 0 {
		var err error
		if err, n.finds = n.finds[0], n.finds[1:]; err != nil {
			return social.Published{}, false, err
		}
	}
	if n.hides {
		return social.Published{}, false, nil
	}
	for i, made := range n.posts {
		if made.account == account.ID && made.text == post.Text && !made.at.Before(since.Add(-time.Minute)) {
			return social.Published{PostID: fmt.Sprint(n.platform, "-", i+1)}, true, nil
		}
	}
	return social.Published{}, false, nil
}

func (n *network) Metrics(context.Context, social.Account, string) (social.Metrics, error) {
	panic("nobody asks for metrics")
}

func (n *network) made() (made []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, post := range n.posts {
		name := strings.TrimPrefix(strings.SplitN(post.text, "\n", 2)[0], "Come and see ")
		made = append(made, fmt.Sprint(name, " on ", n.platform, "/", post.account))
	}
	return made
}

func (n *network) will(answers ...error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers = append(n.answers, answers...)
}

// fault is what goes wrong at a call.
type fault int

const (
	refused   fault = iota + 1 // the call is not made
	lost                       // it is made, but the answer gets lost
	crash                      // the process dies before the call
	crashLate                  // the process dies right after it
	away                       // this call and the next two are not made
	awayLate                   // the answers of this call and the next two get lost
	repeated                   // the call is made twice, as the SDK does when an answer got lost
)

// faults let calls of the table, the bus and the networks go wrong. The zero faults let all go well.
type faults struct {
	mu     sync.Mutex
	calls  int
	names  []string
	at     int // the call that goes wrong, from 1
	kind   fault
	random func(call int) fault

	between func() // happens once, right before the next item is amended
}

var errFault = errors.New("the test lets this fail")

// arm lets the call of that number, from now on, go wrong.
func (f *faults) arm(at int, kind fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.at, f.kind, f.names = 0, at, kind, nil
}

// next tells how often the next call is made, and whether it fails.
func (f *faults) next(name string) (times int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.names = append(f.names, name)
	kind := fault(0)
	switch {
	case f.random != nil:
		kind = f.random(f.calls)
	case f.at > 0 && f.calls == f.at:
		kind = f.kind
	case f.at > 0 && f.calls > f.at && (f.kind == crash || f.kind == crashLate):
		kind = refused
	case f.at > 0 && f.calls > f.at && f.calls <= f.at+2 && (f.kind == away || f.kind == awayLate):
		kind = f.kind
	}
	switch kind {
	case refused, crash, away:
		return 0, errFault
	case lost, crashLate, awayLate:
		return 1, errFault
	case repeated:
		return 2, nil
	default:
		return 1, nil
	}
}

// happen lets happen what is to happen between the reading and the writing of an item.
func (f *faults) happen() {
	f.mu.Lock()
	between := f.between
	f.between = nil
	f.mu.Unlock()
	if between != nil {
		between()
	}
}

// faultyTable is a table with faults.
type faultyTable struct {
	table  *table.Table
	faults *faults
}

func (f faultyTable) do(name string, call func() error) error {
	times, failure := f.faults.next(name)
	var err error
	for range times {
		err = call()
	}
	if err != nil {
		return err
	}
	return failure
}

func (f faultyTable) Get(ctx context.Context, key table.Key) (item table.Item, found bool, err error) {
	err = f.do("get "+key.Sort, func() error { item, found, err = f.table.Get(ctx, key); return err })
	return item, found, err
}

func (f faultyTable) Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error] {
	return func(yield func([]table.Item, error) bool) {
		for page, err := range f.table.Pages(ctx, query) {
			if _, failure := f.faults.next("query"); failure != nil {
				yield(nil, failure)
				return
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (f faultyTable) IndexPages(
	ctx context.Context, query table.IndexQuery, limit int32, from table.Place,
) iter.Seq2[table.EntityPage, error] {
	return func(yield func(table.EntityPage, error) bool) {
		for page, err := range f.table.IndexPages(ctx, query, limit, from) {
			if _, failure := f.faults.next("query index"); failure != nil {
				yield(table.EntityPage{}, failure)
				return
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func (f faultyTable) Amend(ctx context.Context, amend table.Amend) (item table.Item, err error) {
	f.faults.happen()
	err = f.do("amend", func() error { item, err = f.table.Amend(ctx, amend); return err })
	return item, err
}

func (f faultyTable) Transact(ctx context.Context, changes ...table.Change) error {
	return f.do("transact", func() error { return f.table.Transact(ctx, changes...) })
}

// faultyPublisher is a publisher with faults.
type faultyPublisher struct {
	publisher *events.Publisher
	faults    *faults
}

func (f faultyPublisher) Publish(ctx context.Context, facts ...events.Fact) error {
	times, failure := f.faults.next("tell")
	if times == 0 {
		return failure
	}
	if err := f.publisher.Publish(ctx, facts...); err != nil {
		return err
	}
	return failure
}
