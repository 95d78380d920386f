package social

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Prefix is what the paths of all networks begin with; the platform follows.
const Prefix = "/_social/"

// maxBody is the greatest size of a request, in bytes: more than the greatest image needs, in base64.
const maxBody = 32 << 20

// network is one network: what its requests do, and how it words refusals.
type network interface {
	platform() string
	// handle answers a request that has a good token.
	handle(c *call) (*answer, error)
	// refuse words a refusal in the network's own form. The detail may be empty; it tells what a person can do.
	refuse(what problem, detail string) *refusal
}

// problem is a reason to refuse that all networks have.
type problem int

const (
	missingToken problem = iota + 1
	revokedToken
	forbidden
	limited
	broken
	malformed
	notFound
)

// call is one request.
type call struct {
	*Sandbox
	network
	request *http.Request
	path    []string // what stands behind the network's own address, decoded
	body    []byte
	token   string
	asked   trouble
}

// answer is what a request gets that is not refused.
type answer struct {
	status int // 0 means 200
	header map[string]string
	body   any
	posted bool // whether the request made a post
}

// refusal is what a request gets that is refused.
type refusal struct {
	status int
	header map[string]string
	body   any
}

func (r *refusal) Error() string { return fmt.Sprintf("refused with %d: %v", r.status, r.body) }

// Handler serves all networks.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(Prefix+"picture.png", servePicture)
	for _, n := range []network{
		facebook{}, instagram{}, linkedIn{}, x{}, service{platformBlog}, service{platformNewsletter},
	} {
		serve := func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, n) }
		mux.HandleFunc(Prefix+n.platform(), serve)
		mux.HandleFunc(Prefix+n.platform()+"/", serve)
	}
	return mux
}

func (s *Sandbox) serve(w http.ResponseWriter, r *http.Request, n network) {
	c := &call{Sandbox: s, network: n, request: r}
	given, err := c.answer(w)
	if err == nil && given.posted && c.asked.denied {
		err = c.refuse(broken, "")
	}
	if err != nil {
		refused := &refusal{status: http.StatusInternalServerError, body: map[string]string{"error": err.Error()}}
		errors.As(err, &refused)
		write(w, refused.status, refused.header, refused.body)
		return
	}
	if given.posted {
		if c.asked.late {
			select {
			case <-time.After(s.late):
			case <-r.Context().Done():
			}
		}
		if c.asked.cut || happens(s.faults.Cut) {
			panic(http.ErrAbortHandler) // net/http's way of cutting a connection
		}
	}
	if given.status == 0 {
		given.status = http.StatusOK
	}
	write(w, given.status, given.header, given.body)
}

func write(w http.ResponseWriter, status int, header map[string]string, body any) {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	for name, value := range header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(encoded)))
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client is gone: nothing is left to tell it
}

func (c *call) answer(w http.ResponseWriter) (*answer, error) {
	if name, there := tokenInURL(c.request); there {
		return nil, c.refuse(malformed, fmt.Sprintf(
			"The local cloud refuses tokens in URLs, as logs keep URLs (%q). Put it into the header Authorization: Bearer.", name))
	}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, c.request.Body, maxBody)); err != nil {
		return nil, &refusal{status: http.StatusRequestEntityTooLarge, body: map[string]string{"error": "The request body could not be read."}}
	}
	c.path = strings.Split(strings.Trim(strings.TrimPrefix(c.request.URL.Path, Prefix+c.platform()), "/"), "/")
	c.token = bearer(c.request)
	if graph, ok := c.network.(interface{ tokenInBody(c *call) string }); ok && c.token == "" {
		c.token = graph.tokenInBody(c)
	}
	switch {
	case c.token == "" && !c.takesAnyone():
		return nil, c.refuse(missingToken, "")
	case revoked(c.token):
		return nil, c.refuse(revokedToken, "")
	case happens(c.faults.Limit):
		return nil, c.limit()
	case happens(c.faults.Fail):
		return nil, c.refuse(broken, "")
	}
	return c.handle(c)
}

