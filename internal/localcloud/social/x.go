package social

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"
)

// x is the API v2 of X.
//
//	POST /2/tweets              makes a post
//	POST /2/media/upload        uploads an image in one request
//	GET  /2/users/me            tells whose token it is
//	GET  /2/users/{id}/tweets   lists posts
//	GET  /2/tweets/{id}         a post and its counts
//
// X knows whose token it is. Who asks for the posts of an account gets those of the token, too, if nobody told the sandbox who
// owns it. Replies, quotes, polls and videos are not supported.
//
// https://docs.x.com/x-api
type x struct{}

const (
	maxWeight    = 280
	maxXImages   = 4
	maxImageSize = 5 << 20 // bytes
	// duplicateFor is how long a text counts as posted already.
	duplicateFor = 24 * time.Hour
)

func (x) platform() string { return platformX }

// xError is a problem as X tells it.
//
// https://docs.x.com/x-api/fundamentals/response-codes-and-errors
type xError struct {
	Title  string           `json:"title"`
	Detail string           `json:"detail"`
	Type   string           `json:"type"`
	Status int              `json:"status"`
	Errors []map[string]any `json:"errors,omitempty"`
}

func (e xError) refusal() *refusal {
	if e.Type == "" {
		e.Type = "about:blank"
	}
	return &refusal{status: e.Status, body: e}
}

func (x) refuse(what problem, detail string) *refusal {
	switch what {
	case missingToken, revokedToken:
		return xError{Title: "Unauthorized", Detail: "Unauthorized", Status: http.StatusUnauthorized}.refusal()
	case forbidden:
		return xError{Title: "Forbidden", Detail: "You are not permitted to perform this action.", Status: http.StatusForbidden}.refusal()
	case limited:
		return xError{Title: "Too Many Requests", Detail: "Too Many Requests", Status: http.StatusTooManyRequests}.refusal()
	case broken:
		return xError{Title: "Service Unavailable", Detail: "Service Unavailable", Status: http.StatusServiceUnavailable}.refusal()
	case notFound:
		return xError{
			Title: "Not Found Error", Detail: "Could not find: " + detail, Type: "https://api.twitter.com/2/problems/resource-not-found", Status: http.StatusNotFound,
		}.refusal()
	default:
		return xError{
			Title: "Invalid Request", Detail: "One or more parameters to your request was invalid.", Type: "https://api.twitter.com/2/problems/invalid-request",
			Status: http.StatusBadRequest, Errors: []map[string]any{{"parameters": map[string]any{}, "message": detail}},
		}.refusal()
	}
}

func (n x) handle(c *call) (*answer, error) {
	switch {
	case c.is("POST", "2", "tweets"):
		return n.create(c)
	case c.is("POST", "2", "media", "upload"):
		return n.upload(c)
	case c.is("GET", "2", "users", "me"):
		account, err := c.aboutOwner()
		return &answer{body: map[string]any{"data": map[string]string{"id": account, "name": account, "username": account}}}, err
	case c.is("GET", "2", "users", "*", "tweets"):
		return n.list(c)
	case c.is("GET", "2", "tweets", "*"):
		return n.lookUp(c)
	}
	return nil, c.refuse(notFound, "the local cloud does not support "+c.request.Method+" /"+strings.Join(c.path, "/"))
}

