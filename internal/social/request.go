package social

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a request may take, its answer included.
	patience = 15 * time.Second
	// maxAnswer is how much of an answer is read.
	maxAnswer = 4 << 20
)

// client makes requests, and tells of each that failed whether it may have been heard.
type client struct {
	http *http.Client
	now  func() time.Time
}

func newClient(given *http.Client, now func() time.Time) *client {
	own := http.Client{}
	if given != nil {
		own = *given
	}
	// A redirect would take the token to where the network did not mean it to go, and a post to be made by another method.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	own.Jar = nil
	if now == nil {
		now = time.Now
	}
	return &client{http: &own, now: now}
}

// step is what a request does, which decides what its failure means.
type step int

const (
	counting   step = iota // reads how a post does, in functions that post nothing
	reading                // changes nothing
	preparing              // makes what nobody sees yet, such as an image to be used
	publishing             // makes the post visible
)

// request is one request to a network.
type request struct {
	network string // in words, for errors
	step    step
	method  string
	url     string
	token   Token // none sends none
	header  map[string]string
	body    any // nil, []byte, or what is sent as JSON
	// limit is how much of the answer is read; 0 is maxAnswer.
	limit int64
	// explain gives an answer without success its kind where the network has its own way to tell; it may return nil.
	explain func(answer answer) error
}

// answer is what came back. The body is nil where it could not be read, which problem then tells.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	problem string
}

func (a answer) succeeded() bool { return a.status/100 == 2 }

// decode reads the answer as JSON.
func (a answer) decode(into any) error {
	if a.problem != "" {
		return errors.New(a.problem)
	}
	if err := json.Unmarshal(a.body, into); err != nil {
		return errors.New("the answer is not the JSON that it should be") // the decoder's words quote the answer
	}
	return nil
}

const problemTooLarge = "the answer is too large"

// call makes a request and reads the JSON of its answer; into may be nil. It fails with the errors of failures.go.
func (c *client) call(ctx context.Context, request request, into any) (answer, error) {
	answer, err := c.ask(ctx, request)
	if err != nil {
		return answer, err
	}
	if !answer.succeeded() {
		return answer, c.failure(request, answer)
	}
	if into != nil {
		if err := answer.decode(into); err != nil {
			return answer, request.lost(fmt.Sprintf("status %d, but %s", answer.status, err))
		}
	}
	return answer, nil
}

// ask makes a request. It fails if no answer came.
//
// Each request has a connection of its own, but for those that count. A function is frozen between invocations; a connection
// that was cut meanwhile would look like one that was cut after the post was made.
func (c *client) ask(ctx context.Context, request request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var written atomic.Bool // part of the request may be under way
	made, err := request.make(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { written.Store(false) },
		WroteHeaders: func() { written.Store(true) },
	}))
	if err != nil {
		return answer{}, err
	}
	response, err := c.http.Do(made)
	if err != nil {
		if written.Load() {
			return answer{}, request.lost(cause(err))
		}
		return answer{}, &UnavailableError{Network: request.network, Problem: cause(err)}
	}
	defer response.Body.Close()
	limit := request.limit
	if limit == 0 {
		limit = maxAnswer
	}
	got := answer{status: response.StatusCode, header: response.Header}
	got.body, err = io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		got.body, got.problem = nil, "the answer broke off: "+cause(err)
	case int64(len(got.body)) > limit:
		got.body, got.problem = nil, problemTooLarge
	}
	return got, nil
}

func (r request) make(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	kind := ""
	switch given := r.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(given)
	default:
		encoded, err := json.Marshal(given)
		if err != nil {
			return nil, fmt.Errorf("encode a request to %s: %w", r.network, err)
		}
		body, kind = bytes.NewReader(encoded), "application/json"
	}
	made, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil || made.URL.Host == "" {
		return nil, &RefusedError{Reason: notConfigured(r.network)} // only the base URL can be at fault
	}
	made.Close = r.step != counting
	made.Header.Set("Accept", "application/json")
	if kind != "" {
		made.Header.Set("Content-Type", kind)
	}
	for name, value := range r.header {
		made.Header.Set(name, value)
	}
	if secret := r.token.reveal(); secret != "" {
		if !isVisible(secret) {
			return nil, &UnauthorizedError{Reason: reasonUnreadable}
		}
		made.Header.Set("Authorization", "Bearer "+secret)
	}
	return made, nil
}

