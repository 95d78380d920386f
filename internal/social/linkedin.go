package social

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// linkedIn posts to LinkedIn, for members and organizations. The account is the author: a URN as it is, else a member's id.
//
//   - POST /rest/posts with the headers LinkedIn-Version and X-Restli-Protocol-Version answers 201 with the post's URN in the
//     header x-restli-id (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api). The
//     text is in the little text format
//     (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format).
//   - An image: POST /rest/images?action=initializeUpload {"initializeUploadRequest": {"owner"}} answers {"value":
//     {"uploadUrl", "image"}}, and the image is PUT to the uploadUrl
//     (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/images-api). Several are a multiImage
//     (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/multiimage-post-api).
//   - An error is {"status", "code", "message"}; the status tells. Asked too often, LinkedIn answers 429; no source was found
//     that it sends Retry-After then.
//
// LinkedIn has no idempotency key. That it refuses a duplicate text is said, but no source for how was found; it would count
// as refused. So the window between the making of a post and our knowledge of it is closed by Find alone; and Find needs a
// permission that LinkedIn grants for organizations (r_organization_social), and for members to few (r_member_social).
type linkedIn struct {
	client  *client
	address string
	version string
}

const (
	linkedInName = "LinkedIn"
	// maxLinkedInImage is ours: LinkedIn limits an image's pixels, not its bytes.
	maxLinkedInImage = 10 << 20
)

// author is the URN that an account stands for.
func author(account Account) string {
	if strings.HasPrefix(account.ID, "urn:") {
		return account.ID
	}
	return "urn:li:person:" + account.ID
}

func (l linkedIn) request(account Account, step step, method, path string, body any) request {
	return request{
		network: linkedInName, step: step, method: method, url: l.address + path, token: account.Token, body: body,
		header: map[string]string{"LinkedIn-Version": l.version, "X-Restli-Protocol-Version": "2.0.0"},
	}
}

type linkedInPost struct {
	Author       string `json:"author"`
	Commentary   string `json:"commentary"`
	Visibility   string `json:"visibility"`
	Distribution struct {
		Feed     string   `json:"feedDistribution"`
		Targets  []string `json:"targetEntities"`
		Channels []string `json:"thirdPartyDistributionChannels"`
	} `json:"distribution"`
	Content        *linkedInContent `json:"content,omitempty"`
	LifecycleState string           `json:"lifecycleState"`
	NoReshare      bool             `json:"isReshareDisabledByAuthor"`
}

type linkedInContent struct {
	Media  *linkedInImage  `json:"media,omitempty"`
	Images *linkedInImages `json:"multiImage,omitempty"`
}

type linkedInImage struct {
	ID string `json:"id"`
}

type linkedInImages struct {
	Images []linkedInImage `json:"images"`
}

// Publish makes a post. Its images are loaded and uploaded one after the other, and are seen by nobody before the post is.
func (l linkedIn) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	if err := ready(linkedInName, l.address, account); err != nil {
		return Published{}, err
	}
	body := linkedInPost{
		Author: author(account), Commentary: littleText(post.Text), Visibility: "PUBLIC", LifecycleState: "PUBLISHED",
	}
	body.Distribution.Feed = "MAIN_FEED"
	body.Distribution.Targets, body.Distribution.Channels = []string{}, []string{}
	images := make([]linkedInImage, 0, len(post.Images))
	for _, from := range post.Images {
		urn, err := l.upload(ctx, account, from)
		if err != nil {
			return Published{}, err
		}
		images = append(images, linkedInImage{ID: urn})
	}
	switch len(images) {
	case 0:
	case 1:
		body.Content = &linkedInContent{Media: &images[0]}
	default:
		body.Content = &linkedInContent{Images: &linkedInImages{images}}
	}
	answer, err := l.client.call(ctx, l.request(account, publishing, http.MethodPost, "/rest/posts", body), nil)
	if err != nil {
		return Published{}, err
	}
	id := answer.header.Get("X-Restli-Id")
	if !isIdentifier(id) {
		return Published{}, &UncertainError{Network: linkedInName, Problem: "it tells no id of the post"}
	}
	return linkedInPublished(id), nil
}

