package publication_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

var (
	unavailable = &social.UnavailableError{Network: "the network", Problem: "503"}
	refusal     = &social.RefusedError{Reason: "The network does not like it."}
	revoked     = &social.UnauthorizedError{Reason: "Please connect it again."}
)

func limited(wait time.Duration) error {
	return &social.RateLimitedError{Network: "the network", RetryAfter: wait}
}

func TestPostsOnAllChannels(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook", "twitter/1", "twitter/2"), nil)
	w.mustTick()
	w.want("A", "published, facebook/account ok 1, twitter/1 ok 1, twitter/2 ok 1")
	w.wantPosts("A on facebook/account", "A on twitter/1", "A on twitter/2")
	w.wantTold("A on facebook", "A on twitter", "A on twitter")
	w.wantIn("A", "color", "the platform's")
	w.mustTick()
	w.wantTold("A on facebook", "A on twitter", "A on twitter")

	told := eventstest.Published[events.ContentPublished](t, w.Bus)
	want := events.ContentPublished{
		ContentID: "content-A", UserID: agent, ContentType: "social_media", Platform: "facebook", PublishedAt: events.At(now), ScheduleID: "A",
		PlatformPostID: "facebook-1", PublishedURL: "https://facebook.example/facebook-1",
	}
	if diff := cmp.Diff(want, told[0].Detail); diff != "" {
		t.Error(diff)
	}
	if told[1].Identity() == told[2].Identity() {
		t.Error("two accounts of one network have one identity")
	}
	result := w.item("A")["publishResults"].([]any)[0].(fields)
	if result["publishedAt"] != iso(now) || result["announcedAt"] != iso(now) || result["platformPostId"] != "facebook-1" {
		t.Errorf("result %v", result)
	}
	post := w.networks["facebook"].posts[0]
	if post.text != "Come and see A\n\n#home" || len(post.key) != 32 || post.key == w.networks["twitter"].posts[0].key {
		t.Errorf("post %+v", post)
	}
}

func TestMetricsBeginWithThePost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put("ANALYTICS#content-A#twitter", "Analytics", fields{"metrics": fields{"likes": 7}})
	w.schedule("A", channels("facebook", "twitter"), nil)
	w.mustTick()
	items := w.Data("ANALYTICS#content-A#")
	if likes := items["twitter"]["metrics"].(fields)["likes"]; likes != 7.0 {
		t.Errorf("figures were overwritten: %v", items["twitter"])
	}
	zero := fields{}
	for _, name := range []string{"views", "likes", "shares", "comments", "clicks", "saves", "reach", "impressions", "engagementRate"} {
		zero[name] = 0.0
	}
	want := fields{
		"id": "content-A#facebook", "userId": agent, "contentId": "content-A", "contentType": "social_media", "channel": "facebook",
		"accountId": "account", "publishedAt": iso(now), "metrics": zero, "syncStatus": "pending",
		"platformMetrics": fields{"platformPostId": "facebook-1", "publishedUrl": "https://facebook.example/facebook-1"},
	}
	if diff := cmp.Diff(want, items["facebook"]); diff != "" {
		t.Error(diff)
	}
}

