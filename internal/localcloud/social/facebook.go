package social

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"
)

// facebook is the Graph API of Facebook's pages.
//
//	POST /{version}/{page}/feed       makes a post
//	POST /{version}/{page}/photos     makes a post of one image or, with published=false, an image for a post
//	GET  /{version}/{page}/posts      lists posts; so do /feed and /published_posts
//	GET  /{version}/{post}            a post and its counts
//	GET  /{version}/{post}/insights   further counts
//
// Posts for later, links to look up and albums are not supported.
//
// https://developers.facebook.com/docs/pages-api/posts
type facebook struct{}

// maxMessage is the greatest length of a post, in characters.
//
// https://developers.facebook.com/docs/graph-api/reference/page/feed
const maxMessage = 63206

func (facebook) platform() string { return platformFacebook }

func (facebook) refuse(what problem, detail string) *refusal {
	return refuseGraph(what, detail, "(#200) The user hasn't authorized the application to perform this action", 200)
}

func (facebook) tokenInBody(c *call) string { return graphToken(c) }

func (f facebook) handle(c *call) (*answer, error) {
	if err := c.graphPath(); err != nil {
		return nil, err
	}
	p, err := c.parameters()
	if err != nil {
		return nil, err
	}
	switch {
	case c.is("POST", "*", "feed"):
		return f.feed(c, p)
	case c.is("POST", "*", "photos"):
		return f.photos(c, p)
	case c.is("GET", "*", "posts"), c.is("GET", "*", "feed"), c.is("GET", "*", "published_posts"):
		if err := c.about(c.path[0]); err != nil {
			return nil, err
		}
		return c.recent(c.path[0], p, func(post kept, names []string) (map[string]any, error) { return f.fields(c, post, names) })
	case c.is("GET", "*"):
		post, err := c.seen(c.path[0])
		if err != nil {
			return nil, err
		}
		entry, err := f.fields(c, post, fieldNames(p["fields"]))
		return &answer{body: entry}, err
	case c.is("GET", "*", "insights"):
		return f.insights(c, p)
	}
	return nil, c.unsupported()
}

func (f facebook) feed(c *call, p parameters) (*answer, error) {
	if err := c.about(c.path[0]); err != nil {
		return nil, err
	}
	attached, ok := p.list("attached_media")
	switch {
	case !ok:
		return nil, c.refuse(malformed, "Param attached_media must be an array.")
	case p["published"] == "false", p["scheduled_publish_time"] != "":
		return nil, c.refuse(malformed, "The local cloud does not support posts for later.")
	case p["message"] == "" && p["link"] == "" && len(attached) == 0:
		return nil, c.refuse(malformed, "Missing message or attachment")
	case utf8.RuneCountInString(p["message"]) > maxMessage:
		return nil, c.refuse(malformed, fmt.Sprintf("Param message must be at most %d characters long.", maxMessage))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var images []string
	for _, reference := range attached {
		image, err := f.attached(c, reference)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	made, err := c.make(kept{Post: f.post(c, p["message"], images)}, nil)
	return &answer{body: map[string]string{"id": made.PostID}, posted: true}, err
}

// attached returns the URL of an image that was posted before, unpublished, for the same page.
func (facebook) attached(c *call, reference string) (string, error) {
	var member struct {
		ID json.RawMessage `json:"media_fbid"`
	}
	if json.Unmarshal([]byte(reference), &member) != nil {
		return "", c.refuse(malformed, "Param attached_media must be an array of objects with a media_fbid.")
	}
	id := strings.Trim(string(member.ID), `"`)
	var image media
	found, err := c.get(key(keepMedia, platformFacebook, id), &image)
	if err != nil {
		return "", err
	}
	if !found || image.Account != c.path[0] {
		return "", c.refuse(malformed, "Param attached_media holds a media_fbid that is no unpublished photo of this page.")
	}
	return image.URL, nil
}

func (facebook) post(c *call, text string, images []string) Post {
	return Post{
		Platform: platformFacebook, AccountID: c.path[0], PostID: c.path[0] + "_" + newID(), Text: text, Images: images, Request: c.source(),
	}
}

func (f facebook) photos(c *call, p parameters) (*answer, error) {
	if err := c.about(c.path[0]); err != nil {
		return nil, err
	}
	caption := p["caption"]
	if caption == "" {
		caption = p["message"]
	}
	switch address := p["url"]; {
	case !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://"):
		return nil, graphError{Code: 324, Message: "(#324) Requires upload file"}.with(http.StatusBadRequest)
	case unfetchable(address):
		const notFetched = 1366046
		return nil, graphError{
			Code: 324, Subcode: notFetched, Message: "(#324) Missing or invalid image file", UserTitle: "Can't Read Files",
			UserText: "Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG, PNG, GIF, TIFF, HEIF or WebP files.",
		}.with(http.StatusBadRequest)
	case utf8.RuneCountInString(caption) > maxMessage:
		return nil, c.refuse(malformed, fmt.Sprintf("Param caption must be at most %d characters long.", maxMessage))
	}
	id := newID()
	if p["published"] == "false" {
		err := c.put(key(keepMedia, platformFacebook, id), media{Account: c.path[0], Uploaded: true, URL: p["url"]})
		return &answer{body: map[string]string{"id": id}}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	made, err := c.make(kept{Post: f.post(c, caption, []string{p["url"]})}, nil)
	return &answer{body: map[string]string{"id": id, "post_id": made.PostID}, posted: true}, err
}

// fields are those of a post.
//
// https://developers.facebook.com/docs/graph-api/reference/page-post
func (facebook) fields(c *call, post kept, names []string) (map[string]any, error) {
	if len(names) == 0 {
		names = []string{"created_time", "message"}
	}
	entry := map[string]any{"id": post.PostID}
	var numbers *counts
	count := func() (counts, error) {
		if numbers == nil {
			read, err := c.counts(post, "post")
			if err != nil {
				return counts{}, err
			}
			numbers = &read
		}
		return *numbers, nil
	}
	for _, name := range names {
		switch name {
		case "id":
		case "message":
			if post.Text != "" {
				entry[name] = post.Text
			}
		case "created_time":
			entry[name] = post.PostedAt.Format(graphTime)
		case "permalink_url":
			entry[name] = "https://www.facebook.com/" + post.PostID
		case "shares", "reactions", "likes", "comments":
			read, err := count()
			if err != nil {
				return nil, err
			}
			total := map[string]int64{"shares": read.shares, "reactions": read.likes, "likes": read.likes, "comments": read.comments}[name]
			switch {
			case name != "shares":
				entry[name] = map[string]any{"data": []any{}, "summary": map[string]int64{"total_count": total}}
			case total > 0: // without shares the field is not there
				entry[name] = map[string]int64{"count": total}
			}
		default:
			return nil, c.noField(name, "Post")
		}
	}
	return entry, nil
}

// insights are further counts. Meta has retired some names over the years; here both the old and the new ones are known.
//
// https://developers.facebook.com/docs/graph-api/reference/insights
func (facebook) insights(c *call, p parameters) (*answer, error) {
	post, err := c.seen(c.path[0])
	if err != nil {
		return nil, err
	}
	read, err := c.counts(post, "insights")
	if err != nil {
		return nil, err
	}
	return c.insights(p, post.PostID, map[string]int64{
		"post_impressions": read.impressions, "post_impressions_unique": read.reach, "post_impressions_organic": read.impressions,
		"post_media_view": read.views, "post_total_media_view_unique": read.reach, "post_clicks": read.clicks,
		"post_reactions_like_total": read.likes, "post_video_views": 0,
	}, true)
}
