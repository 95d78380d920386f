package social

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// service is the platform's own blog, or its newsletter.
//
//	POST /   {"key", "title", "html", "text", "images"[], "recipients"[], "accountId"}
//
// It answers {"id", "url"}, with 201 when it makes a post and with 200 when the header Idempotency-Key, or else the key, is one
// that the account has posted with before: then nothing is posted, and the answer is the first one's. Another post under the
// same key is refused with 422.
//
// The accountId may be missing; then it is the owner of the token. The token may be missing, too.
type service struct{ name string }

// Limits of the services.
const (
	maxTitle      = 500     // characters
	maxArticle    = 1 << 20 // bytes of the text, and of the HTML
	maxRecipients = 1000
	maxKey        = 255 // bytes
)

func (s service) platform() string { return s.name }

func (service) refuse(what problem, detail string) *refusal {
	worded := func(status int, message string) *refusal {
		return &refusal{status: status, body: map[string]string{"error": message}}
	}
	switch what {
	case missingToken, revokedToken:
		return worded(http.StatusUnauthorized, "The token was revoked.")
	case forbidden:
		return worded(http.StatusForbidden, "The token is not for this account.")
	case limited:
		return worded(http.StatusTooManyRequests, "Too many requests.")
	case broken:
		return worded(http.StatusServiceUnavailable, "The service is not available.")
	case notFound:
		return worded(http.StatusNotFound, "There is no "+detail+".")
	default:
		return worded(http.StatusBadRequest, detail)
	}
}

type serviceRequest struct {
	Key        string   `json:"key"`
	Title      string   `json:"title"`
	HTML       string   `json:"html"`
	Text       string   `json:"text"`
	Images     []string `json:"images"`
	Recipients []string `json:"recipients"`
	AccountID  string   `json:"accountId"`
}

func (s service) handle(c *call) (*answer, error) {
	if !c.is("POST", "") {
		return nil, c.refuse(notFound, c.request.Method+" /"+strings.Join(c.path, "/"))
	}
	var request serviceRequest
	if err := json.Unmarshal(c.body, &request); err != nil {
		return nil, c.refuse(malformed, "The body is no article: "+err.Error())
	}
	account := request.AccountID
	var err error
	if account == "" {
		account, err = c.aboutOwner()
	} else {
		err = c.about(account)
	}
	if err != nil {
		return nil, err
	}
	if header := c.request.Header.Get("Idempotency-Key"); header != "" {
		request.Key = header
	}
	if err := s.check(c, request); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name := key(keepRequest, s.name, account, request.Key)
	if request.Key != "" {
		number, found, err := c.space.Get(name)
		if err != nil {
			return nil, err
		}
		if found {
			return s.again(c, number, request)
		}
	}
	text := request.Text
	if text == "" {
		text = request.HTML
	}
	made, err := c.make(kept{Post: Post{
		Platform: s.name, AccountID: account, PostID: s.name + "-" + newID(), Text: text, Images: request.Images, Request: c.source(),
		Title: request.Title, HTML: request.HTML, Recipients: request.Recipients,
	}}, func(batch *store.Batch, number []byte) {
		if request.Key != "" {
			batch.Set(name, number)
		}
	})
	return &answer{status: http.StatusCreated, body: s.published(made), posted: true}, err
}

func (s service) check(c *call, request serviceRequest) error {
	switch {
	case request.Text == "" && request.HTML == "":
		return c.refuse(malformed, "text or html is required.")
	case len([]rune(request.Title)) > maxTitle:
		return c.refuse(malformed, "title is too long.")
	case len(request.Text) > maxArticle, len(request.HTML) > maxArticle:
		return c.refuse(malformed, "text or html is too long.")
	case len(request.Recipients) > maxRecipients:
		return c.refuse(malformed, "recipients are too many.")
	case len(request.Key) > maxKey:
		return c.refuse(malformed, "key is too long.")
	}
	for _, image := range request.Images {
		if address, err := url.Parse(image); err != nil || address.Host == "" || unfetchable(image) {
			return c.refuse(malformed, "images holds one that cannot be fetched.")
		}
	}
	return nil
}

// again answers a request whose key was there before.
func (s service) again(c *call, number []byte, request serviceRequest) (*answer, error) {
	before, err := c.named(number)
	if err != nil {
		return nil, err
	}
	if before.Title != request.Title || before.HTML != request.HTML || request.Text != "" && before.Text != request.Text {
		return nil, &refusal{status: http.StatusUnprocessableEntity, body: map[string]string{"error": "The key was used for another article."}}
	}
	return &answer{body: s.published(before)}, nil
}

func (s service) published(post kept) map[string]string {
	return map[string]string{"id": post.PostID, "url": "https://" + s.name + ".bayon.example/" + post.PostID}
}