// What happens to one channel, and how the item goes on.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []error
		after   []time.Duration // ticks that follow
		state   string
		told    []string
		posts   int
	}{
		"posted":              {state: "published, facebook/account ok 1", told: []string{"A on facebook"}, posts: 1},
		"refused":             {answers: []error{refusal}, state: "failed, facebook/account failed 1", told: []string{"A failed on [facebook]: Facebook: The network does not like it."}},
		"revoked":             {answers: []error{revoked}, state: "failed, facebook/account failed 1", told: []string{"A failed on [facebook]: Facebook: Please connect it again."}},
		"away once":           {answers: []error{unavailable}, state: "scheduled, facebook/account waits 1"},
		"away, 5 min − 1 ms":  {answers: []error{unavailable}, after: []time.Duration{5*time.Minute - time.Millisecond}, state: "scheduled, facebook/account waits 1"},
		"away, 5 min":         {answers: []error{unavailable}, after: []time.Duration{5 * time.Minute}, state: "published, facebook/account ok 2", told: []string{"A on facebook"}, posts: 1},
		"away twice":          {answers: []error{unavailable, unavailable}, after: []time.Duration{5 * time.Minute, 10*time.Minute - time.Millisecond}, state: "scheduled, facebook/account waits 2"},
		"away twice, 10 min":  {answers: []error{unavailable, unavailable}, after: []time.Duration{5 * time.Minute, 10 * time.Minute}, state: "published, facebook/account ok 3", told: []string{"A on facebook"}, posts: 1},
		"away thrice":         {answers: []error{unavailable, unavailable, unavailable}, after: []time.Duration{5 * time.Minute, 10 * time.Minute}, state: "failed, facebook/account failed 3", told: []string{"A failed on [facebook]: Facebook: The service could not be reached"}},
		"limited":             {answers: []error{limited(time.Hour)}, after: []time.Duration{time.Hour - time.Millisecond}, state: "scheduled, facebook/account waits 0"},
		"limited, then out":   {answers: []error{limited(time.Hour)}, after: []time.Duration{time.Hour}, state: "published, facebook/account ok 1", told: []string{"A on facebook"}, posts: 1},
		"limited for so long": {answers: []error{limited(24 * time.Hour)}, state: "failed, facebook/account failed 0", told: []string{"A failed on [facebook]: Facebook: It could not be posted within 24 hours"}},
		"limited just in time": {
			answers: []error{limited(24*time.Hour - time.Millisecond)}, after: []time.Duration{24*time.Hour - time.Millisecond},
			state: "published, facebook/account ok 1", told: []string{"A on facebook"}, posts: 1,
		},
		"limited, and nobody comes in time": {
			answers: []error{limited(time.Hour)}, after: []time.Duration{24 * time.Hour},
			state: "failed, facebook/account failed 0", told: []string{"A failed on [facebook]: Facebook: It could not be posted within 24 hours"},
		},
		"an answer is lost":            {answers: []error{errCut}, state: "published, facebook/account ok 1", told: []string{"A on facebook"}, posts: 1},
		"a request is lost":            {answers: []error{errLost}, state: "scheduled, facebook/account uncertain 1"},
		"a request is lost, and later": {answers: []error{errLost}, after: []time.Duration{5 * time.Minute}, state: "published, facebook/account ok 2", told: []string{"A on facebook"}, posts: 1},
		"three requests are lost": {
			answers: []error{errLost, errLost, errLost}, after: []time.Duration{5 * time.Minute, 10 * time.Minute},
			state: "scheduled, facebook/account uncertain 3",
		},
		"three requests are lost, surely": {
			answers: []error{errLost, errLost, errLost}, after: []time.Duration{5 * time.Minute, 10 * time.Minute, 10 * time.Minute},
			state: "failed, facebook/account failed 3", told: []string{"A failed on [facebook]: Facebook: The service could not be reached"},
		},
		"an error that tells nothing": {answers: []error{context.DeadlineExceeded}, state: "scheduled, facebook/account uncertain 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.networks["facebook"].will(test.answers...)
			w.schedule("A", channels("facebook"), nil)
			w.mustTick()
			for _, pause := range test.after {
				w.pass(pause)
				w.mustTick()
			}
			w.want("A", test.state)
			w.wantTold(test.told...)
			if got := len(w.posts()); got != test.posts {
				t.Errorf("%d posts", got)
			}
			if !strings.HasPrefix(test.state, "scheduled") {
				w.pass(time.Hour)
				w.mustTick() // what has ended is not looked at again
				w.wantTold(test.told...)
			}
		})
	}
}

