package social_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// answering is a transport that answers every request alike, without a network.
type answering struct {
	status int
	header http.Header
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, ".jpg") {
		a.status, a.body = http.StatusOK, jpeg
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Request: r, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func fuzzNetwork(f *testing.F, platform string) {
	f.Helper()
	for _, seed := range []struct {
		status     int
		body, wait string
	}{
		{200, `{"id":"1","post_id":"2","status_code":"FINISHED","permalink":"https://a.example/b"}`, ""},
		{201, `{"data":{"id":"7","public_metrics":{"like_count":1}}}`, ""},
		{200, `{"data":[{"id":"7","message":"a","text":"a","caption":"a","created_time":"2026-03-02T09:00:00+0000","created_at":"2026-03-02T09:00:00Z","timestamp":"2026-03-02T09:00:00+0000"}]}`, ""},
		{200, `{"elements":[{"id":"urn:li:share:7","commentary":"a","createdAt":1772442000000,"totalShareStatistics":{"likeCount":1}}]}`, ""},
		{200, `{"data":[{"name":"views","values":[{"value":1}]}]}`, ""},
		{200, `{"value":{"uploadUrl":"https://www.linkedin.com/u","image":"urn:li:image:5"}}`, ""},
		{400, `{"error":{"code":190,"message":"no","error_user_msg":"no"}}`, ""},
		{403, `{"detail":"duplicate content"}`, ""},
		{429, ``, "Mon, 02 Mar 2026 09:01:30 GMT"},
		{429, `null`, "120"},
		{502, html, ""},
		{302, `[]`, ""},
	} {
		f.Add(seed.status, seed.body, seed.wait)
	}
	f.Fuzz(func(t *testing.T, status int, body, wait string) {
		if status < 200 || status > 599 {
			return
		}
		configured := config("https://network.example")
		header := http.Header{"Retry-After": {wait}, "X-Rate-Limit-Reset": {wait}, "X-Restli-Id": {wait}}
		configured.HTTP = &http.Client{Transport: answering{status, header, body}}
		network, _ := social.New(configured).For(platform)
		published, err := network.Publish(t.Context(), account(), social.Post{
			Key: "key-1", Text: "a", Images: []string{"https://images.example/a.jpg"}, Recipients: []string{"ann@example.com"},
		})
		known(t, err)
		if (err == nil) != (published.PostID != "") {
			t.Errorf("published %+v, %v", published, err)
		}
		_, found, err := network.Find(t.Context(), account(), social.Post{Text: "a"}, now())
		known(t, err)
		if found && err != nil {
			t.Errorf("found, and %v", err)
		}
		metrics, err := network.Metrics(t.Context(), account(), "7")
		known(t, err)
		for _, count := range []int64{
			metrics.Views, metrics.Likes, metrics.Shares, metrics.Comments, metrics.Clicks, metrics.Saves, metrics.Reach, metrics.Impressions,
			int64(metrics.EngagementRate()),
		} {
			if count < 0 {
				t.Errorf("%+v", metrics)
			}
		}
	})
}

// known fails if an error is of no kind, or shows the token.
func known(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if got := outcome(err); got == err.Error() && !strings.Contains(got, "token") {
		t.Errorf("of no kind: %v", err)
	}
	if strings.Contains(err.Error(), secret) || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) {
		t.Errorf("the error says too much: %v", err)
	}
}

func FuzzFacebook(f *testing.F)  { fuzzNetwork(f, social.Facebook) }
func FuzzInstagram(f *testing.F) { fuzzNetwork(f, social.Instagram) }
func FuzzLinkedIn(f *testing.F)  { fuzzNetwork(f, social.LinkedIn) }
func FuzzTwitter(f *testing.F)   { fuzzNetwork(f, social.Twitter) }
func FuzzServices(f *testing.F)  { fuzzNetwork(f, social.Newsletter) }

func FuzzConnection(f *testing.F) {
	f.Add("facebook", "", base64Of("token"), "1772442000000", "1001", "page-token")
	f.Add("", "LINKEDIN", "AQV-token", "0", "", "")
	f.Add("instagram", "", base64Of(ciphertext("a")), "", "1001", base64Of(ciphertext("b")))
	f.Fuzz(func(t *testing.T, platform, provider, token, expires, page, pageToken string) {
		text := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
		item, _ := table.ItemOf(map[string]types.AttributeValue{"Data": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
			"platform": text(platform), "provider": text(provider), "accessToken": text(token), "expiresAt": &types.AttributeValueMemberN{Value: expires},
			"metadata": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"pages": &types.AttributeValueMemberL{Value: []types.AttributeValue{
				&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"id": text(page), "access_token": text(pageToken)}},
			}}}},
		}}})
		connection, err := social.ConnectionOf(item)
		if err != nil {
			return
		}
		for _, of := range []string{social.Facebook, social.LinkedIn} {
			account, err := connection.Account(t.Context(), "1001", of, func(_ context.Context, encrypted []byte) ([]byte, error) {
				return encrypted[5:], nil
			}, now())
			known(t, err)
			if (err == nil) == account.Token.IsZero() {
				t.Errorf("an account without a token, or an error with one: %v", err)
			}
		}
	})
}

func FuzzWeight(f *testing.F) {
	for _, seed := range []string{"", "Open house https://bayon.example/a(b).", "👨\u200d👩\u200d👧", "e\u0301", "🇺🇸🇨", "\xff", "a.co:80/?#", "#a @b.com"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		weight := social.Weight(text)
		if weight < 0 || text != "" && weight == 0 || weight > 23*(utf8.RuneCountInString(text)*3+1) {
			t.Errorf("%q weighs %d", text, weight)
		}
		if twice := social.Weight(text + "\n" + text); twice < weight {
			t.Errorf("%q weighs %d, and twice %d", text, weight, twice)
		}
	})
}
