package social

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// graph is what Facebook and Instagram have in common: Meta's Graph API.
//
// Requests carry the token in the header Authorization. Meta's guides show it as the parameter access_token; that the API
// takes the header too was found in programs that use it, and not in a guide.
//
// An error is {"error": {"message", "type", "code", "error_subcode", "is_transient", "error_user_title", "error_user_msg"}},
// mostly with status 400, whatever it is about; the code tells
// (https://developers.facebook.com/docs/graph-api/guides/error-handling).
type graph struct {
	client  *client
	name    string // in words
	address string
	version string
}

// at is the URL of an object, or of what it has.
func (g graph) at(query url.Values, path ...string) string {
	at := g.address
	if g.version != "" {
		at += "/" + url.PathEscape(g.version)
	}
	for _, part := range path {
		at += "/" + url.PathEscape(part)
	}
	if len(query) > 0 {
		at += "?" + query.Encode()
	}
	return at
}

func (g graph) post(ctx context.Context, account Account, step step, edge string, body, into any) error {
	_, err := g.client.call(ctx, request{
		network: g.name, step: step, method: http.MethodPost, url: g.at(nil, account.ID, edge), token: account.Token, body: body,
		explain: g.explain(account, step),
	}, into)
	return err
}

func (g graph) get(ctx context.Context, account Account, step step, url string, into any) error {
	_, err := g.client.call(ctx, request{
		network: g.name, step: step, method: http.MethodGet, url: url, token: account.Token,
		explain: g.explain(account, step),
	}, into)
	return err
}

// graphError is an error as the Graph API tells it.
type graphError struct {
	Error struct {
		Message     string `json:"message"`
		Code        int    `json:"code"`
		Subcode     int    `json:"error_subcode"`
		Transient   bool   `json:"is_transient"`
		UserMessage string `json:"error_user_msg"`
	} `json:"error"`
}

// The codes that tell of more than that a request is refused. But for the last ones they are of
// https://developers.facebook.com/docs/graph-api/guides/error-handling and
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting.
const (
	graphUnknown        = 1
	graphService        = 2
	graphTooManyCalls   = 4
	graphUserAction     = 9 // Instagram: the day's posts are used up
	graphDenied         = 10
	graphUserTooMany    = 17
	graphPageTooMany    = 32
	graphSession        = 102
	graphTokenExpired   = 190
	graphAppLimit       = 341
	graphDuplicate      = 506
	graphCustomLimit    = 613
	graphBusinessLowest = 80_000 // limits by business use case: 80000 to 80014
	graphBusinessMost   = 80_014
	graphNotReady       = 9007 // Instagram: https://developers.facebook.com/docs/instagram-platform/reference/error-codes
)

func (g graph) explain(account Account, step step) func(answer) error {
	return func(answer answer) error {
		var told graphError
		if err := answer.decode(&told); err != nil || told.Error.Code == 0 {
			return nil //nolint:nilerr // what cannot be read explains nothing; the status does
		}
		request := request{network: g.name, step: step}
		switch code := told.Error.Code; {
		case code == graphTooManyCalls, code == graphUserAction, code == graphUserTooMany, code == graphPageTooMany,
			code == graphAppLimit, code == graphCustomLimit, graphBusinessLowest <= code && code <= graphBusinessMost:
			return &RateLimitedError{Network: g.name, RetryAfter: retryAfter(answer.header, g.client.now())}
		case code == graphDenied && step == counting && strings.Contains(strings.ToLower(told.Error.Message), "not enough viewers"):
			return errTooFewViewers
		case code == graphTokenExpired, code == graphSession, code == graphDenied, 200 <= code && code <= 299:
			return &UnauthorizedError{Reason: reasonUnauthorized(g.name)}
		case code == graphDuplicate && step == publishing:
			// The same as the page's last post, which an earlier try may have made.
			return &UncertainError{Network: g.name, Problem: "it says that it has the same post already"}
		case answer.status/100 == 4 && code == graphNotReady:
			return &UnavailableError{Network: g.name, Problem: problemOf(answer.status, code)}
		case answer.status/100 == 4 && (code == graphUnknown || code == graphService || told.Error.Transient):
			return request.faulty(problemOf(answer.status, code))
		case answer.status/100 == 4 && answer.status != http.StatusTooManyRequests:
			reason := request.refusal(problemOf(answer.status, code))
			if words := forAgents(told.Error.UserMessage, account.Token); words != "" && step >= preparing {
				reason = g.name + " did not accept the post: " + words
			}
			return &RefusedError{Reason: reason}
		}
		return nil
	}
}

// forAgents is what a network wants an agent to read, if it is fit for that: one short line, and nothing of the token.
func forAgents(text string, token Token) string {
	secret := token.reveal()
	for _, word := range append(strings.Fields(text), text) {
		const telling = 8
		if len(word) >= telling && strings.Contains(secret, word) || secret != "" && strings.Contains(word, secret) {
			return ""
		}
	}
	return brief(text)
}

// errTooFewViewers is Instagram's answer to who asks for the insights of a post that hardly anybody has seen.
var errTooFewViewers error = &RefusedError{Reason: "Too few people have seen the post to tell how it does."}

func problemOf(status, code int) string { return fmt.Sprintf("status %d, code %d", status, code) }

// graphTime reads a time as the Graph API writes it, such as 2019-05-17T16:24:04+0000. It is zero for what is none.
func graphTime(text string) time.Time {
	at, err := time.Parse("2006-01-02T15:04:05-0700", text)
	if err != nil {
		at, _ = time.Parse(time.RFC3339, text)
	}
	return at
}

// insights are metrics of a post, by name. Those that there are not are not in it.
func (g graph) insights(ctx context.Context, account Account, postID, metrics string) (map[string]int64, error) {
	var told struct {
		Data []struct {
			Name   string `json:"name"`
			Values []struct {
				Value counted `json:"value"`
			} `json:"values"`
		} `json:"data"`
	}
	if err := g.get(ctx, account, counting, g.at(url.Values{"metric": {metrics}}, postID, "insights"), &told); err != nil {
		return nil, err
	}
	insights := make(map[string]int64, len(told.Data))
	for _, metric := range told.Data {
		if len(metric.Values) > 0 {
			insights[metric.Name] = int64(metric.Values[len(metric.Values)-1].Value)
		}
	}
	return insights, nil
}