// A network that answers with a fault of its own says that nothing was posted. It is believed, but not without a look.
func TestDeniedPosts(t *testing.T) {
	t.Parallel()
	wait := []time.Duration{5 * time.Minute, 10 * time.Minute}
	tests := map[string]struct {
		answers []error
		hidden  bool    // at first, what is posted is not listed
		finds   []error // of the first looks
		after   []time.Duration
		state   string
		posts   int
	}{
		"wrongly":                    {answers: []error{errWronglyDenied}, state: "published, facebook/account ok 1", posts: 1},
		"rightly":                    {answers: []error{errDenied}, state: "scheduled, facebook/account denied 1"},
		"rightly, and later":         {answers: []error{errDenied}, after: wait[:1], state: "published, facebook/account ok 2", posts: 1},
		"wrongly, and listed late":   {answers: []error{errWronglyDenied}, hidden: true, after: wait[:1], state: "published, facebook/account ok 1", posts: 1},
		"thrice":                     {answers: []error{errDenied, errDenied, errDenied}, after: wait, state: "failed, facebook/account failed 3"},
		"thrice, at last wrongly":    {answers: []error{errDenied, errDenied, errWronglyDenied}, after: wait, state: "published, facebook/account ok 3", posts: 1},
		"nobody is allowed to look":  {answers: []error{errDenied}, finds: []error{social.ErrCannotFind, social.ErrCannotFind}, after: wait[:1], state: "published, facebook/account ok 2", posts: 1},
		"looks fail, too":            {answers: []error{errDenied}, finds: []error{unavailable, unavailable}, after: wait[:1], state: "published, facebook/account ok 2", posts: 1},
		"then the answer is lost":    {answers: []error{errDenied, errLost}, after: wait[:1], state: "scheduled, facebook/account uncertain 2"},
		"then there is no way there": {answers: []error{errDenied, unavailable}, after: wait[:1], state: "scheduled, facebook/account denied 2"},
		"wrongly, then nobody can tell": {
			answers: []error{errWronglyDenied, errLost}, finds: []error{unavailable, unavailable}, after: wait[:1],
			state: "published, facebook/account ok 2", posts: 1,
		},
		"then it is refused for good": {answers: []error{errDenied, refusal}, after: wait[:1], state: "failed, facebook/account failed 2"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			facebook := w.networks["facebook"]
			facebook.will(test.answers...)
			facebook.finds, facebook.hides = test.finds, test.hidden
			w.schedule("A", channels("facebook"), nil)
			w.mustTick()
			facebook.hides = false
			for _, pause := range test.after {
				w.pass(pause)
				w.mustTick()
			}
			w.want("A", test.state)
			if got := len(w.posts()); got != test.posts {
				t.Errorf("%d posts", got)
			}
		})
	}
}

func TestPausesAreSpread(t *testing.T) {
	t.Parallel()
	for jitter, want := range map[float64]time.Duration{0: 4*time.Minute + 30*time.Second, 0.5: 5 * time.Minute, 0.999999: 5*time.Minute + 29*time.Second} {
		w := newWorld(t)
		w.jitter = jitter
		w.networks["facebook"].will(unavailable)
		w.schedule("A", channels("facebook"), nil)
		w.mustTick()
		w.wantIn("A", "nextAttemptAt", iso(now.Add(want))[:19])
		w.wantIn("A", "publishTime", iso(now))
		w.wantIn("A", "retryCount", "1")
		w.wantIn("A", "lastError", "Facebook: The service could not be reached")
	}
}

// Each channel goes its own way.
func TestChannelsDoNotHoldUpEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.networks["facebook"].will(limited(30 * time.Minute))
	w.networks["linkedin"].will(unavailable, unavailable)
	w.networks["twitter"].will(refusal)
	w.schedule("A", channels("facebook", "linkedin", "twitter", "instagram"), nil)
	w.mustTick()
	w.want("A", "scheduled, facebook/account waits 0, linkedin/account waits 1, twitter/account failed 1, instagram/account ok 1")
	w.wantIn("A", "nextAttemptAt", iso(now.Add(5*time.Minute)))
	w.wantTold("A on instagram")
	w.pass(5 * time.Minute)
	w.mustTick()
	w.want("A", "scheduled, facebook/account waits 0, linkedin/account waits 2, twitter/account failed 1, instagram/account ok 1")
	w.wantIn("A", "nextAttemptAt", iso(now.Add(15*time.Minute)))
	w.pass(10 * time.Minute)
	w.mustTick()
	w.wantTold("A on instagram", "A on linkedin")
	w.wantIn("A", "nextAttemptAt", iso(now.Add(30*time.Minute)))
	w.pass(15 * time.Minute)
	w.mustTick()
	w.want("A", "failed, facebook/account ok 1, linkedin/account ok 3, twitter/account failed 1, instagram/account ok 1")
	w.wantTold("A on instagram", "A on linkedin", "A on facebook", "A failed on [twitter]: X: The network does not like it.")
	w.wantPosts("A on facebook/account", "A on linkedin/account", "A on instagram/account")
	w.wantIn("A", "nextAttemptAt", "<nil>")
	w.wantIn("A", "retryCount", "2")
	if failed := eventstest.Published[events.ContentPublishFailed](t, w.Bus); !failed[0].Detail.FailedAt.Equal(now) {
		t.Errorf("failed at %s, when the last channel did", failed[0].Detail.FailedAt)
	}
}

