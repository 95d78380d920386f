package social_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// numbers reads the counts of a post as a client does; what is not there is absent.
func (w *world) numbers(platform, id string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	note := func(got response, name string, at ...string) {
		if value := got.text(w.t, at...); value != "" {
			found[name] = value
		}
	}
	insights := func(got response) {
		for i := range 10 {
			at := strconv.Itoa(i)
			if name := got.text(w.t, "data", at, "name"); name != "" {
				note(got, name, "data", at, "values", "0", "value")
			}
		}
	}
	switch platform {
	case "facebook":
		got := w.ask("GET", "facebook/v23.0/"+id+"?fields=shares,reactions.summary(total_count),comments.summary(total_count){id,x}", "t", "")
		note(got, "shares", "shares", "count")
		note(got, "likes", "reactions", "summary", "total_count")
		note(got, "comments", "comments", "summary", "total_count")
		insights(w.ask("GET", "facebook/v23.0/"+id+"/insights?metric=post_media_view,post_total_media_view_unique,post_clicks", "t", ""))
	case "instagram":
		insights(w.ask("GET", "instagram/v23.0/"+id+"/insights?metric=views,reach,saved,shares,likes,comments", "t", ""))
	case "linkedin":
		got := w.ask("GET", "linkedin/rest/socialActions/"+url.PathEscape(id), "t", "", restli()...)
		note(got, "likes", "likesSummary", "totalLikes")
		note(got, "comments", "commentsSummary", "aggregatedTotalComments")
	case "twitter":
		got := w.ask("GET", "twitter/2/tweets/"+id+"?tweet.fields=public_metrics", "t", "")
		for _, name := range []string{"like_count", "impression_count", "reply_count", "retweet_count"} {
			note(got, name, "data", "public_metrics", name)
		}
	}
	return found
}

// idOf is the id of a post that was made.
func (w *world) idOf(platform, text string) string {
	w.t.Helper()
	if got := w.publish(platform, "7", tokenOf("7"), text); got.code/100 != 2 {
		w.t.Fatalf("%s: %d %s", platform, got.code, got.body)
	}
	posts := w.posts()
	return posts[len(posts)-1].PostID
}

func TestNumbersGrowAndAreTheSameInEveryRun(t *testing.T) {
	t.Parallel()
	for _, platform := range platforms[:4] {
		read := func() (all []map[string]string) {
			w := open(t, social.Config{})
			id := w.idOf(platform, "Open house")
			for _, pass := range []time.Duration{0, time.Hour, 24 * time.Hour, 6*24*time.Hour - time.Hour, 365 * 24 * time.Hour} {
				w.clock.pass(pass)
				all = append(all, w.numbers(platform, id))
			}
			return all
		}
		run := read()
		if diff := cmp.Diff(run, read()); diff != "" {
			t.Errorf("%s: another run has other numbers:\n%s", platform, diff)
		}
		number := func(i int, name string) int {
			value, err := strconv.Atoi(run[i][name])
			if err != nil {
				t.Errorf("%s: %d: no %s in %v", platform, i, name, run[i])
			}
			return value
		}
		for name := range run[1] {
			if number(1, name) >= number(2, name) || number(2, name) >= number(3, name) || number(3, name) != number(4, name) {
				t.Errorf("%s: %s does not grow for a week: %v", platform, name, run)
			}
			if number(4, name) > 10*number(1, name) {
				t.Errorf("%s: %s grows too much: %v", platform, name, run)
			}
		}
		if len(run[1]) < 2 {
			t.Errorf("%s: the numbers %v", platform, run[1])
		}
	}
}

func TestWhatIsNotThereYetIsLeftOut(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	for platform, missing := range map[string][]string{"facebook": {"shares"}, "instagram": {"saved", "shares", "comments"}} {
		id := w.idOf(platform, "Open house")
		at := w.numbers(platform, id)
		w.clock.pass(time.Hour)
		after := w.numbers(platform, id)
		for _, name := range missing {
			if at[name] != "" || after[name] == "" {
				t.Errorf("%s: %s is %q at first, and %q after an hour", platform, name, at[name], after[name])
			}
		}
	}
}

func TestNumbersThatFall(t *testing.T) {
	t.Parallel()
	for _, platform := range platforms[:4] {
		w := open(t, social.Config{})
		id := w.idOf(platform, "Prices are falling")
		w.clock.pass(8 * 24 * time.Hour)
		first, second, third := w.numbers(platform, id), w.numbers(platform, id), w.numbers(platform, id)
		for name := range first {
			was, err := strconv.Atoi(first[name])
			if err != nil || second[name] != strconv.Itoa(was/2) {
				t.Errorf("%s: %s is %s, then %s", platform, name, first[name], second[name])
			}
		}
		if diff := cmp.Diff(second, third); diff != "" {
			t.Errorf("%s: at the third reading:\n%s", platform, diff)
		}
	}
}

func TestNumbersOfPostsThatWereMadeBefore(t *testing.T) {
	t.Parallel()
	for platform, id := range map[string]string{"facebook": "7_1", "instagram": "17", "linkedin": "urn:li:share:6", "twitter": "19"} {
		w := open(t, social.Config{})
		first := w.numbers(platform, id)
		w.clock.pass(24 * time.Hour)
		if second := w.numbers(platform, id); len(first) < 2 || cmp.Diff(first, second) == "" {
			t.Errorf("%s: %v, a day later %v", platform, first, second)
		}
	}
}

func TestStatisticsOfAnOrganization(t *testing.T) {
	t.Parallel()
	w := open(t, social.Config{})
	w.ask("POST", "linkedin/rest/posts", "t", linkedInPost(organization, nil), restli()...)
	id := w.posts()[0].PostID
	w.clock.pass(time.Hour)
	path := func(ids ...string) string {
		escaped := make([]string, len(ids))
		for i, id := range ids {
			escaped[i] = url.QueryEscape(id)
		}
		return "linkedin/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=" + url.QueryEscape(organization) +
			"&shares=List(" + strings.Join(escaped, ",") + ")"
	}
	foreign := w.idOf("linkedin", "of a member")
	got := w.ask("GET", path(id, "urn:li:share:missing", foreign, "urn:li:share:6"), "t", "", restli()...)
	if got.code != 200 || got.text(t, "elements", "0", "share") != id || got.text(t, "elements", "1", "share") != "urn:li:share:6" || got.text(t, "elements", "2", "share") != "" {
		t.Errorf("%d %s", got.code, got.body)
	}
	for _, name := range []string{"uniqueImpressionsCount", "impressionCount", "clickCount", "likeCount", "commentCount", "shareCount"} {
		if value, err := strconv.Atoi(got.text(t, "elements", "0", "totalShareStatistics", name)); err != nil || value < 1 {
			t.Errorf("%s: %s", name, got.body)
		}
	}
}
