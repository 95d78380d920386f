package social

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// twitter posts to X. The account is the X user, whose token it has to be: X posts for the user of the token.
//
//   - POST /2/tweets {"text", "media": {"media_ids"}} answers 201 {"data": {"id", "text"}}
//     (https://docs.x.com/x-api/posts/create-post).
//   - An image: POST /2/media/upload {"media": base64, "media_category": "tweet_image", "media_type"} answers {"data":
//     {"id"}} (https://docs.x.com/x-api/media/upload-media); up to 5 MB
//     (https://docs.x.com/x-api/media/quickstart/best-practices).
//   - An error is {"title", "detail", "type", "status"}
//     (https://docs.x.com/x-api/fundamentals/response-codes-and-errors). Asked too often, X answers 429 and says in
//     x-rate-limit-reset, in Unix seconds, when it may be asked again (https://docs.x.com/fundamentals/rate-limits). The
//     day's limits have headers like it; they were found in programs that read them.
//
// X has no idempotency key. But it refuses a text that the user has posted in the last hours, with 403 and a detail that
// speaks of duplicate content (found in programs that read it). So trying again posts nothing twice; and such a refusal means
// that an earlier try may have made the post, or that the agent has posted the same before: Publish answers *UncertainError,
// and Find tells which.
type twitter struct {
	client  *client
	address string
}

const (
	twitterName     = "X"
	maxTwitterImage = 5 << 20
)

func (t twitter) call(ctx context.Context, account Account, step step, method, path string, body, into any) error {
	_, err := t.client.call(ctx, request{
		network: twitterName, step: step, method: method, url: t.address + path, token: account.Token, body: body,
		explain: func(answer answer) error { return t.explain(step, answer) },
	}, into)
	return err
}

func (t twitter) explain(step step, answer answer) error {
	switch answer.status {
	case http.StatusTooManyRequests:
		return &RateLimitedError{Network: twitterName, RetryAfter: untilReset(answer.header, t.client.now())}
	case http.StatusForbidden:
		var told struct {
			Detail string `json:"detail"`
		}
		err := answer.decode(&told)
		if err == nil && step == publishing && strings.Contains(strings.ToLower(told.Detail), "duplicate content") {
			return &UncertainError{Network: twitterName, Problem: "it says that it has the same post already"}
		}
	}
	return nil
}

// untilReset is how long X wants to be left alone: until the end of the limits that are used up.
func untilReset(header http.Header, now time.Time) time.Duration {
	var latest time.Duration
	for _, limit := range []string{"X-Rate-Limit", "X-User-Limit-24hour", "X-App-Limit-24hour"} {
		if remaining := strings.TrimSpace(header.Get(limit + "-Remaining")); remaining != "0" && remaining != "" {
			continue
		}
		seconds, err := strconv.ParseInt(strings.TrimSpace(header.Get(limit+"-Reset")), 10, 64)
		if err != nil || seconds <= 0 || seconds > now.Add(longestPause).Unix() {
			continue
		}
		latest = max(latest, pauseWithin(time.Unix(seconds, 0).Sub(now)))
	}
	if latest > 0 {
		return latest
	}
	return retryAfter(header, now)
}

// Publish makes a post. Its images are loaded and uploaded one after the other, and are seen by nobody before the post is.
func (t twitter) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	if err := ready(twitterName, t.address, account); err != nil {
		return Published{}, err
	}
	body := twitterPost{Text: post.Text}
	for _, from := range post.Images {
		id, err := t.upload(ctx, account, from)
		if err != nil {
			return Published{}, err
		}
		if body.Media == nil {
			body.Media = &twitterMedia{}
		}
		body.Media.IDs = append(body.Media.IDs, id)
	}
	var made twitterMade
	if err := t.call(ctx, account, publishing, http.MethodPost, "/2/tweets", body, &made); err != nil {
		return Published{}, err
	}
	if made.Data.ID == "" {
		return Published{}, &UncertainError{Network: twitterName, Problem: "it tells no id of the post"}
	}
	return twitterPublished(string(made.Data.ID)), nil
}

type twitterPost struct {
	Text  string        `json:"text,omitempty"`
	Media *twitterMedia `json:"media,omitempty"`
}

type twitterMedia struct {
	IDs []string `json:"media_ids"`
}

type twitterMade struct {
	Data struct {
		ID identifier `json:"id"`
	} `json:"data"`
}

func twitterPublished(id string) Published {
	return Published{PostID: id, URL: "https://x.com/i/status/" + id}
}

func (t twitter) upload(ctx context.Context, account Account, from string) (id string, err error) {
	image, err := t.client.fetch(ctx, twitterName, t.address, from, maxTwitterImage)
	if err != nil {
		return "", err
	}
	var made twitterMade
	err = t.call(ctx, account, preparing, http.MethodPost, "/2/media/upload", twitterUpload{
		Media: image.content, Category: "tweet_image", Type: image.mediaType,
	}, &made)
	if err != nil {
		return "", err
	}
	if made.Data.ID == "" {
		return "", &UnavailableError{Network: twitterName, Problem: "it tells no id of an image"}
	}
	return string(made.Data.ID), nil
}