func linkedInPublished(urn string) Published {
	return Published{PostID: urn, URL: "https://www.linkedin.com/feed/update/" + urn}
}

// upload makes an image that nobody sees until a post has it.
func (l linkedIn) upload(ctx context.Context, account Account, from string) (urn string, err error) {
	image, err := l.client.fetch(ctx, linkedInName, l.address, from, maxLinkedInImage)
	if err != nil {
		return "", err
	}
	var begun struct {
		Value struct {
			UploadURL string     `json:"uploadUrl"`
			Image     identifier `json:"image"`
		} `json:"value"`
	}
	body := map[string]any{"initializeUploadRequest": map[string]string{"owner": author(account)}}
	_, err = l.client.call(ctx, l.request(account, preparing, http.MethodPost, "/rest/images?action=initializeUpload", body), &begun)
	if err != nil {
		return "", err
	}
	if begun.Value.Image == "" || !l.mayHaveToken(begun.Value.UploadURL) {
		return "", &UnavailableError{Network: linkedInName, Problem: "it tells no address to upload an image to that is its own"}
	}
	_, err = l.client.call(ctx, request{
		network: linkedInName, step: preparing, method: http.MethodPut, url: begun.Value.UploadURL, token: account.Token, body: image.content,
		header: map[string]string{"Content-Type": image.mediaType},
	}, nil)
	return string(begun.Value.Image), err
}

// mayHaveToken tells whether a URL that LinkedIn gave is LinkedIn's own: the API's, or one of linkedin.com.
func (l linkedIn) mayHaveToken(given string) bool {
	at, err := url.Parse(given)
	if err != nil {
		return false
	}
	host := strings.ToLower(at.Hostname())
	return sameOrigin(given, l.address) || at.Scheme == "https" && (host == "linkedin.com" || strings.HasSuffix(host, ".linkedin.com"))
}

// littleText escapes what the little text format reserves. What looks like a hashtag stays one.
func littleText(text string) string {
	var escaped strings.Builder
	for i, character := range text {
		if strings.ContainsRune(`\|{}@[]()<>*_~`, character) || character == '#' && !beginsHashtag(text[i+1:]) {
			escaped.WriteByte('\\')
		}
		escaped.WriteRune(character)
	}
	return escaped.String()
}

func beginsHashtag(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(first) || unicode.IsDigit(first)
}

// plainText is what littleText escaped. LinkedIn lists texts as it was given them, or without the escapes; no source was found
// for which.
func plainText(little string) string {
	var plain strings.Builder
	escape := false
	for _, character := range little {
		if escape = character == '\\' && !escape; !escape {
			plain.WriteRune(character)
		}
	}
	return plain.String()
}

// Find reads the author's latest posts: GET /rest/posts?q=author&author={urn}&count=&sortBy=CREATED answers {"elements":
// [{"id", "commentary", "createdAt", "publishedAt"}]}, times in milliseconds
// (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api). ErrCannotFind is the answer
// without the permission to read them.
func (l linkedIn) Find(ctx context.Context, account Account, post Post, since time.Time) (Published, bool, error) {
	if err := ready(linkedInName, l.address, account); err != nil {
		return Published{}, false, err
	}
	path := "/rest/posts?q=author&author=" + url.QueryEscape(author(account)) + "&count=" + strconv.Itoa(listed) + "&sortBy=CREATED"
	request := l.request(account, reading, http.MethodGet, path, nil)
	request.header["X-RestLi-Method"] = "FINDER"
	request.explain = func(answer answer) error {
		if answer.status == http.StatusForbidden {
			return ErrCannotFind
		}
		return nil
	}
	var page struct {
		Elements []struct {
			ID         identifier `json:"id"`
			Commentary string     `json:"commentary"`
			Created    counted    `json:"createdAt"`
			Published  counted    `json:"publishedAt"`
		} `json:"elements"`
	}
	if _, err := l.client.call(ctx, request, &page); err != nil {
		return Published{}, false, err
	}
	found := make([]candidate, 0, len(page.Elements))
	for _, one := range page.Elements {
		text := one.Commentary
		if !sameText(text, post.Text) {
			text = plainText(text)
		}
		var at time.Time
		if milliseconds := max(one.Created, one.Published); milliseconds > 0 {
			at = time.UnixMilli(int64(milliseconds))
		}
		found = append(found, candidate{linkedInPublished(string(one.ID)), text, at})
	}
	return choose(found, post.Text, since.Add(-clockSkew))
}