func (n x) create(c *call) (*answer, error) {
	var request struct {
		Text  *string `json:"text"`
		Media *struct {
			IDs []string `json:"media_ids"`
		} `json:"media"`
	}
	decoder := json.NewDecoder(bytes.NewReader(c.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&request); err != nil {
		return nil, c.refuse(malformed, "The body must be an object with text and media.media_ids: "+err.Error())
	}
	account, err := c.aboutOwner()
	if err != nil {
		return nil, err
	}
	text, ids := "", []string(nil)
	if request.Text != nil {
		text = *request.Text
	}
	if request.Media != nil {
		ids = request.Media.IDs
	}
	switch {
	case strings.TrimSpace(text) == "" && len(ids) == 0:
		return nil, c.refuse(malformed, "text or media is required.")
	case weightOf(text) > maxWeight:
		return nil, xError{
			Title: "Invalid Request", Status: http.StatusBadRequest,
			Detail: "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
		}.refusal()
	case request.Media != nil && (len(ids) == 0 || len(ids) > maxXImages):
		return nil, c.refuse(malformed, fmt.Sprintf("media.media_ids must have between 1 and %d items.", maxXImages))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range ids {
		var image media
		found, err := c.get(key(keepMedia, platformX, id), &image)
		if err != nil {
			return nil, err
		}
		if !found || image.Account != account {
			return nil, xError{Title: "Invalid Request", Detail: "Your media IDs are invalid.", Status: http.StatusBadRequest}.refusal()
		}
	}
	recent, err := c.newest(platformX, c.now().Add(-duplicateFor), math.MaxInt, account)
	if err != nil {
		return nil, err
	}
	if text != "" && slices.ContainsFunc(recent, func(post kept) bool { return post.Text == text }) {
		return nil, xError{Title: "Forbidden", Detail: "You are not allowed to create a Tweet with duplicate content.", Status: http.StatusForbidden}.refusal()
	}
	made, err := c.make(kept{Post: Post{
		Platform: platformX, AccountID: account, PostID: "20" + newID(), Text: text, Images: ids, Request: c.source(),
	}}, nil)
	shown, _ := shownOf(made)
	return &answer{
		status: http.StatusCreated, posted: true,
		body: map[string]any{"data": map[string]any{"id": made.PostID, "text": shown, "edit_history_tweet_ids": []string{made.PostID}}},
	}, err
}

// upload takes an image, in a form or in base64.
//
// https://docs.x.com/x-api/media/upload-media
func (x) upload(c *call) (*answer, error) {
	account, err := c.aboutOwner()
	if err != nil {
		return nil, err
	}
	var image []byte
	if c.isType("application/json") {
		var request struct{ Media string }
		if json.Unmarshal(c.body, &request) != nil {
			return nil, c.refuse(malformed, "The body must be an object with media.")
		}
		if image, err = base64.StdEncoding.DecodeString(request.Media); err != nil {
			return nil, c.refuse(malformed, "media must be in base64.")
		}
	} else {
		fields, err := multipartFields(c.request.Header.Get("Content-Type"), c.body)
		if err != nil {
			return nil, c.refuse(malformed, "The body is neither a multipart form nor JSON.")
		}
		image = fields["media"]
	}
	if len(image) == 0 || len(image) > maxImageSize {
		return nil, c.refuse(malformed, fmt.Sprintf("media must have between 1 and %d bytes.", maxImageSize))
	}
	id := "19" + newID()
	const day = 86400
	return &answer{body: map[string]any{"data": map[string]any{
		"id": id, "media_key": "3_" + id, "size": len(image), "expires_after_secs": day,
	}}}, c.put(key(keepMedia, platformX, id), media{Account: account, Uploaded: true})
}

// list lists posts, newest first.
//
// https://docs.x.com/x-api/users/get-posts
func (n x) list(c *call) (*answer, error) {
	id := c.path[2]
	if err := c.about(id); err != nil {
		return nil, err
	}
	query := c.request.URL.Query()
	const defaultResults, minResults, maxResults = 10, 5, 100
	limit := defaultResults
	if text := query.Get("max_results"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < minResults || limit > maxResults {
			return nil, c.refuse(malformed, fmt.Sprintf("The `max_results` query parameter value [%s] is not between %d and %d", text, minResults, maxResults))
		}
	}
	var since time.Time
	if text := query.Get("start_time"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, c.refuse(malformed, "Invalid 'start_time':'"+text+"'. 'start_time' must be a date and time in RFC3339.")
		}
	}
	own, known, err := c.tokensOwner()
	if err != nil {
		return nil, err
	}
	accounts := []string{id}
	if !known {
		accounts = append(accounts, own)
	}
	posts, err := c.newest(platformX, since, limit, accounts...)
	if err != nil {
		return nil, err
	}
	if len(posts) == 0 {
		return &answer{body: map[string]any{"meta": map[string]int{"result_count": 0}}}, nil
	}
	var data []any
	for _, post := range posts {
		entry, err := n.fields(c, post)
		if err != nil {
			return nil, err
		}
		data = append(data, entry)
	}
	return &answer{body: map[string]any{"data": data, "meta": map[string]any{
		"result_count": len(data), "newest_id": posts[0].PostID, "oldest_id": posts[len(posts)-1].PostID,
	}}}, nil
}

// lookUp answers one post. One that is not there is an answer, too, with errors and no data.
//
// https://docs.x.com/x-api/posts/get-post-by-id
func (n x) lookUp(c *call) (*answer, error) {
	id := c.path[2]
	if strings.HasPrefix(id, "missing") {
		return &answer{body: map[string]any{"errors": []any{map[string]any{
			"value": id, "resource_id": id, "parameter": "id", "resource_type": "tweet", "title": "Not Found Error",
			"detail": "Could not find tweet with id: [" + id + "].", "type": "https://api.twitter.com/2/problems/resource-not-found",
		}}}}, nil
	}
	post, err := c.seen(id)
	if err != nil {
		return nil, err
	}
	entry, err := n.fields(c, post)
	return &answer{body: map[string]any{"data": entry}}, err
}

// fields are those of a post that a request asks for in tweet.fields.
//
// https://docs.x.com/x-api/fundamentals/data-dictionary
func (x) fields(c *call, post kept) (map[string]any, error) {
	shown, links := shownOf(post)
	entry := map[string]any{"id": post.PostID, "text": shown, "edit_history_tweet_ids": []string{post.PostID}}
	for name := range strings.SplitSeq(c.request.URL.Query().Get("tweet.fields"), ",") {
		switch name {
		case "", "id", "text", "edit_history_tweet_ids":
		case "created_at":
			entry[name] = post.PostedAt.Format("2006-01-02T15:04:05.000Z")
		case "author_id":
			entry[name] = post.AccountID
		case "entities":
			if len(links) > 0 {
				entry[name] = map[string]any{"urls": links}
			}
		case "public_metrics":
			read, err := c.counts(post, name)
			if err != nil {
				return nil, err
			}
			entry[name] = map[string]int64{
				"retweet_count": read.shares, "reply_count": read.comments, "like_count": read.likes, "quote_count": 0,
				"bookmark_count": read.saves, "impression_count": read.impressions,
			}
		case "non_public_metrics":
			read, err := c.counts(post, name)
			if err != nil {
				return nil, err
			}
			entry[name] = map[string]int64{"impression_count": read.impressions, "url_link_clicks": read.clicks, "user_profile_clicks": 0}
		default:
			return nil, c.refuse(malformed, "The `tweet.fields` query parameter value ["+name+"] is not one that the local cloud knows")
		}
	}
	return entry, nil
}

// link is a URL in a text.
var link = regexp.MustCompile(`https?://[^\s]+`)

// shownOf is the text of a post as X gives it back: with short links in place of its own, one for its images at the end, and
// with the characters & < > as HTML writes them.
//
// https://docs.x.com/resources/fundamentals/counting-characters
func shownOf(post kept) (string, []map[string]any) {
	shorten := func(address string) string {
		digest := sha256.Sum256([]byte(address))
		const length = 10
		return "https://t.co/" + base64.RawURLEncoding.EncodeToString(digest[:])[:length]
	}
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	var shown strings.Builder
	links := []map[string]any{}
	add := func(address string) {
		start := utf8.RuneCountInString(html.UnescapeString(shown.String()))
		short := shorten(address)
		shown.WriteString(short)
		links = append(links, map[string]any{
			"start": start, "end": start + len(short), "url": short, "expanded_url": address, "display_url": strings.TrimPrefix(address, "https://"),
		})
	}
	end := 0
	for _, at := range link.FindAllStringIndex(post.Text, -1) {
		shown.WriteString(escape.Replace(post.Text[end:at[0]]))
		add(post.Text[at[0]:at[1]])
		end = at[1]
	}
	shown.WriteString(escape.Replace(post.Text[end:]))
	if len(post.Images) > 0 {
		if post.Text != "" {
			shown.WriteByte(' ')
		}
		add("https://x.com/i/status/" + post.PostID + "/photo/1")
	}
	return shown.String(), links
}

// weightOf is the length of a text as X counts it: a link as 23, an emoji as 2, most Latin characters as 1, others as 2. Words
// that X takes for links though they do not begin with http:// or https:// are counted as they are written.
//
// https://docs.x.com/resources/fundamentals/counting-characters
func weightOf(text string) int {
	const linkWeight = 23
	weight, end := 0, 0
	for _, at := range link.FindAllStringIndex(text, -1) {
		weight += plainWeight(text[end:at[0]]) + linkWeight
		end = at[1]
	}
	return weight + plainWeight(text[end:])
}

func plainWeight(text string) (weight int) {
	const wide = 2
	for clusters := uniseg.NewGraphemes(norm.NFC.String(text)); clusters.Next(); {
		runes := clusters.Runes()
		if isEmoji(runes) {
			weight += wide
			continue
		}
		for _, char := range runes {
			if isNarrow(char) {
				weight++
			} else {
				weight += wide
			}
		}
	}
	return weight
}

func isNarrow(char rune) bool {
	return char <= 0x10FF || char >= 0x2000 && char <= 0x200D || char >= 0x2010 && char <= 0x201F || char >= 0x2032 && char <= 0x2037
}

// isEmoji tells whether a cluster of characters is one emoji: made of several by joiners, variants, tones or flags, or alone.
func isEmoji(cluster []rune) bool {
	const variant, keycap = 0xFE0F, 0x20E3
	first := cluster[0]
	return first >= 0x1F000 && first <= 0x1FAFF || slices.Contains(cluster, variant) || slices.Contains(cluster, keycap)
}