type twitterUpload struct {
	Media    []byte `json:"media"` // base64
	Category string `json:"media_category"`
	Type     string `json:"media_type"`
}

// Find reads the user's latest posts: GET /2/users/{id}/tweets?tweet.fields=created_at,entities&start_time= answers {"data":
// [{"id", "text", "created_at", "entities": {"urls": [{"url", "expanded_url", "media_key"}]}}]}, without data where there are
// none (https://docs.x.com/x-api/users/get-posts). X lists a text with its own short form of each URL, one more for images, and
// with &, < and > as HTML has them.
func (t twitter) Find(ctx context.Context, account Account, post Post, since time.Time) (Published, bool, error) {
	if err := ready(twitterName, t.address, account); err != nil {
		return Published{}, false, err
	}
	var page struct {
		Data []listedTweet `json:"data"`
	}
	since = since.Add(-clockSkew)
	query := url.Values{
		"tweet.fields": {"created_at,entities"},
		"start_time":   {since.UTC().Format(time.RFC3339)},
		"max_results":  {strconv.Itoa(listed)},
	}
	path := "/2/users/" + url.PathEscape(account.ID) + "/tweets?" + query.Encode()
	if err := t.call(ctx, account, reading, http.MethodGet, path, nil, &page); err != nil {
		return Published{}, false, err
	}
	found := make([]candidate, 0, len(page.Data))
	for _, one := range page.Data {
		at, _ := time.Parse(time.RFC3339, one.Created)
		found = append(found, candidate{twitterPublished(string(one.ID)), one.asWritten(), at})
	}
	return choose(found, withoutSchemes(post.Text), since)
}

type listedTweet struct {
	ID       identifier `json:"id"`
	Text     string     `json:"text"`
	Created  string     `json:"created_at"`
	Entities struct {
		URLs []struct {
			URL      string `json:"url"`
			Expanded string `json:"expanded_url"`
			MediaKey string `json:"media_key"`
		} `json:"urls"`
	} `json:"entities"`
}

// asWritten is the text as its author wrote it, but for blanks and what withoutSchemes leaves out.
func (t listedTweet) asWritten() string {
	text := t.Text
	for _, of := range t.Entities.URLs {
		if of.URL == "" {
			continue
		}
		expanded := of.Expanded
		if of.MediaKey != "" || strings.Contains(expanded, "/status/"+string(t.ID)+"/photo/") {
			expanded = "" // an image of the post itself
		}
		text = strings.ReplaceAll(text, of.URL, expanded)
	}
	return withoutSchemes(html.UnescapeString(text))
}

// withoutSchemes leaves out of each URL what X adds to it: a scheme in front, and a slash at the end.
func withoutSchemes(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		word = strings.TrimPrefix(strings.TrimPrefix(word, "https://"), "http://")
		words[i] = strings.TrimSuffix(word, "/")
	}
	return strings.Join(words, " ")
}

// Metrics reads a post's public metrics: GET /2/tweets/{id}?tweet.fields=public_metrics answers {"data": {"id",
// "public_metrics": {"retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count"}}}, or
// 200 with {"errors"} and without data for a post that is gone (https://docs.x.com/x-api/posts/get-post-by-id). What X shows
// as views are impressions.
func (t twitter) Metrics(ctx context.Context, account Account, postID string) (Metrics, error) {
	if err := ready(twitterName, t.address, Account{ID: postID, Token: account.Token}); err != nil {
		return Metrics{}, err
	}
	var told struct {
		Data *struct {
			Metrics struct {
				Retweets    counted `json:"retweet_count"`
				Quotes      counted `json:"quote_count"`
				Replies     counted `json:"reply_count"`
				Likes       counted `json:"like_count"`
				Bookmarks   counted `json:"bookmark_count"`
				Impressions counted `json:"impression_count"`
			} `json:"public_metrics"`
		} `json:"data"`
	}
	path := "/2/tweets/" + url.PathEscape(postID) + "?tweet.fields=public_metrics"
	if err := t.call(ctx, account, counting, http.MethodGet, path, nil, &told); err != nil {
		return Metrics{}, err
	}
	if told.Data == nil {
		return Metrics{}, &RefusedError{Reason: fmt.Sprintf("%s does not show the post any more.", twitterName)}
	}
	metrics := told.Data.Metrics
	return Metrics{
		Views: int64(metrics.Impressions), Likes: int64(metrics.Likes), Shares: int64(metrics.Retweets) + int64(metrics.Quotes),
		Comments: int64(metrics.Replies), Saves: int64(metrics.Bookmarks), Impressions: int64(metrics.Impressions),
	}, nil
}
