package social

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// instagram is the Graph API of Instagram.
//
//	POST /{version}/{account}/media           makes a container for an image, or for a carousel of such containers
//	GET  /{version}/{container}               tells whether it is ready
//	POST /{version}/{account}/media_publish   makes a post of a container that is ready
//	GET  /{version}/{account}/media           lists posts
//	GET  /{version}/{media}                   a post
//	GET  /{version}/{media}/insights          its counts
//
// Videos, reels and stories are not supported.
//
// https://developers.facebook.com/docs/instagram-platform/content-publishing
type instagram struct{}

// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media
const (
	maxCaption         = 2200 // characters
	maxCaptionHashtags = 30
	maxCaptionMentions = 20
	minChildren        = 2
	maxChildren        = 10
	// containerLife is how long a container can be published.
	containerLife = 24 * time.Hour
	// processing is how long Instagram needs for an image.
	processing = 3 * time.Second
)

// container is what a post is made of.
type container struct {
	Account  string    `json:"account"`
	Images   []string  `json:"images"`
	Caption  string    `json:"caption"`
	Carousel bool      `json:"carousel,omitempty"`
	Child    bool      `json:"child,omitempty"`
	Made     time.Time `json:"made"`
	Ready    time.Time `json:"ready"`
	Media    string    `json:"media,omitempty"` // id of the post, once it is made
}

// status is what the field status_code tells.
//
// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-container
func (c container) status(now time.Time) string {
	switch {
	case c.Media != "":
		return "PUBLISHED"
	case now.Sub(c.Made) >= containerLife:
		return "EXPIRED"
	case now.Before(c.Ready):
		return "IN_PROGRESS"
	case slices.ContainsFunc(c.Images, func(url string) bool { return strings.Contains(url, "unreadable") }):
		return "ERROR"
	}
	return "FINISHED"
}

func (instagram) platform() string { return platformInstagram }

func (instagram) refuse(what problem, detail string) *refusal {
	return refuseGraph(what, detail, "(#10) Application does not have permission for this action", 10)
}

func (instagram) tokenInBody(c *call) string { return graphToken(c) }

func (i instagram) handle(c *call) (*answer, error) {
	if err := c.graphPath(); err != nil {
		return nil, err
	}
	p, err := c.parameters()
	if err != nil {
		return nil, err
	}
	switch {
	case c.is("POST", "*", "media"):
		return i.prepare(c, p)
	case c.is("POST", "*", "media_publish"):
		return i.publish(c, p)
	case c.is("GET", "*", "media"):
		if err := c.about(c.path[0]); err != nil {
			return nil, err
		}
		return c.recent(c.path[0], p, func(post kept, names []string) (map[string]any, error) { return i.fields(c, post, names) })
	case c.is("GET", "*"):
		return i.node(c, p)
	case c.is("GET", "*", "insights"):
		return i.insights(c, p)
	}
	return nil, c.unsupported()
}

// containerError is an error of publishing.
//
// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes
func containerError(code, subcode int, message, title, text string) error {
	return graphError{Code: code, Subcode: subcode, Message: message, UserTitle: title, UserText: text}.with(http.StatusBadRequest)
}

// hashtag and mention are what the limits of a caption count.
var (
	hashtag = regexp.MustCompile(`#[\pL\pN_]`)
	mention = regexp.MustCompile(`(^|[^\pL\pN_])@[\pL\pN_]`)
)

func checkCaption(caption string) error {
	const tooLong = 2207010
	refused := func(text string) error {
		return containerError(36103, tooLong, "Invalid parameter", "Caption too long", text)
	}
	switch {
	case utf8.RuneCountInString(caption) > maxCaption:
		return refused(fmt.Sprintf("The caption was too long. It can have at most %d characters.", maxCaption))
	case len(hashtag.FindAllString(caption, -1)) > maxCaptionHashtags:
		return refused(fmt.Sprintf("The caption has too many hashtags. It can have at most %d.", maxCaptionHashtags))
	case len(mention.FindAllString(caption, -1)) > maxCaptionMentions:
		return refused(fmt.Sprintf("The caption has too many mentions. It can have at most %d.", maxCaptionMentions))
	}
	return nil
}

func (i instagram) prepare(c *call, p parameters) (*answer, error) {
	if err := c.about(c.path[0]); err != nil {
		return nil, err
	}
	if err := checkCaption(p["caption"]); err != nil {
		return nil, err
	}
	now := c.now().UTC()
	made := container{Account: c.path[0], Caption: p["caption"], Made: now, Ready: now.Add(c.scale(processing)), Child: p["is_carousel_item"] == "true"}
	switch p["media_type"] {
	case "", "IMAGE":
		if err := i.fetch(c, p["image_url"]); err != nil {
			return nil, err
		}
		made.Images = []string{p["image_url"]}
	case "CAROUSEL":
		made.Carousel = true
		var err error
		var ready time.Time
		if made.Images, ready, err = i.children(c, p); err != nil {
			return nil, err
		}
		if made.Ready.Before(ready) {
			made.Ready = ready
		}
	default:
		return nil, c.refuse(malformed, "The local cloud does not support the media_type "+p["media_type"]+".")
	}
	id := newID()
	return &answer{body: map[string]string{"id": id}}, c.put(key(keepContainer, id), made)
}

// fetch refuses an image that cannot be fetched.
func (instagram) fetch(c *call, address string) error {
	const notFetched = 2207052
	switch {
	case address == "":
		return c.refuse(malformed, "The parameter image_url is required")
	case unfetchable(address), !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://"):
		return containerError(9004, notFetched, "Only photo or video can be accepted as media type.", "Media download has failed.",
			"The media could not be fetched from this URI. Please make sure that the URI is publicly accessible.")
	}
	return nil
}