// Why a channel is refused before anything is posted.
func TestRefusedChannels(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		channel fields
		item    fields
		before  func(*world)
		why     string
	}{
		"switched off":  {channel: fields{"isActive": false}, why: "Facebook: The channel is switched off."},
		"disconnected":  {channel: fields{"connectionStatus": "disconnected"}, why: "Facebook: The account is not connected."},
		"unknown":       {channel: fields{"type": "pigeon"}, why: "pigeon: This is no channel that we can post on."},
		"without type":  {channel: fields{"type": nil}, why: "unknown: This is no channel that we can post on."},
		"no map":        {channel: nil, why: "unknown: This is no channel that we can post on."},
		"too long":      {channel: fields{"type": "twitter"}, item: fields{"content": strings.Repeat("é", 281-7)}, why: "X: X takes up to 280 characters; the post has 281."},
		"no image":      {channel: fields{"type": "instagram"}, item: fields{"metadata": fields{}}, why: "Instagram: Instagram needs at least 1 images; the post has 0."},
		"hashtags":      {item: fields{"metadata": fields{"hashtags": strings.Fields(strings.Repeat("a ", 16))}}, why: "Facebook: Facebook takes up to 15 hashtags; the post has 16."},
		"not connected": {before: func(w *world) { w.Delete("SOCIAL#FACEBOOK") }, why: "Facebook: No account is connected."},
		"expired": {before: func(w *world) {
			w.Put("SOCIAL#FACEBOOK", "SocialConnection", fields{"provider": "FACEBOOK", "accessToken": "t", "expiresAt": now.UnixMilli()})
		}, why: "Facebook: "},
		"no token": {before: func(w *world) {
			w.Put("SOCIAL#FACEBOOK", "SocialConnection", fields{"provider": "FACEBOOK"})
		}, why: "Facebook: "},
		"unreadable connection": {before: func(w *world) {
			w.Put("SOCIAL#FACEBOOK", "SocialConnection", fields{"provider": "FACEBOOK", "accessToken": []string{"t"}})
		}, why: "Facebook: The connection cannot be read."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.before != nil {
				test.before(w)
			}
			first := channels("facebook")[0]
			for field, value := range test.channel {
				first[field] = value
			}
			var on any = []any{first, channels("blog")[0]}
			if name == "no map" {
				on = []any{"facebook", channels("blog")[0]}
			}
			changed := fields{"channels": on}
			for field, value := range test.item {
				changed[field] = value
			}
			w.schedule("A", nil, changed)
			w.mustTick()
			told := w.told()
			if len(told) != 2 || told[0] != "A on blog" || !strings.Contains(told[1], "]: "+test.why) {
				t.Errorf("told %q", told)
			}
			if !strings.HasPrefix(w.state("A"), "failed, ") || len(w.posts()) != 1 {
				t.Errorf("%s, posted %q", w.state("A"), w.posts())
			}
		})
	}
}

// The platform's own services need no connection.
func TestOwnServicesNeedNoConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Delete("SOCIAL#BLOG")
	w.Delete("SOCIAL#NEWSLETTER")
	w.schedule("A", channels("blog", "newsletter"), fields{"metadata": fields{"htmlContent": "<p>Hi</p>", "recipients": []string{"a@example.com"}}})
	w.mustTick()
	w.want("A", "published, blog/account ok 1, newsletter/account ok 1")
}

// KMS that is away is no reason to give up.
func TestTokenThatCannotBeOpenedNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ciphertext := base64.StdEncoding.EncodeToString(append([]byte{1, 2, 2, 0, 0x78}, make([]byte, 64)...))
	w.Put("SOCIAL#FACEBOOK", "SocialConnection", fields{"platform": "facebook", "accessToken": ciphertext})
	w.schedule("A", channels("facebook", "linkedin"), nil)
	w.mustTick()
	w.want("A", "scheduled, facebook/account waits 1, linkedin/account ok 1")
}

func TestWhatIsDue(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		item fields
		due  bool
	}{
		"now":                         {item: fields{}, due: true},
		"in a millisecond":            {item: fields{"publishTime": iso(now.Add(time.Millisecond))}},
		"as a number":                 {item: fields{"publishTime": now.UnixMilli()}, due: true},
		"to be tried again":           {item: fields{"nextAttemptAt": iso(now)}, due: true},
		"to be tried again later":     {item: fields{"nextAttemptAt": iso(now.Add(time.Millisecond))}},
		"cancelled":                   {item: fields{"status": "cancelled"}},
		"published":                   {item: fields{"status": "published"}},
		"failed":                      {item: fields{"status": "failed"}},
		"a draft":                     {item: fields{"status": "draft"}},
		"somebody works at it":        {item: fields{"status": "publishing", "leaseUntil": iso(now)}},
		"somebody worked at it":       {item: fields{"status": "publishing", "leaseUntil": iso(now.Add(-time.Millisecond))}, due: true},
		"no lease":                    {item: fields{"status": "publishing"}, due: true},
		"23:59:59.999 hours too late": {item: fields{"publishTime": iso(now.Add(time.Millisecond - 24*time.Hour))}, due: true},
	}
	for name, test := range tests {
		for _, rush := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.schedule("A", channels("facebook"), test.item)
				for i := range 101 {
					if rush {
						w.scheduleFor("another", strings.Repeat("x", i+1), channels("facebook"), fields{"publishTime": iso(now.Add(-time.Hour))})
					}
				}
				w.mustTick()
				if posted := len(w.posts()) == 1; posted != test.due {
					t.Errorf("posted: %v", posted)
				}
			})
		}
	}
}

func TestOldestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, ago := range map[string]time.Duration{"A": time.Minute, "B": time.Hour, "C": 0, "D": 2 * time.Hour} {
		w.schedule(name, channels("facebook"), fields{"publishTime": iso(now.Add(-ago))})
	}
	w.mustTick()
	if got := strings.Join(w.posts(), ", "); got != "D on facebook/account, B on facebook/account, A on facebook/account, C on facebook/account" {
		t.Error(got)
	}
}

func TestAIJobCompletedPostsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook"), nil)
	completed := eventstest.Event(eventstest.Valid(func(f *events.AIJobCompleted) { f.UserID = agent }))
	if err := w.poster.AIJobCompleted(t.Context(), completed); err != nil {
		t.Fatal(err)
	}
	w.wantTold("A on facebook")
}

func TestOtherChecksAreNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook"), nil)
	due := eventstest.Event(events.CheckDue{Check: "price", UserID: agent, DueAt: events.At(now)})
	if err := w.poster.CheckDue(t.Context(), due); err != nil || len(w.posts()) > 0 {
		t.Errorf("posted %q, error %v", w.posts(), err)
	}
}

// Items that cannot be posted fail visibly, alone.
func TestPoison(t *testing.T) {
	t.Parallel()
	many := channels(strings.Fields(strings.Repeat("facebook/x", 1))...)
	for i := range 50 {
		many = append(many, channels("facebook/"+strings.Repeat("y", i+1))...)
	}
	tests := map[string]struct {
		item fields
		why  string
		told bool
	}{
		"no channels":            {item: fields{"channels": nil}, why: "The scheduled content names no channel"},
		"channels of text":       {item: fields{"channels": "facebook"}, why: "The field channels of"},
		"too many channels":      {item: fields{"channels": many}, why: "The scheduled content names 51 channels; 50 is the most.", told: true},
		"a long account":         {item: fields{"channels": channels("facebook/" + strings.Repeat("x", 513))}, why: "The account of a facebook channel", told: true},
		"a time that is none":    {item: fields{"publishTime": "1 o'clock"}, why: "The field publishTime", told: true},
		"a time of microseconds": {item: fields{"publishTime": now.UnixMicro()}, why: "The field publishTime", told: true},
		"results of text":        {item: fields{"publishResults": "none"}, why: "The field publishResults", told: true},
		"a result of text":       {item: fields{"publishResults": []any{"none"}}, why: "The field publishResults", told: true},
		"metadata of text":       {item: fields{"metadata": "none"}, why: "The field metadata", told: true},
		"hashtags of numbers":    {item: fields{"metadata": fields{"hashtags": fields{}}}, why: "The field metadata", told: true},
		"content of a list":      {item: fields{"content": []string{"x"}}, why: "The field content", told: true},
		"no contentId":           {item: fields{"contentId": nil}, why: "The scheduled content is not complete: contentId is missing."},
		"contentId of a list":    {item: fields{"contentId": []string{}}, why: "The scheduled content is not complete: contentId is missing."},
		"no contentType":         {item: fields{"contentType": nil}, why: "The scheduled content is not complete: contentType is missing.", told: true},
		"more than 300 KB":       {item: fields{"content": strings.Repeat("x", 301<<10)}, why: "The scheduled content has 302 KB; 300 KB is the most.", told: true},
		"nearly 400 KB":          {item: fields{"content": strings.Repeat("x", 400<<10-870)}, why: "The scheduled content", told: true},
		"as much as there may":   {item: fields{"content": "", "other": strings.Repeat("x", 400<<10-766)}, why: "", told: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.schedule("A", channels("facebook"), test.item)
			w.schedule("B", channels("facebook"), fields{"publishTime": iso(now)})
			w.mustTick()
			if status := w.item("A")["status"]; status != "failed" {
				t.Errorf("status %v", status)
			}
			if test.why != "" {
				w.wantIn("A", "lastError", test.why)
			}
			if w.item("A")["leaseUntil"] != nil {
				t.Error("a lease is left")
			}
			w.wantPosts("B on facebook/account")
			failed := eventstest.Published[events.ContentPublishFailed](t, w.Bus)
			if test.told != (len(failed) == 1) {
				t.Fatalf("told %q", w.told())
			}
			if test.told && (!strings.HasPrefix(failed[0].Detail.Error, test.why) || failed[0].Detail.Platforms[0] != "facebook") {
				t.Errorf("told %+v", failed[0].Detail)
			}
			w.pass(time.Hour)
			w.mustTick()
			if again := w.told(); len(again) > 2 {
				t.Errorf("told %q", again)
			}
		})
	}
}

