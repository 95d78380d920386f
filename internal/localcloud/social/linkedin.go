package social

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// linkedIn is the versioned API of LinkedIn.
//
//	POST /rest/posts                                  makes a post
//	GET  /rest/posts?q=author&author=…                lists posts
//	POST /rest/images?action=initializeUpload         begins the upload of an image
//	PUT  what that answers                            uploads it
//	GET  /rest/organizationalEntityShareStatistics    counts of an organization's posts
//	GET  /rest/socialActions/{post}                   counts of any post
//
// Videos, documents, articles, polls and mentions of people are not supported.
//
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
type linkedIn struct{}

const (
	maxCommentary  = 3000 // characters
	minMultiImages = 2
	maxMultiImages = 20
	uploadLife     = 24 * time.Hour
)

func (linkedIn) platform() string { return platformLinkedIn }

// linkedInError is an error of LinkedIn.
//
// https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
type linkedInError struct {
	Status      int    `json:"status"`
	ServiceCode int    `json:"serviceErrorCode,omitempty"`
	Code        string `json:"code,omitempty"`
	Message     string `json:"message"`
}

func (e linkedInError) refusal() *refusal { return &refusal{status: e.Status, body: e} }

func (linkedIn) refuse(what problem, detail string) *refusal {
	return map[problem]linkedInError{
		missingToken: {401, 401, "EMPTY_ACCESS_TOKEN", "Empty oauth2_access_token"},
		revokedToken: {401, 65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user"},
		forbidden:    {403, 100, "ACCESS_DENIED", "Not enough permissions to access the requested resource"},
		limited:      {429, 101, "TOO_MANY_REQUESTS", "Resource level throttle limit for calls to this resource is reached."},
		broken:       {503, 0, "SERVICE_UNAVAILABLE", "Service Unavailable"},
		malformed:    {400, 0, "ILLEGAL_ARGUMENT", detail},
		notFound:     {404, 0, "NOT_FOUND", "Not Found: " + detail},
	}[what].refusal()
}

var linkedInVersion = regexp.MustCompile(`^20[0-9]{2}(0[1-9]|1[0-2])(\.[0-9]{2})?$`)

func (l linkedIn) handle(c *call) (*answer, error) {
	if c.is("PUT", "dms-uploads", "*") {
		return l.upload(c)
	}
	version := c.request.Header.Get("LinkedIn-Version")
	switch {
	case c.path[0] != "rest":
		return nil, c.refuse(notFound, "/"+strings.Join(c.path, "/"))
	case version == "":
		return nil, linkedInError{400, 0, "VERSION_MISSING", "A version must be present. Please specify a version by adding the LinkedIn-Version header."}.refusal()
	case !linkedInVersion.MatchString(version):
		return nil, linkedInError{http.StatusUpgradeRequired, 0, "NONEXISTENT_VERSION", "Requested version " + version + " is not active"}.refusal()
	case c.request.Header.Get("X-Restli-Protocol-Version") != "2.0.0":
		return nil, c.refuse(malformed, "The header X-Restli-Protocol-Version must be 2.0.0.")
	}
	query := c.request.URL.Query()
	switch {
	case c.is("POST", "rest", "posts"):
		return l.create(c)
	case c.is("GET", "rest", "posts") && query.Get("q") == "author":
		return l.list(c)
	case c.is("POST", "rest", "images") && query.Get("action") == "initializeUpload":
		return l.initializeUpload(c)
	case c.is("GET", "rest", "organizationalEntityShareStatistics") && query.Get("q") == "organizationalEntity":
		return l.shareStatistics(c)
	case c.is("GET", "rest", "socialActions", "*"):
		return l.socialActions(c)
	}
	return nil, c.refuse(notFound, "the local cloud does not support "+c.request.Method+" /"+strings.Join(c.path, "/"))
}

// linkedInPost is the request that makes a post.
type linkedInPost struct {
	Author                    *string
	Commentary                *string
	Visibility                *string
	Distribution              *struct{ FeedDistribution string }
	LifecycleState            *string
	IsReshareDisabledByAuthor bool
	Content                   *struct {
		Media      *linkedInImage
		MultiImage *struct{ Images []linkedInImage }
	}
}

type linkedInImage struct {
	ID, AltText, Title string
}

var authorURN = regexp.MustCompile(`^urn:li:(person|organization):[^\s:(),]+$`)

// accountOf is the account of a URN: a member's id alone, and an organization's URN.
func accountOf(urn string) string { return strings.TrimPrefix(urn, "urn:li:person:") }

func (l linkedIn) create(c *call) (*answer, error) {
	post, err := l.decode(c)
	if err != nil {
		return nil, err
	}
	if err := c.about(*post.Author); err != nil {
		return nil, err
	}
	text := plainOf(*post.Commentary)
	if count := utf8.RuneCountInString(text); count > maxCommentary {
		return nil, linkedInError{422, 0, "FIELD_LENGTH_TOO_LONG",
			fmt.Sprintf("ERROR :: /commentary :: length (%d characters) exceeded the maximum allowed (%d characters)", count, maxCommentary)}.refusal()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	images, err := l.images(c, post)
	if err != nil {
		return nil, err
	}
	if text == "" && len(images) == 0 {
		return nil, c.refuse(malformed, "A post needs a commentary or a content.")
	}
	made, err := c.make(kept{Source: *post.Commentary, Post: Post{
		Platform: platformLinkedIn, AccountID: accountOf(*post.Author), PostID: "urn:li:share:7" + newID(), Text: text, Images: images, Request: c.source(),
	}}, nil)
	return &answer{status: http.StatusCreated, header: map[string]string{"X-Restli-Id": made.PostID}, posted: true}, err
}

// decode reads a post, and refuses it as LinkedIn does: all that is wrong in one text.
func (linkedIn) decode(c *call) (linkedInPost, error) {
	var members map[string]json.RawMessage
	var post linkedInPost
	if json.Unmarshal(c.body, &members) != nil || members == nil || json.Unmarshal(c.body, &post) != nil {
		return post, c.refuse(malformed, "Request body could not be converted to data map")
	}
	var wrong strings.Builder
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains([]string{"author", "commentary", "visibility", "distribution", "lifecycleState", "isReshareDisabledByAuthor", "content"}, name) {
			fmt.Fprintf(&wrong, "ERROR :: /%s :: unrecognized field found but not allowed\n", name)
		}
	}
	for _, required := range []struct {
		name  string
		there bool
	}{
		{"author", post.Author != nil}, {"commentary", post.Commentary != nil}, {"visibility", post.Visibility != nil},
		{"distribution", post.Distribution != nil}, {"lifecycleState", post.LifecycleState != nil},
	} {
		if !required.there {
			fmt.Fprintf(&wrong, "ERROR :: /%s :: field is required but not found and has no default value\n", required.name)
		}
	}
	choice := func(name string, value *string, words ...string) {
		if value != nil && !slices.Contains(words, *value) {
			fmt.Fprintf(&wrong, "ERROR :: /%s :: %q is not an enum symbol\n", name, *value)
		}
	}
	choice("visibility", post.Visibility, "PUBLIC", "CONNECTIONS", "LOGGED_IN")
	choice("lifecycleState", post.LifecycleState, "PUBLISHED")
	if post.Distribution != nil {
		choice("distribution/feedDistribution", &post.Distribution.FeedDistribution, "MAIN_FEED", "NONE")
	}
	if post.Author != nil && !authorURN.MatchString(*post.Author) {
		fmt.Fprintf(&wrong, "ERROR :: /author :: %q is not a URN of a person or an organization\n", *post.Author)
	}
	if wrong.Len() > 0 {
		return post, linkedInError{Status: http.StatusUnprocessableEntity, Message: wrong.String()}.refusal()
	}
	return post, nil
}

// images are those of a post, which must have been uploaded for its author.
//
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/multiimage-post-api
func (linkedIn) images(c *call, post linkedInPost) ([]string, error) {
	var images []linkedInImage
	switch content := post.Content; {
	case content == nil:
		return nil, nil
	case content.Media != nil && content.MultiImage == nil:
		images = []linkedInImage{*content.Media}
	case content.MultiImage != nil && content.Media == nil:
		images = content.MultiImage.Images
		if len(images) < minMultiImages || len(images) > maxMultiImages {
			return nil, c.refuse(malformed, fmt.Sprintf("A multiImage has between %d and %d images.", minMultiImages, maxMultiImages))
		}
	default:
		return nil, c.refuse(malformed, "The local cloud supports a content of media or multiImage.")
	}
	var ids []string
	for _, image := range images {
		var uploaded media
		found, err := c.get(key(keepMedia, platformLinkedIn, bare(image.ID)), &uploaded)
		if err != nil {
			return nil, err
		}
		if !found || !uploaded.Uploaded || uploaded.Account != *post.Author || !strings.HasPrefix(image.ID, imageURN) {
			return nil, c.refuse(malformed, image.ID+" is no image that was uploaded for the author.")
		}
		ids = append(ids, image.ID)
	}
	return ids, nil
}

const imageURN = "urn:li:image:"

func (linkedIn) initializeUpload(c *call) (*answer, error) {
	var request struct {
		InitializeUploadRequest struct{ Owner string }
	}
	if json.Unmarshal(c.body, &request) != nil || !authorURN.MatchString(request.InitializeUploadRequest.Owner) {
		return nil, c.refuse(malformed, "initializeUploadRequest.owner must be a URN of a person or an organization.")
	}
	owner := request.InitializeUploadRequest.Owner
	if err := c.about(owner); err != nil {
		return nil, err
	}
	id := "C4" + newID()
	if err := c.put(key(keepMedia, platformLinkedIn, id), media{Account: owner}); err != nil {
		return nil, err
	}
	return &answer{body: map[string]any{"value": map[string]any{
		"uploadUrlExpiresAt": c.now().Add(uploadLife).UnixMilli(),
		"uploadUrl":          "http://" + c.request.Host + Prefix + platformLinkedIn + "/dms-uploads/" + id,
		"image":              imageURN + id,
	}}}, nil
}

func (linkedIn) upload(c *call) (*answer, error) {
	name := key(keepMedia, platformLinkedIn, c.path[1])
	var image media
	found, err := c.get(name, &image)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, c.refuse(notFound, "the upload")
	case len(c.body) == 0:
		return nil, c.refuse(malformed, "The image is empty.")
	}
	if err := c.about(image.Account); err != nil {
		return nil, err
	}
	image.Uploaded = true
	return &answer{status: http.StatusCreated}, c.put(name, image)
}