// Metrics reads how a post does. For an organization's:
// GET /rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity={urn}&shares=List({urn}), or
// ugcPosts=List({urn}) for a post with such a URN, answers {"elements": [{"totalShareStatistics": {"impressionCount",
// "uniqueImpressionsCount", "clickCount", "likeCount", "commentCount", "shareCount"}}]}; a post that nobody has seen has no
// element (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/share-statistics). Likes
// fall below 0 where more are withdrawn than given; they count 0 then.
//
// For a member's: GET /rest/socialActions/{urn} answers {"likesSummary": {"totalLikes"}, "commentsSummary":
// {"aggregatedTotalComments"}}
// (https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/network-update-social-actions). LinkedIn
// tells no more of it.
func (l linkedIn) Metrics(ctx context.Context, account Account, postID string) (Metrics, error) {
	if err := ready(linkedInName, l.address, account); err != nil {
		return Metrics{}, err
	}
	if !isIdentifier(postID) {
		return Metrics{}, &RefusedError{Reason: "There is no id of the post."}
	}
	if !strings.HasPrefix(account.ID, "urn:li:organization:") {
		return l.memberMetrics(ctx, account, postID)
	}
	list := "shares"
	if strings.HasPrefix(postID, "urn:li:ugcPost:") {
		list = "ugcPosts"
	}
	var told struct {
		Elements []struct {
			Total struct {
				Impressions counted `json:"impressionCount"`
				Reach       counted `json:"uniqueImpressionsCount"`
				Clicks      counted `json:"clickCount"`
				Likes       int64   `json:"likeCount"`
				Comments    counted `json:"commentCount"`
				Shares      counted `json:"shareCount"`
			} `json:"totalShareStatistics"`
		} `json:"elements"`
	}
	path := "/rest/organizationalEntityShareStatistics?q=organizationalEntity&organizationalEntity=" + url.QueryEscape(account.ID) +
		"&" + list + "=List(" + url.QueryEscape(postID) + ")"
	if _, err := l.client.call(ctx, l.request(account, counting, http.MethodGet, path, nil), &told); err != nil {
		return Metrics{}, err
	}
	if len(told.Elements) == 0 {
		return Metrics{}, nil
	}
	total := told.Elements[0].Total
	return Metrics{
		Likes: max(total.Likes, 0), Shares: int64(total.Shares), Comments: int64(total.Comments), Clicks: int64(total.Clicks),
		Reach: int64(total.Reach), Impressions: int64(total.Impressions),
	}, nil
}

func (l linkedIn) memberMetrics(ctx context.Context, account Account, postID string) (Metrics, error) {
	var told struct {
		Likes struct {
			Total counted `json:"totalLikes"`
		} `json:"likesSummary"`
		Comments struct {
			Total      counted `json:"aggregatedTotalComments"`
			FirstLevel counted `json:"totalFirstLevelComments"`
		} `json:"commentsSummary"`
	}
	path := "/rest/socialActions/" + url.QueryEscape(postID)
	answer, err := l.client.call(ctx, l.request(account, counting, http.MethodGet, path, nil), &told)
	if err != nil && answer.status == http.StatusForbidden {
		// LinkedIn gives few members the permission to read: the connection is as it should be.
		return Metrics{}, &RefusedError{Reason: "LinkedIn does not show us how posts of members do."}
	}
	if err != nil {
		return Metrics{}, err
	}
	return Metrics{Likes: int64(told.Likes.Total), Comments: int64(max(told.Comments.Total, told.Comments.FirstLevel))}, nil
}