// children are the images of a carousel, and when all of them are ready.
func (instagram) children(c *call, p parameters) (images []string, ready time.Time, err error) {
	ids, ok := p.list("children")
	if !ok || len(ids) < minChildren || len(ids) > maxChildren {
		return nil, ready, c.refuse(malformed, fmt.Sprintf("The parameter children must have between %d and %d items", minChildren, maxChildren))
	}
	for _, id := range ids {
		var child container
		found, err := c.get(key(keepContainer, id), &child)
		if err != nil {
			return nil, ready, err
		}
		if !found || !child.Child || child.Account != c.path[0] {
			return nil, ready, c.refuse(malformed, "The parameter children holds "+id+", which is no carousel item of this account")
		}
		switch status := child.status(c.now()); status {
		case "FINISHED", "IN_PROGRESS":
			images = append(images, child.Images...)
			if ready.Before(child.Ready) {
				ready = child.Ready
			}
		default:
			return nil, ready, notReady(status)
		}
	}
	return images, ready, nil
}

// notReady is the answer to the use of a container that cannot be used, by its status.
func notReady(status string) error {
	const inProgress, notFoundOrDone, unreadable = 2207027, 2207008, 2207032
	switch status {
	case "IN_PROGRESS":
		return containerError(9007, inProgress, "Media ID is not available", "Media not ready", "The media is not ready for publishing, please wait for a moment.")
	case "ERROR":
		return containerError(-1, unreadable, "Fatal", "Create media fail", "Create media fail, please try to re-create media")
	}
	return containerError(24, notFoundOrDone, "The requested resource does not exist", "Media not found", "The media builder does not exist or has been expired.")
}

func (i instagram) publish(c *call, p parameters) (*answer, error) {
	if err := c.about(c.path[0]); err != nil {
		return nil, err
	}
	id := p["creation_id"]
	if id == "" {
		return nil, c.refuse(malformed, "The parameter creation_id is required")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var prepared container
	found, err := c.get(key(keepContainer, id), &prepared)
	if err != nil {
		return nil, err
	}
	if !found || prepared.Account != c.path[0] || prepared.Child {
		return nil, notReady("")
	}
	if status := prepared.status(c.now()); status != "FINISHED" {
		return nil, notReady(status)
	}
	prepared.Media = newID()
	done, err := json.Marshal(prepared)
	if err != nil {
		return nil, err
	}
	made, err := c.make(kept{Post: Post{
		Platform: platformInstagram, AccountID: c.path[0], PostID: prepared.Media, Text: prepared.Caption, Images: prepared.Images, Request: c.source(),
	}}, func(batch *store.Batch, _ []byte) { batch.Set(key(keepContainer, id), done) })
	return &answer{body: map[string]string{"id": made.PostID}, posted: true}, err
}

// node is a container, or a post.
func (i instagram) node(c *call, p parameters) (*answer, error) {
	names := fieldNames(p["fields"])
	var prepared container
	found, err := c.get(key(keepContainer, c.path[0]), &prepared)
	switch {
	case err != nil:
		return nil, err
	case !found:
		post, err := c.seen(c.path[0])
		if err != nil {
			return nil, err
		}
		entry, err := i.fields(c, post, names)
		return &answer{body: entry}, err
	}
	if err := c.about(prepared.Account); err != nil {
		return nil, err
	}
	entry := map[string]any{"id": c.path[0]}
	for _, name := range names {
		switch status := prepared.status(c.now()); name {
		case "id":
		case "status_code":
			entry[name] = status
		case "status":
			entry[name] = status
			if status == "ERROR" {
				entry[name] = "Error: Media upload has failed with error code 2207032"
			}
		default:
			return nil, c.noField(name, "IGContainer")
		}
	}
	return &answer{body: entry}, nil
}

// fields are those of a post.
//
// https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
func (instagram) fields(c *call, post kept, names []string) (map[string]any, error) {
	entry := map[string]any{"id": post.PostID}
	for _, name := range names {
		switch name {
		case "id":
		case "caption":
			if post.Text != "" {
				entry[name] = post.Text
			}
		case "permalink":
			entry[name] = "https://www.instagram.com/p/" + post.PostID + "/"
		case "timestamp":
			entry[name] = post.PostedAt.Format(graphTime)
		case "media_type":
			entry[name] = "IMAGE"
			if len(post.Images) > 1 {
				entry[name] = "CAROUSEL_ALBUM"
			}
		case "like_count", "comments_count":
			read, err := c.counts(post, name)
			if err != nil {
				return nil, err
			}
			entry[name] = map[string]int64{"like_count": read.likes, "comments_count": read.comments}[name]
		default:
			return nil, c.noField(name, "IGMedia")
		}
	}
	return entry, nil
}

// insights are the counts of a post. What is not there yet has no data, rather than 0. The metric impressions is gone.
//
// https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights
func (instagram) insights(c *call, p parameters) (*answer, error) {
	post, err := c.seen(c.path[0])
	if err != nil {
		return nil, err
	}
	read, err := c.counts(post, "insights")
	if err != nil {
		return nil, err
	}
	return c.insights(p, post.PostID, map[string]int64{
		"reach": read.reach, "views": read.views, "likes": read.likes, "comments": read.comments, "shares": read.shares, "saved": read.saves,
		"total_interactions": read.likes + read.comments + read.shares + read.saves, "profile_visits": read.clicks, "profile_activity": 0, "follows": 0,
	}, false)
}