func (linkedIn) list(c *call) (*answer, error) {
	query := c.request.URL.Query()
	author := query.Get("author")
	if !authorURN.MatchString(author) {
		return nil, c.refuse(malformed, "author must be a URN of a person or an organization.")
	}
	if err := c.about(author); err != nil {
		return nil, err
	}
	const defaultCount, maxCount = 10, 100
	count, start := defaultCount, 0
	for name, into := range map[string]*int{"count": &count, "start": &start} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		var err error
		if *into, err = strconv.Atoi(text); err != nil || *into < 0 || *into > maxCount {
			return nil, c.refuse(malformed, name+" must be a number up to 100.")
		}
	}
	posts, err := c.newest(platformLinkedIn, time.Time{}, start+count, accountOf(author))
	if err != nil {
		return nil, err
	}
	elements := []any{}
	for _, post := range posts[min(start, len(posts)):] {
		at := post.PostedAt.UnixMilli()
		elements = append(elements, map[string]any{
			"id": post.PostID, "author": author, "commentary": post.Source, "visibility": "PUBLIC", "lifecycleState": "PUBLISHED",
			"createdAt": at, "publishedAt": at, "lastModifiedAt": at, "distribution": map[string]any{"feedDistribution": "MAIN_FEED"},
		})
	}
	return &answer{body: map[string]any{"paging": map[string]any{"start": start, "count": count, "links": []any{}}, "elements": elements}}, nil
}

