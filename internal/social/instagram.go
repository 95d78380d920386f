package social

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// instagram posts images to Instagram's professional accounts. The account is the Instagram user, the token that of the
// Facebook page that it belongs to (https://developers.facebook.com/docs/instagram-platform/content-publishing).
//
//   - POST /{user}/media makes a container, which nobody sees, and answers {"id"}: of one image {"image_url", "caption"}, or
//     for several one {"image_url", "is_carousel_item": true} each, and when these are ready {"media_type": "CAROUSEL", "children": "id,id",
//     "caption"}.
//   - GET /{container}?fields=status_code answers {"status_code"}: IN_PROGRESS until it is FINISHED, ERROR or EXPIRED; then
//     PUBLISHED (https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container).
//   - POST /{user}/media_publish {"creation_id"} makes the post of it, and answers {"id"}.
//
// Instagram has no idempotency key. So the window between the making of a post and our knowledge of it is closed by Find
// alone.
type instagram struct {
	graph
	pause func(context.Context, time.Duration) error
}

// How often containers are looked at: after 1, 2, 4 s, and then every 5 s, for two minutes at most. Images are ready in seconds.
const (
	firstLook = time.Second
	laterLook = 5 * time.Second
	looks     = 25
)

// permalinkPatience is how long a post's URL may take to get: little, because the post is made and not recorded yet.
const permalinkPatience = 3 * time.Second

// Publish makes a post of one image or of up to 10.
func (i instagram) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	if err := ready(i.name, i.address, account); err != nil {
		return Published{}, err
	}
	if err := Check(Instagram, Post{Images: post.Images}, 0); err != nil {
		return Published{}, err
	}
	body := instagramMedia{Caption: post.Text}
	if len(post.Images) == 1 {
		body.ImageURL = post.Images[0]
	} else {
		children := make([]string, 0, len(post.Images))
		for _, image := range post.Images {
			child, err := i.container(ctx, account, instagramMedia{ImageURL: image, CarouselItem: true})
			if err != nil {
				return Published{}, err
			}
			children = append(children, child)
		}
		if err := i.finished(ctx, account, children...); err != nil {
			return Published{}, err
		}
		body.MediaType, body.Children = "CAROUSEL", strings.Join(children, ",")
	}
	container, err := i.container(ctx, account, body)
	if err != nil {
		return Published{}, err
	}
	if err := i.finished(ctx, account, container); err != nil {
		return Published{}, err
	}
	var made struct {
		ID identifier `json:"id"`
	}
	err = i.post(ctx, account, publishing, "media_publish", map[string]string{"creation_id": container}, &made)
	if err != nil {
		return Published{}, err
	}
	if made.ID == "" {
		return Published{}, &UncertainError{Network: i.name, Problem: "it tells no id of the post"}
	}
	return Published{PostID: string(made.ID), URL: i.permalink(ctx, account, string(made.ID))}, nil
}

type instagramMedia struct {
	ImageURL     string `json:"image_url,omitempty"`
	Caption      string `json:"caption,omitempty"`
	CarouselItem bool   `json:"is_carousel_item,omitempty"`
	MediaType    string `json:"media_type,omitempty"`
	Children     string `json:"children,omitempty"`
}

func (i instagram) container(ctx context.Context, account Account, body instagramMedia) (string, error) {
	var made struct {
		ID identifier `json:"id"`
	}
	if err := i.post(ctx, account, preparing, "media", body, &made); err != nil {
		return "", err
	}
	if made.ID == "" {
		return "", &UnavailableError{Network: i.name, Problem: "it tells no id of a container"}
	}
	return string(made.ID), nil
}

// finished waits until containers are ready to be used. Nothing is posted meanwhile.
func (i instagram) finished(ctx context.Context, account Account, containers ...string) error {
	pause := firstLook
	for range looks {
		ready, err := i.ready(ctx, account, containers[0])
		if err != nil {
			return err
		}
		if ready {
			if containers = containers[1:]; len(containers) == 0 {
				return nil
			}
			continue
		}
		if err := i.pause(ctx, pause); err != nil {
			return &UnavailableError{Network: i.name, Problem: "time ran out while it prepared the images"}
		}
		pause = min(2*pause, laterLook)
	}
	return &UnavailableError{Network: i.name, Problem: "it takes too long to prepare the images"}
}

func (i instagram) ready(ctx context.Context, account Account, container string) (bool, error) {
	var told struct {
		Status string `json:"status_code"`
	}
	err := i.get(ctx, account, reading, i.at(url.Values{"fields": {"status_code"}}, container), &told)
	if err != nil {
		return false, err
	}
	switch told.Status {
	case "FINISHED":
		return true, nil
	case "IN_PROGRESS":
		return false, nil
	case "ERROR":
		return false, &RefusedError{Reason: "Instagram could not use an image of the post. It takes JPEG images."}
	}
	// EXPIRED comes after a day, and PUBLISHED after publishing.
	return false, &UnavailableError{Network: i.name, Problem: fmt.Sprintf("a container's status is %q", brief(told.Status))}
}

// permalink is a post's URL, empty if it cannot be had: the post is made, and nothing may look as if it were not.
func (i instagram) permalink(ctx context.Context, account Account, postID string) string {
	ctx, cancel := context.WithTimeout(ctx, permalinkPatience)
	defer cancel()
	var told struct {
		URL string `json:"permalink"`
	}
	if err := i.get(ctx, account, reading, i.at(url.Values{"fields": {"permalink"}}, postID), &told); err != nil {
		return ""
	}
	return link(told.URL)
}

// Find reads the account's latest posts: GET /{user}/media?fields=id,caption,permalink,timestamp answers {"data": […]}
// (https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media).
func (i instagram) Find(ctx context.Context, account Account, post Post, since time.Time) (Published, bool, error) {
	if err := ready(i.name, i.address, account); err != nil {
		return Published{}, false, err
	}
	var page struct {
		Data []struct {
			ID      identifier `json:"id"`
			Caption string     `json:"caption"`
			URL     string     `json:"permalink"`
			Created string     `json:"timestamp"`
		} `json:"data"`
	}
	err := i.get(ctx, account, reading, i.at(url.Values{
		"fields": {"id,caption,permalink,timestamp"},
		"limit":  {strconv.Itoa(listed)},
	}, account.ID, "media"), &page)
	if err != nil {
		return Published{}, false, err
	}
	found := make([]candidate, 0, len(page.Data))
	for _, one := range page.Data {
		found = append(found, candidate{Published{string(one.ID), link(one.URL)}, one.Caption, graphTime(one.Created)})
	}
	return choose(found, post.Text, since.Add(-clockSkew))
}

// Metrics reads a post's insights: GET /{post}/insights?metric=… answers as Facebook's does. Impressions are deprecated, and
// views came in their place (https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights).
// For a post that too few have seen it refuses with code 10; that counts 0.
func (i instagram) Metrics(ctx context.Context, account Account, postID string) (Metrics, error) {
	if err := ready(i.name, i.address, Account{ID: postID, Token: account.Token}); err != nil {
		return Metrics{}, err
	}
	insights, err := i.insights(ctx, account, postID, "views,reach,saved,shares,likes,comments")
	if err != nil && !errors.Is(err, errTooFewViewers) {
		return Metrics{}, err
	}
	return Metrics{
		Views:       insights["views"],
		Likes:       insights["likes"],
		Shares:      insights["shares"],
		Comments:    insights["comments"],
		Saves:       insights["saved"],
		Reach:       insights["reach"],
		Impressions: insights["impressions"],
	}, nil
}
