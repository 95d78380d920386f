package simulation_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"strings"
	"time"

	localsocial "github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// door is the network between the functions and the engines, without a socket. It is slow, as networks are; it lets things go
// wrong for those who come through it in an invocation, and writes down what they did to the outside.
type door struct {
	w        *world
	handlers map[service]http.Handler
}

// service is who answers a request.
type service int

const (
	database service = iota
	eventBridge
	mailService
	socialNetwork
	secretStore
	queues
)

func newDoor(w *world) *door {
	return &door{w: w, handlers: map[service]http.Handler{
		database: w.database.Handler(), eventBridge: w.events.Handler(), mailService: w.mails.Handler(),
		socialNetwork: w.networks.Handler(), secretStore: w.secrets.Handler(), queues: w.queues.Handler(),
	}}
}

func serviceOf(r *http.Request) service {
	target := r.Header.Get("X-Amz-Target")
	switch {
	case strings.HasPrefix(target, "DynamoDB"):
		return database
	case strings.HasPrefix(target, "AWSEvents"):
		return eventBridge
	case strings.HasPrefix(target, "secretsmanager"):
		return secretStore
	case strings.HasPrefix(target, "AmazonSQS"):
		return queues
	case strings.HasPrefix(r.URL.Path, localsocial.Prefix):
		return socialNetwork
	}
	return mailService
}

var (
	errGone = errors.New("the process has ended")
	errCut  = errors.New("connection reset by peer")
)

// claimsRecord is the one call in which a function finds that it has handled an event.
const claimsRecord = "DynamoDB_20120810.PutItem"

// RoundTrip implements http.RoundTripper.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	asked := serviceOf(r)
	by := invocationOf(ctx)
	if by == nil { // the platform itself
		return d.answer(asked, r)
	}
	if by.gone() {
		return nil, errGone
	}
	if target := r.Header.Get("X-Amz-Target"); by.again && target != claimsRecord {
		d.w.ledger.complain("an event of %s is handled again: %s %s", by.userID, target, r.URL.Path)
	}
	what, pause := by.next(asked)
	select {
	case <-time.After(pause):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if by.gone() {
		return nil, errGone
	}
	body, err := bodyOf(r)
	if err != nil {
		return nil, err
	}
	switch what {
	default:
	case dies:
		by.die()
		return nil, errGone
	case isThrottled:
		d.w.ledger.fault(by, asked, r)
		return refused(asked, r), nil
	case isRefused:
		d.w.ledger.fault(by, asked, r)
		return plain(r, http.StatusServiceUnavailable, `{"message":"Service Unavailable"}`), nil
	case isNotHeard:
		d.w.ledger.fault(by, asked, r)
		return nil, errCut
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	response, err := d.answer(asked, r)
	d.w.ledger.happened(by, asked, r, body, response, what)
	switch what {
	default:
	case diesAfterwards:
		by.die()
		return nil, errGone
	case isCutAfterwards:
		d.w.ledger.fault(by, asked, r)
		return nil, errCut
	}
	return response, err
}

// bodyOf reads a request's body where it is to be looked at, and leaves it to be read again.
func bodyOf(r *http.Request) ([]byte, error) {
	if r.Body == nil || serviceOf(r) != mailService {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return body, err
}

func (d *door) answer(asked service, r *http.Request) (response *http.Response, err error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			response, err = nil, errCut
		default:
			panic(reason)
		}
	}()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	d.handlers[asked].ServeHTTP(recorder, r)
	response = recorder.Result()
	response.Request = r
	return response, nil
}

// refused is how a service refuses what is one too many.
func refused(asked service, r *http.Request) *http.Response {
	switch asked {
	default:
	case mailService:
		answer := plain(r, http.StatusTooManyRequests, `{"message":"Maximum sending rate exceeded"}`)
		answer.Header.Set("X-Amzn-Errortype", "TooManyRequestsException")
		return answer
	case socialNetwork:
		answer := plain(r, http.StatusTooManyRequests, `{"error":{"message":"too many","code":4}}`)
		answer.Header.Set("Retry-After", "120")
		return answer
	case database:
		return plain(r, http.StatusBadRequest,
			`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Throughput exceeds the current capacity of your table."}`)
	}
	return plain(r, http.StatusBadRequest, `{"__type":"ThrottlingException","message":"Rate exceeded"}`)
}

func plain(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// sentMail is a mail that the service has taken.
type sentMail struct {
	at      time.Time
	to      string
	kind    string // the tag that names the template
	subject string
	alerts  []string // ids of those that it tells of
	text    string
}

var alertLink = regexp.MustCompile(regexp.QuoteMeta(appURL) + `/alerts/([0-9a-zA-Z_-]+)`)

// mailOf reads a mail from the request that sends it.
func mailOf(body []byte, at time.Time) (sentMail, error) {
	var request struct {
		Destination struct{ ToAddresses []string }
		Content     struct {
			Simple struct {
				Subject struct{ Data string }
				Body    struct{ Text struct{ Data string } }
			}
		}
		EmailTags []struct{ Name, Value string }
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return sentMail{}, err
	}
	read := sentMail{at: at, to: strings.Join(request.Destination.ToAddresses, ","), subject: request.Content.Simple.Subject.Data, text: request.Content.Simple.Body.Text.Data}
	for _, tag := range request.EmailTags {
		if tag.Name == "kind" {
			read.kind = tag.Value
		}
	}
	seen := map[string]bool{}
	for _, match := range alertLink.FindAllStringSubmatch(read.text, -1) {
		if !seen[match[1]] {
			seen[match[1]] = true
			read.alerts = append(read.alerts, match[1])
		}
	}
	return read, nil
}

type invocationKey struct{}

func invocationOf(ctx context.Context) *invocation {
	by, _ := ctx.Value(invocationKey{}).(*invocation)
	return by
}