// What an earlier wish failed on is tried again when the agent wishes anew; what is out stays out.
func TestAgentSchedulesAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.networks["twitter"].will(refusal)
	w.networks["linkedin"].will(unavailable, unavailable, unavailable)
	w.schedule("A", channels("facebook", "twitter", "linkedin"), nil)
	w.mustTick()
	w.pass(5 * time.Minute)
	w.mustTick()
	w.pass(10 * time.Minute)
	w.mustTick()
	w.want("A", "failed, facebook/account ok 1, twitter/account failed 1, linkedin/account failed 3")
	w.pass(time.Hour)
	old := w.item("A")
	w.schedule("A", channels("facebook", "twitter", "linkedin"), fields{
		"publishResults": old["publishResults"], "startedAt": old["startedAt"], "leaseOwner": old["leaseOwner"], "publishTime": old["publishTime"],
	})
	w.networks["linkedin"].will(unavailable)
	w.mustTick()
	w.want("A", "scheduled, facebook/account ok 1, twitter/account ok 1, linkedin/account waits 1")
	w.pass(5 * time.Minute)
	w.mustTick()
	w.want("A", "published, facebook/account ok 1, twitter/account ok 1, linkedin/account ok 2")
	w.wantPosts("A on facebook/account", "A on twitter/account", "A on linkedin/account")
}

// What is known of channels that others have written is kept.
func TestForeignResultsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook", "twitter"), fields{"publishResults": []any{
		fields{"channel": "Facebook", "accountId": "account", "success": true, "publishedAt": iso(now.Add(-time.Hour)), "likedBy": "many"},
		fields{"channel": "linkedin", "accountId": "gone", "success": true, "announcedAt": iso(now), "publishedAt": iso(now)},
		fields{"channel": "twitter", "accountId": "account", "success": false, "error": "old"},
	}})
	w.mustTick()
	w.want("A", "published, facebook/account ok 0, linkedin/gone ok 0, twitter/account ok 1")
	w.wantTold("A on facebook", "A on twitter")
	if liked := w.item("A")["publishResults"].([]any)[0].(fields)["likedBy"]; liked != "many" {
		t.Errorf("likedBy %v", liked)
	}
}

// A channel that is named twice is one.
func TestSameChannelTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.schedule("A", channels("facebook/1", "Facebook/1", "facebook/2"), nil)
	w.mustTick()
	w.wantPosts("A on facebook/1", "A on facebook/2")
}

// An item that is cancelled while it is being posted: what is out is recorded and told, nothing else happens.
func TestCancelledInBetween(t *testing.T) {
	t.Parallel()
	for name, on := range map[string][]fields{"before another channel": channels("facebook", "twitter"), "at the end": channels("facebook")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.networks["facebook"].onPost = func() { w.amend("A", fields{"status": "cancelled"}) }
			w.schedule("A", on, nil)
			w.mustTick()
			w.wantPosts("A on facebook/account")
			w.wantTold("A on facebook")
			if got := w.state("A"); got != "cancelled, facebook/account ok 1" {
				t.Error(got)
			}
			if w.item("A")["publishResults"].([]any)[0].(fields)["announcedAt"] == nil {
				t.Error("not remembered as told")
			}
			w.pass(time.Hour)
			w.mustTick()
			w.wantTold("A on facebook")
		})
	}
}