// takesAnyone tells whether a network asks for no token.
func (c *call) takesAnyone() bool {
	_, isOwn := c.network.(service)
	return isOwn
}

func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// tokenInURL tells whether a URL holds a token: under one of the names that the networks know, or the one of the header, unless
// that is so short that it may be an id, too.
func tokenInURL(r *http.Request) (name string, there bool) {
	const shortest = 16
	token := bearer(r)
	if len(token) < shortest {
		token = ""
	}
	for name, values := range r.URL.Query() {
		switch strings.ToLower(name) {
		case "access_token", "oauth2_access_token", "oauth_token", "bearer_token", "token", "api_key", "apikey":
			return name, true
		}
		for _, value := range values {
			if token != "" && value == token {
				return name, true
			}
		}
	}
	return "path", token != "" && strings.Contains(r.URL.Path+"/", "/"+token+"/")
}

// retryAfter is how long a client that has been refused as one too many should wait.
const retryAfter = time.Minute

// limit refuses a request as one too many. Retry-After tells the seconds to wait.
func (c *call) limit() error {
	refused := c.refuse(limited, "")
	header := map[string]string{"Retry-After": strconv.Itoa(int(retryAfter / time.Second))}
	for name, value := range refused.header {
		header[name] = value
	}
	if c.platform() == platformX {
		// https://docs.x.com/x-api/fundamentals/rate-limits
		header["X-Rate-Limit-Limit"], header["X-Rate-Limit-Remaining"] = "100", "0"
		header["X-Rate-Limit-Reset"] = strconv.FormatInt(c.now().Add(retryAfter).Unix(), 10)
	}
	refused.header = header
	return refused
}

// about notes the account that a request is about, and refuses the request if the account asks for that.
func (c *call) about(account string) error {
	c.asked = troubleOf(account)
	switch c.asked.refusal {
	case 0:
		return nil
	case limited:
		return c.limit()
	default:
		return c.refuse(c.asked.refusal, "")
	}
}

// aboutOwner does so with the account that the token belongs to, and returns it. Without a token it is called as the platform.
func (c *call) aboutOwner() (account string, err error) {
	if c.token == "" {
		return c.platform(), nil
	}
	account, known, err := c.tokensOwner()
	switch {
	case err != nil:
		return "", err
	case !known:
		return account, c.about(c.token)
	}
	return account, c.about(account)
}

// tokensOwner is the account of the request's token. Where that cannot be found out, the network is out of order.
func (c *call) tokensOwner() (account string, known bool, err error) {
	if account, known, err = c.ownerOf(c.request.Context(), c.platform(), c.token); err != nil {
		return "", false, c.refuse(broken, "")
	}
	return account, known, nil
}

// seen is the post that a request reads. One that the sandbox does not know was made before its time.
func (c *call) seen(id string) (kept, error) {
	post, found, err := c.find(c.platform(), id)
	switch {
	case err != nil:
		return kept{}, err
	case found:
		return post, c.about(post.AccountID)
	case strings.HasPrefix(bare(id), "missing"), id == "":
		return kept{}, c.refuse(notFound, id)
	}
	account, _, _ := strings.Cut(id, "_") // page_post
	return kept{Post: Post{Platform: c.platform(), AccountID: account, PostID: id}}, c.about(account)
}

// bare is what stands behind the last colon, if one is there.
func bare(urn string) string { return urn[strings.LastIndexByte(urn, ':')+1:] }

// source is the request that makes a post, as the record shows it.
func (c *call) source() Request {
	return Request{Method: c.request.Method, URL: "http://" + c.request.Host + c.request.URL.EscapedPath()}
}

// is tells whether a request has a method and a path. An asterisk stands for any part of the path.
func (c *call) is(method string, path ...string) bool {
	if c.request.Method != method || len(path) != len(c.path) {
		return false
	}
	for i, part := range path {
		if part != "*" && part != c.path[i] || c.path[i] == "" && part != "" {
			return false
		}
	}
	return true
}

// isText tells whether a request's body is of a type.
func (c *call) isType(mediaType string) bool {
	given, _, _ := strings.Cut(c.request.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(given), mediaType)
}