// lost is the failure of a request that was heard, perhaps, and whose answer tells nothing.
func (r request) lost(problem string) error {
	if r.step == publishing {
		return &UncertainError{Network: r.network, Problem: problem}
	}
	return &UnavailableError{Network: r.network, Problem: problem}
}

// failure gives an answer without success its kind.
func (c *client) failure(request request, answer answer) error {
	if request.explain != nil {
		if err := request.explain(answer); err != nil {
			return err
		}
	}
	problem := fmt.Sprintf("status %d", answer.status)
	switch status := answer.status; {
	case status == http.StatusTooManyRequests:
		return &RateLimitedError{Network: request.network, RetryAfter: retryAfter(answer.header, c.now())}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &UnauthorizedError{Reason: reasonUnauthorized(request.network)}
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return &UnavailableError{Network: request.network, Problem: problem}
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout, status < http.StatusBadRequest:
		return request.lost(problem)
	case status < http.StatusInternalServerError:
		return &RefusedError{Reason: request.refusal(problem)}
	}
	return request.faulty(problem)
}

// faulty is the failure of a request that was heard, and answered with a fault of the network's own.
func (r request) faulty(problem string) error {
	return &UnavailableError{Network: r.network, Problem: problem, Denied: r.step == publishing}
}

// refusal is what an agent is told where the network has no words for it.
func (r request) refusal(problem string) string {
	if r.step <= reading {
		return fmt.Sprintf("%s does not answer about the post (%s).", r.network, problem)
	}
	return fmt.Sprintf("%s did not accept the post (%s).", r.network, problem)
}

// What an agent is told of a connection that cannot be used.
const (
	reasonMissing    = "The connection has no token. Please connect the account again."
	reasonExpired    = "The connection has expired. Please connect the account again."
	reasonUnreadable = "The connection's token cannot be read. Please connect the account again."
)

func reasonUnauthorized(network string) string {
	return network + " does not let us act for you. Please connect the account again."
}

func notConfigured(network string) string { return network + " is not configured." }

// ready tells whether a network can be asked for an account at all.
func ready(network, baseURL string, account Account) error {
	switch {
	case baseURL == "":
		return &RefusedError{Reason: notConfigured(network)}
	case !isIdentifier(account.ID):
		return &RefusedError{Reason: "The channel names no account of " + network + "."}
	case account.Token.IsZero():
		return &UnauthorizedError{Reason: reasonMissing}
	}
	return nil
}

// cause is the innermost reason that no answer came: what is around it quotes the URL.
func cause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return brief(err.Error())
}

// brief is one short line of a text from elsewhere.
func brief(text string) string {
	const most = 200
	line := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " "))
	if len(line) > most {
		line = append(line[:most-1], '…')
	}
	return string(line)
}

// isVisible tells whether a text has only the characters that tokens have (RFC 6749, appendix A.12), without blanks.
func isVisible(text string) bool {
	return strings.IndexFunc(text, func(character rune) bool { return character <= ' ' || character > '~' }) < 0
}

// isIdentifier tells whether a text may be the id of something, and be part of a path.
func isIdentifier(text string) bool {
	return text != "" && text != "." && text != ".." && len(text) <= 256 && isVisible(text)
}

// identifier is an id in an answer: a text, or a whole number as some write it. What cannot be an id is none, the empty one.
type identifier string

// UnmarshalJSON reads an id.
func (i *identifier) UnmarshalJSON(encoded []byte) error {
	var text string
	if err := json.Unmarshal(encoded, &text); err != nil && strings.Trim(string(encoded), "0123456789") == "" {
		text = string(encoded)
	}
	*i = ""
	if isIdentifier(text) {
		*i = identifier(text)
	}
	return nil
}

// counted is a count in an answer: a whole number from 0; null is 0.
type counted int64

// UnmarshalJSON refuses what cannot be a count.
func (c *counted) UnmarshalJSON(encoded []byte) error {
	var number int64
	if err := json.Unmarshal(encoded, &number); err != nil || number < 0 {
		return errors.New("not a count")
	}
	*c = counted(number)
	return nil
}

// link is a URL of an answer as an agent may be shown it, empty if it cannot be one.
func link(text string) string {
	if parsed, err := url.Parse(text); err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Host == "" || len(text) > 2048 {
		return ""
	}
	return text
}
