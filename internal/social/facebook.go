package social

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"
)

// facebook posts to Facebook pages. The account is the page, the token the page's own.
//
//   - A post without images: POST /{page}/feed {"message", "published": true} answers {"id": "page_post"}
//     (https://developers.facebook.com/docs/pages-api/posts).
//   - With one image: POST /{page}/photos {"url", "caption", "published": true} answers {"id", "post_id": "page_post"}
//     (https://developers.facebook.com/docs/graph-api/reference/page/photos/).
//   - With more: each goes to /{page}/photos with "published": false, which shows it to nobody, and then the post to
//     /{page}/feed with "attached_media": [{"media_fbid": id}].
//
// Facebook has no idempotency key, and refuses only what equals the page's last post (code 506). So the window between the
// making of a post and our knowledge of it is closed by Find alone.
type facebook struct{ graph }

// Publish makes a post. The limits are those of Check.
func (f facebook) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	if err := ready(f.name, f.address, account); err != nil {
		return Published{}, err
	}
	var made struct {
		ID     identifier `json:"id"`
		PostID identifier `json:"post_id"`
	}
	if len(post.Images) == 1 {
		photo := facebookPhoto{URL: post.Images[0], Caption: post.Text, Published: true}
		if err := f.post(ctx, account, publishing, "photos", photo, &made); err != nil {
			return Published{}, err
		}
	} else {
		body := facebookPost{Message: post.Text, Published: true}
		for _, image := range post.Images {
			id, err := f.upload(ctx, account, image)
			if err != nil {
				return Published{}, err
			}
			body.Media = append(body.Media, facebookMedia{ID: id})
		}
		if err := f.post(ctx, account, publishing, "feed", body, &made); err != nil {
			return Published{}, err
		}
	}
	id := made.PostID
	if id == "" {
		id = made.ID
	}
	if id == "" {
		return Published{}, &UncertainError{Network: f.name, Problem: "it tells no id of the post"}
	}
	return Published{PostID: string(id), URL: "https://www.facebook.com/" + string(id)}, nil
}

type facebookPost struct {
	Message   string          `json:"message"`
	Published bool            `json:"published"`
	Media     []facebookMedia `json:"attached_media,omitempty"`
}

type facebookMedia struct {
	ID string `json:"media_fbid"`
}

type facebookPhoto struct {
	URL       string `json:"url"`
	Caption   string `json:"caption,omitempty"`
	Published bool   `json:"published"`
}

// upload makes a photo that nobody sees until a post has it.
func (f facebook) upload(ctx context.Context, account Account, image string) (string, error) {
	var made struct {
		ID identifier `json:"id"`
	}
	if err := f.post(ctx, account, preparing, "photos", facebookPhoto{URL: image}, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", &UnavailableError{Network: f.name, Problem: "it tells no id of an image"}
	}
	return string(made.ID), nil
}

// Find reads the page's latest posts: GET /{page}/posts?fields=id,message,created_time,permalink_url&since=
// (https://developers.facebook.com/docs/graph-api/reference/page/feed/). An image's caption is its post's message.
func (f facebook) Find(ctx context.Context, account Account, post Post, since time.Time) (Published, bool, error) {
	if err := ready(f.name, f.address, account); err != nil {
		return Published{}, false, err
	}
	var page struct {
		Data []struct {
			ID      identifier `json:"id"`
			Message string     `json:"message"`
			Created string     `json:"created_time"`
			URL     string     `json:"permalink_url"`
		} `json:"data"`
	}
	since = since.Add(-clockSkew)
	err := f.get(ctx, account, reading, f.at(url.Values{
		"fields": {"id,message,created_time,permalink_url"},
		"since":  {strconv.FormatInt(since.Unix(), 10)},
		"limit":  {strconv.Itoa(listed)},
	}, account.ID, "posts"), &page)
	if err != nil {
		return Published{}, false, err
	}
	found := make([]candidate, 0, len(page.Data))
	for _, one := range page.Data {
		found = append(found, candidate{Published{string(one.ID), link(one.URL)}, one.Message, graphTime(one.Created)})
	}
	return choose(found, post.Text, since)
}

// Metrics reads a post and its insights:
//
//   - GET /{post}?fields=shares,reactions.summary(total_count),comments.summary(total_count) answers {"shares": {"count"},
//     "reactions": {"summary": {"total_count"}}, "comments": {"summary": {"total_count"}}}, without what there is none of.
//   - GET /{post}/insights?metric=… answers {"data": [{"name", "values": [{"value"}]}]}
//     (https://developers.facebook.com/docs/graph-api/reference/insights). post_impressions and post_impressions_unique are
//     deprecated since November 2025 and June 2025; what came in their place is asked for
//     (https://developers.facebook.com/docs/platforminsights/page/deprecated-metrics), and the old ones are read where they
//     come.
//
// A page that has no insights, or not these, counts 0 for them.
func (f facebook) Metrics(ctx context.Context, account Account, postID string) (Metrics, error) {
	if err := ready(f.name, f.address, Account{ID: postID, Token: account.Token}); err != nil {
		return Metrics{}, err
	}
	type summed struct {
		Summary struct {
			Total counted `json:"total_count"`
		} `json:"summary"`
	}
	var told struct {
		Shares struct {
			Count counted `json:"count"`
		} `json:"shares"`
		Reactions summed `json:"reactions"`
		Comments  summed `json:"comments"`
	}
	fields := url.Values{"fields": {"shares,reactions.summary(total_count),comments.summary(total_count)"}}
	if err := f.get(ctx, account, counting, f.at(fields, postID), &told); err != nil {
		return Metrics{}, err
	}
	insights, err := f.insights(ctx, account, postID, "post_media_view,post_total_media_view_unique,post_clicks")
	var refused *RefusedError
	if err != nil && !errors.As(err, &refused) {
		return Metrics{}, err
	}
	return Metrics{
		Likes:       int64(told.Reactions.Summary.Total),
		Shares:      int64(told.Shares.Count),
		Comments:    int64(told.Comments.Summary.Total),
		Views:       insights["post_media_view"],
		Clicks:      insights["post_clicks"],
		Reach:       max(insights["post_total_media_view_unique"], insights["post_impressions_unique"]),
		Impressions: insights["post_impressions"],
	}, nil
}
