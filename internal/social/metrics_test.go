package social_test

import (
	"math"
	"math/big"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/social"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	const (
		facebook = "GET /v23.0/1001_7"
		insights = "GET /v23.0/1001_7/insights"
		counts   = `{"id":"1001_7","shares":{"count":3},"reactions":{"data":[],"summary":{"total_count":20}},"comments":{"data":[],"summary":{"total_count":5}}}`
	)
	organization := social.Account{ID: "urn:li:organization:1", Token: social.NewToken(secret)}
	const statistics = "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=urn%3Ali%3Aorganization%3A1&"
	total := `{"elements":[{"totalShareStatistics":{"uniqueImpressionsCount":80,"shareCount":3,"engagement":0.1,"clickCount":9,"likeCount":20,"impressionCount":100,"commentCount":5}}]}`
	tests := []struct {
		name     string
		platform string
		account  social.Account
		postID   string
		replies  map[string]http.Handler
		asked    []string
		want     social.Metrics
		outcome  string
	}{
		{
			"facebook", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: counts}, insights: reply{body: `{"data":[
				{"name":"post_media_view","period":"lifetime","values":[{"value":100}]},
				{"name":"post_total_media_view_unique","values":[{"value":80}]},{"name":"post_clicks","values":[{"value":9}]},{"name":"other","values":[]}]}`}},
			[]string{
				"GET /v23.0/1001_7?fields=shares%2Creactions.summary%28total_count%29%2Ccomments.summary%28total_count%29",
				"GET /v23.0/1001_7/insights?metric=post_media_view%2Cpost_total_media_view_unique%2Cpost_clicks",
			},
			social.Metrics{Likes: 20, Shares: 3, Comments: 5, Views: 100, Reach: 80, Clicks: 9}, "done",
		},
		{
			"facebook with older insights", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: `{}`}, insights: reply{body: `{"data":[
				{"name":"post_impressions","values":[{"value":100}]},{"name":"post_impressions_unique","values":[{"value":80}]}]}`}},
			nil, social.Metrics{Impressions: 100, Reach: 80}, "done",
		},
		{
			"facebook without insights", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: counts}, insights: reply{status: 400, body: `{"error":{"code":100}}`}},
			nil, social.Metrics{Likes: 20, Shares: 3, Comments: 5}, "done",
		},
		{
			"facebook limited at the second request", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: counts}, insights: reply{status: 400, body: `{"error":{"code":32}}`}},
			nil, social.Metrics{}, "limited 15m0s",
		},
		{
			"facebook without the post", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{status: 400, body: `{"error":{"code":100,"error_subcode":33}}`}},
			nil, social.Metrics{}, "refused",
		},
		{
			"facebook with a count below 0", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: `{"shares":{"count":-1}}`}}, nil, social.Metrics{}, "unavailable",
		},
		{
			"facebook with a count in words", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: `{"shares":{"count":"many"}}`}}, nil, social.Metrics{}, "unavailable",
		},
		{
			"facebook with null", social.Facebook, account(), "1001_7",
			map[string]http.Handler{facebook: reply{body: `{"shares":null,"reactions":{"summary":{"total_count":null}}}`}, insights: reply{body: `null`}},
			nil, social.Metrics{}, "done",
		},
		{
			"instagram", social.Instagram, account(), "9",
			map[string]http.Handler{"GET /v23.0/9/insights": reply{body: `{"data":[{"name":"views","values":[{"value":100}]},{"name":"reach","values":[{"value":80}]},
				{"name":"saved","values":[{"value":2}]},{"name":"shares","values":[{"value":3}]},{"name":"likes","values":[{"value":20}]},{"name":"comments","values":[{"value":5}]}]}`}},
			[]string{"GET /v23.0/9/insights?metric=views%2Creach%2Csaved%2Cshares%2Clikes%2Ccomments"},
			social.Metrics{Views: 100, Reach: 80, Saves: 2, Shares: 3, Likes: 20, Comments: 5}, "done",
		},
		{
			"instagram, seen by too few", social.Instagram, account(), "9",
			map[string]http.Handler{"GET /v23.0/9/insights": reply{status: 400, body: `{"error":{"code":10,"message":"(#10) Not enough viewers for the media to show insights"}}`}},
			nil, social.Metrics{}, "done",
		},
		{
			"instagram without permission", social.Instagram, account(), "9",
			map[string]http.Handler{"GET /v23.0/9/insights": reply{status: 400, body: `{"error":{"code":10,"message":"(#10) Application does not have permission"}}`}},
			nil, social.Metrics{}, "unauthorized",
		},
		{
			"linkedin, an organization's share", social.LinkedIn, organization, "urn:li:share:7",
			map[string]http.Handler{"GET /rest/organizationalEntityShareStatistics": reply{body: total}},
			[]string{"GET " + statistics + "shares=List(urn%3Ali%3Ashare%3A7)"},
			social.Metrics{Reach: 80, Shares: 3, Clicks: 9, Likes: 20, Impressions: 100, Comments: 5}, "done",
		},
		{
			"linkedin, an organization's ugcPost", social.LinkedIn, organization, "urn:li:ugcPost:7",
			map[string]http.Handler{"GET /rest/organizationalEntityShareStatistics": reply{body: `{"elements":[]}`}},
			[]string{"GET " + statistics + "ugcPosts=List(urn%3Ali%3AugcPost%3A7)"},
			social.Metrics{}, "done",
		},
		{
			"linkedin, more likes withdrawn than given", social.LinkedIn, organization, "urn:li:share:7",
			map[string]http.Handler{"GET /rest/organizationalEntityShareStatistics": reply{body: `{"elements":[{"totalShareStatistics":{"likeCount":-2}}]}`}},
			nil, social.Metrics{}, "done",
		},
		{
			"linkedin, a member's", social.LinkedIn, account(), "urn:li:share:7",
			map[string]http.Handler{"GET /rest/socialActions/urn:li:share:7": reply{body: `{"likesSummary":{"totalLikes":20},"commentsSummary":{"aggregatedTotalComments":5,"totalFirstLevelComments":4}}`}},
			[]string{"GET /rest/socialActions/urn%3Ali%3Ashare%3A7"},
			social.Metrics{Likes: 20, Comments: 5}, "done",
		},
		{
			"linkedin, a member's that LinkedIn does not show", social.LinkedIn, account(), "urn:li:share:7",
			map[string]http.Handler{"GET /rest/socialActions/urn:li:share:7": reply{status: http.StatusForbidden, body: `{"status":403}`}},
			nil, social.Metrics{}, "refused",
		},
		{
			"linkedin, an organization's that LinkedIn does not show", social.LinkedIn, organization, "urn:li:share:7",
			map[string]http.Handler{"GET /rest/organizationalEntityShareStatistics": reply{status: http.StatusForbidden, body: `{"status":403}`}},
			nil, social.Metrics{}, "unauthorized",
		},
		{
			"x", social.Twitter, account(), "7",
			map[string]http.Handler{"GET /2/tweets/7": reply{body: `{"data":{"id":"7","public_metrics":{"retweet_count":2,"reply_count":5,"like_count":20,"quote_count":1,"bookmark_count":4,"impression_count":100}}}`}},
			[]string{"GET /2/tweets/7?tweet.fields=public_metrics"},
			social.Metrics{Views: 100, Likes: 20, Shares: 3, Comments: 5, Saves: 4, Impressions: 100}, "done",
		},
		{
			"x without the post", social.Twitter, account(), "7",
			map[string]http.Handler{"GET /2/tweets/7": reply{body: `{"errors":[{"title":"Not Found Error","resource_id":"7"}]}`}},
			nil, social.Metrics{}, "refused",
		},
		{
			"x in HTML", social.Twitter, account(), "7",
			map[string]http.Handler{"GET /2/tweets/7": reply{body: html}}, nil, social.Metrics{}, "unavailable",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			script := &scripted{t: t, replies: test.replies}
			got, err := at(t, test.platform, script).Metrics(t.Context(), test.account, test.postID)
			if outcome(err) != test.outcome || got != test.want {
				t.Errorf("%+v, %v; want %+v, %s", got, err, test.want, test.outcome)
			}
			if diff := cmp.Diff(test.asked, script.requests()); test.asked != nil && diff != "" {
				t.Errorf("the requests (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEngagementRate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		metrics social.Metrics
		want    string
	}{
		{social.Metrics{}, "0"},
		{social.Metrics{Likes: 5}, "0"},
		{social.Metrics{Likes: 1, Shares: 2, Comments: 3, Saves: 4, Clicks: 99, Reach: 80, Impressions: 100, Views: 200}, "12.5"},
		{social.Metrics{Likes: 10, Impressions: 100, Views: 200}, "10"},
		{social.Metrics{Likes: 10, Views: 200}, "5"},
		{social.Metrics{Likes: 1, Reach: 3}, "33.3333"},
		{social.Metrics{Likes: 2, Reach: 3}, "66.6667"},
		{social.Metrics{Likes: 1, Reach: 2_000_000}, "0.0001"},
		{social.Metrics{Likes: 1, Reach: 2_000_001}, "0"},
		{social.Metrics{Likes: 3, Reach: 1}, "300"},
		{social.Metrics{Likes: math.MaxInt64, Shares: math.MaxInt64, Reach: math.MaxInt64}, "200"},
		{social.Metrics{Likes: math.MaxInt64, Reach: 1}, "922337203685477.5807"},
	}
	for _, test := range tests {
		if got := test.metrics.EngagementRate().String(); got != test.want {
			t.Errorf("%+v: %s %%, want %s", test.metrics, got, test.want)
		}
	}
}

func TestEngagementRateIsTheNearest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.Int64Range(0, 1<<40)
		metrics := social.Metrics{Likes: count.Draw(t, "likes"), Saves: count.Draw(t, "saves"), Reach: count.Draw(t, "reach") + 1}
		exact := new(big.Rat).SetFrac64(metrics.Likes+metrics.Saves, metrics.Reach)
		exact.Mul(exact, big.NewRat(1_000_000, 1))
		off := exact.Sub(new(big.Rat).SetInt64(int64(metrics.EngagementRate())), exact)
		if off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("%+v: %s", metrics, metrics.EngagementRate())
		}
	})
}