// A worker that is gone leaves a lease, after which another goes on; before, nobody touches the item.
func TestLeaseRunsOut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer error
		state  string
	}{
		"posted":     {errCut, "published, facebook/account ok 0, twitter/account ok 1"},
		"not posted": {errLost, "published, facebook/account ok 1, twitter/account ok 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			now := time.Now().Truncate(time.Millisecond)
			w.pass(now.Sub(w.Now()))
			ctx, cancel := context.WithDeadline(t.Context(), now.Add(time.Hour))
			defer cancel()
			w.networks["facebook"].will(test.answer)
			w.networks["facebook"].onPost = func() { w.faults.arm(1, crash) }
			w.schedule("A", channels("facebook", "twitter"), nil)
			_ = w.tickIn(ctx)
			w.networks["facebook"].onPost = nil
			w.faults.arm(0, 0)
			w.want("A", "publishing, facebook/account uncertain 0")
			w.wantIn("A", "leaseUntil", iso(now.Add(time.Hour+5*time.Second)))
			w.pass(time.Hour + 5*time.Second)
			w.mustTick()
			w.want("A", "publishing, facebook/account uncertain 0")
			w.pass(time.Millisecond)
			w.mustTick()
			w.want("A", test.state)
			w.wantPosts("A on facebook/account", "A on twitter/account")
			w.wantTold("A on facebook", "A on twitter")
		})
	}
}

// What cannot be found out is not posted again.
func TestCannotFind(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		finds []error
		ticks int
		state string
	}{
		"no way to know":      {[]error{social.ErrCannotFind}, 1, "failed, facebook/account failed 1"},
		"away thrice":         {[]error{unavailable, unavailable, unavailable, unavailable}, 4, "failed, facebook/account failed 1"},
		"away twice":          {[]error{unavailable, unavailable, unavailable}, 4, "published, facebook/account ok 1"},
		"revoked meanwhile":   {[]error{unavailable, revoked}, 2, "failed, facebook/account failed 1"},
		"limited":             {[]error{unavailable, limited(8 * time.Minute)}, 3, "published, facebook/account ok 1"},
		"limited for so long": {[]error{unavailable, limited(24 * time.Hour)}, 2, "failed, facebook/account failed 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.networks["facebook"].will(errCut)
			w.networks["facebook"].finds = test.finds
			w.schedule("A", channels("facebook"), nil)
			for range test.ticks {
				w.mustTick()
				w.pass(10 * time.Minute)
			}
			w.want("A", test.state)
			w.wantPosts("A on facebook/account")
			if strings.HasPrefix(test.state, "failed") {
				w.wantTold("A failed on [facebook]: Facebook: We could not find out whether this was posted.")
			} else {
				w.wantTold("A on facebook")
			}
		})
	}
}

// A post that the network lists late is found with the next try.
func TestFoundLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.networks["facebook"].will(errCut)
	w.networks["facebook"].hides = true
	w.schedule("A", channels("facebook"), nil)
	w.mustTick()
	w.want("A", "scheduled, facebook/account uncertain 1")
	w.networks["facebook"].hides = false
	w.pass(5 * time.Minute)
	w.mustTick()
	w.want("A", "published, facebook/account ok 1")
	if told := eventstest.Published[events.ContentPublished](t, w.Bus); !told[0].Detail.PublishedAt.Equal(now) || told[0].Detail.PlatformPostID != "facebook-1" {
		t.Errorf("told %+v", told[0].Detail)
	}
}

// A network may accept a post until the call of it has ended, and not list it at once: that it was not made is believed a
// minute later.
func TestNotFoundIsBelievedAfterTheLongestPostAndAMinute(t *testing.T) {
	t.Parallel()
	for ago, state := range map[time.Duration]string{
		3*time.Minute - time.Millisecond: "scheduled, facebook/account uncertain 0",
		3 * time.Minute:                  "published, facebook/account ok 1",
	} {
		w := newWorld(t)
		w.schedule("A", channels("facebook"), fields{
			"status": "publishing", "leaseUntil": iso(now.Add(-time.Millisecond)), "leaseOwner": "gone", "startedAt": iso(now.Add(-time.Hour)),
			"publishResults": []any{fields{
				"channel": "facebook", "accountId": "account", "success": false, "attempts": 0,
				"postingSince": iso(now.Add(-ago)), "updatedAt": iso(now.Add(-ago)),
			}},
		})
		w.mustTick()
		w.want("A", state)
		if state[0] == 's' {
			w.wantIn("A", "nextAttemptAt", iso(now.Add(time.Millisecond)))
			w.wantIn("A", "retryCount", "0")
		}
	}
}