var postURN = regexp.MustCompile(`^urn:li:(share|ugcPost):[^\s:(),]+$`)

// shareStatistics are the counts of posts of an organization; posts without any are left out.
//
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics
func (l linkedIn) shareStatistics(c *call) (*answer, error) {
	query := c.request.URL.Query()
	organization := query.Get("organizationalEntity")
	if !strings.HasPrefix(organization, "urn:li:organization:") {
		return nil, c.refuse(malformed, "organizationalEntity must be a URN of an organization.")
	}
	if err := c.about(organization); err != nil {
		return nil, err
	}
	elements := []any{}
	for name, member := range map[string]string{"shares": "share", "ugcPosts": "ugcPost"} {
		urns, err := l.urns(c, name)
		if err != nil {
			return nil, err
		}
		for _, urn := range urns {
			if strings.HasPrefix(bare(urn), "missing") {
				continue
			}
			post, err := c.seen(urn)
			if err != nil {
				return nil, err
			}
			if post.Number > 0 && post.AccountID != organization {
				continue
			}
			statistics, err := l.statistics(c, post)
			if err != nil {
				return nil, err
			}
			elements = append(elements, map[string]any{"organizationalEntity": organization, member: urn, "totalShareStatistics": statistics})
		}
	}
	return &answer{body: map[string]any{"paging": map[string]any{"start": 0, "count": len(elements), "links": []any{}}, "elements": elements}}, nil
}

