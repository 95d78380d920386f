package analytics_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestPublishedPostIsRegisteredAndSynced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fact := publication("a", "facebook", "1_2")
	fact.PublishedURL = "https://www.facebook.com/1_2"
	w.does("1_2", social.Metrics{Views: 8, Likes: 1})
	w.mustPublish(fact)
	w.mustPublish(fact) // a duplicate
	w.want("facebook completed 1")
	stored := w.stored("a", "facebook")
	want := fields{
		"id": "a#facebook", "userId": agent, "contentId": "a", "contentType": "social_media", "channel": "facebook", "publishedAt": ago(0),
		"metrics": fields{
			"views": 8.0, "likes": 1.0, "shares": 0.0, "comments": 0.0, "clicks": 0.0, "saves": 0.0, "reach": 0.0, "impressions": 0.0, "engagementRate": 12.5,
		},
		"platformMetrics": fields{"platformPostId": "1_2", "publishedUrl": "https://www.facebook.com/1_2", "lastExternalSync": ago(0)},
		"lastSynced":      ago(0), "syncStatus": "synced", "syncId": stored["syncId"],
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Error(diff)
	}
	if w.times() != 1 {
		t.Errorf("asked %d times", w.times())
	}
	answer, err := w.Client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(platformtest.Table), Key: map[string]types.AttributeValue{
		"PK": table.Text("USER#" + agent), "SK": table.Text("ANALYTICS#a#facebook"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	for attribute, want := range map[string]types.AttributeValue{
		"EntityType": table.Text("Analytics"), "GSI3PK": table.Text("ANALYTICS#social_media"), "GSI3SK": table.Text("DATE#2026-11-24"),
		"TTL": table.Number(now.Add(400 * day).Unix()), "CreatedAt": table.Number(now.UnixMilli()), "UpdatedAt": table.Number(now.UnixMilli()),
	} {
		if diff := cmp.Diff(want, answer.Item[attribute], cmp.AllowUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{})); diff != "" {
			t.Errorf("%s: %s", attribute, diff)
		}
	}
}

func TestWhichPublicationsAreSynced(t *testing.T) {
	t.Parallel()
	earlier := publication("a", "facebook", "other")
	earlier.PublishedAt = events.At(now.Add(-3 * day))
	for _, test := range []struct {
		name   string
		there  fields // of the item; nil is none
		fact   events.ContentPublished
		asked  string // which post; empty is none
		stored string // which post the item tells of
	}{
		{"a new post", nil, publication("a", "facebook", "1"), "1", "1"},
		{"a new post without an id", nil, publication("a", "facebook", ""), "", ""},
		{"a post that is there", fields{}, publication("a", "facebook", ""), "a", "a"},
		{"a post that was synced just now", fields{"lastSynced": ago(time.Second)}, publication("a", "facebook", ""), "a", "a"},
		{"a post that rests after a refusal", fields{"lastFailed": ago(0), "syncFailures": 5}, publication("a", "facebook", ""), "a", "a"},
		{"a post of last year", fields{"publishedAt": ago(365 * day)}, publication("a", "facebook", ""), "a", "a"},
		{"a post without an id gets it", fields{"platformMetrics": nil, "publishedAt": ago(0)}, publication("a", "facebook", "1"), "1", "1"},
		{"neither has an id", fields{"platformMetrics": fields{}}, publication("a", "facebook", ""), "", ""},
		{"published anew", fields{}, publication("a", "facebook", "9"), "9", "9"},
		{"an event that comes late", fields{}, earlier, "a", "a"},
		{"two at one time, the first", fields{"publishedAt": ago(0)}, publication("a", "facebook", "A"), "a", "a"},
		{"two at one time, the second", fields{"publishedAt": ago(0)}, publication("a", "facebook", "b"), "b", "b"},
		{"another feature's item", fields{"contentId": "b"}, publication("a", "facebook", "1"), "", "a"},
		{"a blog post", nil, publication("a", "blog", "1"), "", ""},
		{"a newsletter", nil, publication("a", "newsletter", "1"), "", ""},
		{"an unknown platform", nil, publication("a", "myspace", "1"), "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if test.there != nil {
				w.post("a", "facebook", test.there)
			}
			w.mustPublish(test.fact)
			want := map[string]int{}
			if test.asked != "" {
				want[test.asked] = 1
				w.want("facebook completed 1")
			} else {
				w.want()
			}
			if diff := cmp.Diff(want, w.asked); diff != "" {
				t.Errorf("asked: %s", diff)
			}
			own, _ := w.stored("a", "facebook")["platformMetrics"].(fields)
			if id, _ := own["platformPostId"].(string); id != test.stored {
				t.Errorf("stored %v", w.stored("a", "facebook"))
			}
			if len(w.Data("ANALYTICS#")) > 1 {
				t.Error("a second item was made")
			}
		})
	}
}

func TestContentPublishedAnewBeginsAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "twitter", fields{
		"title": "Open house", "metrics": fields{"views": 1000}, "lastSynced": ago(2 * day), "anomaly": fields{"views": fields{}}, "accountId": "page-1",
		"platformMetrics": fields{"platformPostId": "1", "publishedUrl": "https://x.com/1", "lastExternalSync": ago(2 * day)},
	})
	w.does("2", social.Metrics{Views: 3})
	w.mustPublish(publication("a", "twitter", "2"))
	stored := w.stored("a", "twitter")
	if w.views("a", "twitter") != 3.0 || stored["anomaly"] != nil || stored["title"] != "Open house" || stored["publishedAt"] != ago(0) || stored["accountId"] != nil {
		t.Errorf("stored %v", stored)
	}
	if diff := cmp.Diff(fields{"platformPostId": "2", "lastExternalSync": ago(0)}, stored["platformMetrics"]); diff != "" {
		t.Error(diff)
	}
}

func TestContentPublishedAnewThatCannotBeSyncedIsPending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.post("a", "twitter", fields{
		"metrics": fields{"views": 1000}, "lastSynced": ago(time.Hour), "anomaly": fields{"views": fields{}}, "syncId": "old", "syncStatus": "failed",
		"lastFailed": ago(time.Hour), "syncFailures": 3, "syncError": "gone",
	})
	w.fails("b", &social.UnavailableError{Network: "X", Problem: "status 503"})
	if err := w.published(publication("a", "twitter", "b")); err == nil {
		t.Fatal("no error")
	}
	stored := w.stored("a", "twitter")
	if stored["syncStatus"] != "pending" || w.views("a", "twitter") != 0.0 {
		t.Errorf("stored %v", stored)
	}
	for _, field := range []string{"lastSynced", "anomaly", "syncId", "lastFailed", "syncFailures", "syncError"} {
		if value, there := stored[field]; there {
			t.Errorf("%s is still %v", field, value)
		}
	}
}

func TestPublicationThatIsRegisteredMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.items.between = func() { w.post("a", "facebook", fields{"title": "Open house", "publishedAt": ago(0)}) }
	w.mustPublish(publication("a", "facebook", "a"))
	if got := w.stored("a", "facebook"); got["title"] != "Open house" || got["syncStatus"] != "synced" {
		t.Errorf("stored %v", got)
	}
	w.want("facebook completed 1")
}

func TestPublicationWithoutAConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Delete("SOCIAL#FACEBOOK")
	for range 2 {
		w.mustPublish(publication("a", "facebook", "1"))
	}
	w.want("facebook failed: The account is not connected. Please connect it again.")
	if w.stored("a", "facebook")["syncStatus"] != "pending" {
		t.Errorf("stored %v", w.stored("a", "facebook"))
	}
}

func TestNewPostThatTheNetworkDoesNotKnowYetIsAskedForTomorrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fails("1", &social.RefusedError{Reason: "No such post."})
	w.mustPublish(publication("a", "facebook", "1"))
	w.want()
	w.connect("facebook", fields{"expiresAt": 0})
	w.does("1", social.Metrics{Views: 3})
	w.later(day + time.Second)
	if err := w.check(now.Add(day)); err != nil {
		t.Fatal(err)
	}
	w.want("facebook completed 1")
}

func TestPublicationThatFailsIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fails("1", &social.UnavailableError{Network: "Facebook", Problem: "status 503"})
	if err := w.published(publication("a", "facebook", "1")); err == nil {
		t.Fatal("no error")
	}
	w.does("1", social.Metrics{Views: 3})
	w.Bus.Refuse(1, "AccessDeniedException")
	if err := w.published(publication("a", "facebook", "1")); err == nil {
		t.Fatal("no error")
	}
	w.want()
	w.mustPublish(publication("a", "facebook", "1"))
	w.want("facebook completed 1")
	if w.times() != 2 {
		t.Errorf("asked %d times", w.times())
	}
}