// What could not be written down is not told: whoever goes on with a post of the platform's own services makes it again, with
// the same key and at another time. What was written down before is told.
func TestWhatIsNotRecordedIsNotTold(t *testing.T) {
	t.Parallel()
	for name, cancelled := range map[string]bool{"taken up again": false, "cancelled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.networks["blog"].hides = true
			writes := 0 // since the post
			w.networks["blog"].onPost = func() {
				w.setRandom(func(int) fault {
					if last := w.faults.names[len(w.faults.names)-1]; last != "amend" && last != "transact" {
						return 0
					}
					writes++
					if cancelled && writes > 3 { // the record has failed three times
						return 0
					}
					return refused
				})
				if cancelled {
					w.amend("A", fields{"status": "cancelled"})
				}
			}
			w.schedule("A", channels("facebook", "blog"), nil)
			if err := w.tick(); err == nil {
				t.Error("no error")
			}
			if cancelled { // nobody takes it up again, but at last it was recorded
				w.wantTold("A on facebook", "A on blog")
				if got := w.state("A"); got != "cancelled, facebook/account ok 1, blog/account ok 1" {
					t.Error(got)
				}
				return
			}
			w.wantTold("A on facebook")
			w.setRandom(nil)
			w.networks["blog"].onPost = nil
			w.pass(16 * time.Minute) // the lease is over
			w.mustTick()
			w.want("A", "published, facebook/account ok 1, blog/account ok 1")
			told := map[string]int{}
			for _, event := range eventstest.Published[events.ContentPublished](t, w.Bus) {
				told[event.Detail.Platform+" at "+event.Detail.PublishedAt.String()]++
			}
			if len(told) != 2 {
				t.Errorf("told of %v", told)
			}
		})
	}
}

// A post whose item was replaced meanwhile is no longer recorded anywhere: that is an error, and not told.
func TestItemIsReplacedInBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.networks["blog"].onPost = func() { w.schedule("A", channels("blog"), nil) }
	w.schedule("A", channels("blog"), nil)
	var permanent interface{ Permanent() bool }
	if err := w.tick(); !errors.As(err, &permanent) || !permanent.Permanent() {
		t.Errorf("error %v", err)
	}
	w.wantTold()
	w.networks["blog"].onPost = nil
	w.pass(time.Minute)
	w.mustTick()
	w.want("A", "published, blog/account ok 1")
	w.wantTold("A on blog")
}

// When the bus is away, nothing is posted twice and the same is told later.
func TestBusIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.networks["twitter"].will(refusal)
	w.Bus.Refuse(2, "AccessDeniedException")
	w.schedule("A", channels("facebook", "twitter"), nil)
	if err := w.tick(); err == nil {
		t.Fatal("no error")
	}
	w.want("A", "scheduled, facebook/account ok 1, twitter/account failed 1")
	w.pass(time.Minute)
	w.mustTick()
	w.want("A", "failed, facebook/account ok 1, twitter/account failed 1")
	w.wantTold("A on facebook", "A failed on [twitter]")
	w.wantPosts("A on facebook/account")
	if told := eventstest.Published[events.ContentPublished](t, w.Bus); !told[0].Detail.PublishedAt.Equal(now) {
		t.Errorf("told %+v", told[0].Detail)
	}
}

// When little time remains, nothing is begun: no item is claimed, and no channel posted.
func TestTimeRunsShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mu.Lock()
	w.at = time.Now()
	w.mu.Unlock()
	end := w.Now().Add(10 * time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	w.schedule("A", channels("facebook", "twitter"), nil)
	w.schedule("B", channels("facebook"), nil)
	at := func(left time.Duration) func() {
		return func() { w.pass(end.Add(-left).Sub(w.Now())) }
	}
	w.networks["facebook"].onPost = at(30*time.Second - time.Millisecond)
	err := w.tickIn(ctx)
	if err == nil || !strings.Contains(err.Error(), "time ran short after 1 of 2 channels") {
		t.Errorf("error %v", err)
	}
	w.want("A", "scheduled, facebook/account ok 1")
	w.want("B", "scheduled")
	w.wantTold("A on facebook")
	if err := w.tickIn(ctx); err == nil || !strings.Contains(err.Error(), "time ran short after 0 of 2 items") {
		t.Errorf("error %v", err)
	}
	w.networks["facebook"].onPost = nil
	w.mustTick()
	w.want("A", "published, facebook/account ok 1, twitter/account ok 1")
	w.want("B", "published, facebook/account ok 1")
}