// urns reads a list of posts from the address, which may be absent.
func (linkedIn) urns(c *call, name string) ([]string, error) {
	list := c.request.URL.Query().Get(name)
	if list == "" {
		return nil, nil
	}
	inner, opens := strings.CutPrefix(list, "List(")
	inner, closes := strings.CutSuffix(inner, ")")
	if !opens || !closes {
		return nil, c.refuse(malformed, name+" must be a list such as List(urn%3Ali%3Ashare%3A1).")
	}
	urns := strings.Split(inner, ",")
	for _, urn := range urns {
		if !postURN.MatchString(urn) {
			return nil, c.refuse(malformed, name+" holds "+urn+", which is no URN of a post.")
		}
	}
	return urns, nil
}

func (linkedIn) statistics(c *call, post kept) (map[string]any, error) {
	read, err := c.counts(post, "statistics")
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"uniqueImpressionsCount": read.reach, "impressionCount": read.impressions, "clickCount": read.clicks, "likeCount": read.likes,
		"commentCount": read.comments, "shareCount": read.shares,
		"engagement": float64(read.likes+read.comments+read.shares+read.clicks) / float64(read.impressions),
	}, nil
}

// socialActions are the likes and comments of a post.
//
// https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/network-update-social-actions
func (linkedIn) socialActions(c *call) (*answer, error) {
	urn := c.path[2]
	if !postURN.MatchString(urn) {
		return nil, c.refuse(malformed, urn+" is no URN of a post.")
	}
	post, err := c.seen(urn)
	if err != nil {
		return nil, err
	}
	read, err := c.counts(post, "actions")
	if err != nil {
		return nil, err
	}
	return &answer{body: map[string]any{
		"$URN": urn, "target": urn, "commentsState": "OPEN",
		"likesSummary":    map[string]any{"totalLikes": read.likes, "aggregatedTotalLikes": read.likes, "likedByCurrentUser": false},
		"commentsSummary": map[string]any{"totalFirstLevelComments": read.comments, "aggregatedTotalComments": read.comments},
	}}, nil
}
