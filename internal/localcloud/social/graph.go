package social

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// graphError is an error of the Graph API, which Facebook and Instagram are reached by.
//
// https://developers.facebook.com/docs/graph-api/guides/error-handling
type graphError struct {
	Message   string `json:"message"`
	Type      string `json:"type"`
	Code      int    `json:"code"`
	Subcode   int    `json:"error_subcode,omitempty"`
	Transient bool   `json:"is_transient,omitempty"`
	UserTitle string `json:"error_user_title,omitempty"`
	UserText  string `json:"error_user_msg,omitempty"`
	Trace     string `json:"fbtrace_id"`
}

func (e graphError) with(status int) *refusal {
	e.Trace = "A" + newID()
	if e.Type == "" {
		e.Type = "OAuthException"
	}
	return &refusal{status: status, body: map[string]graphError{"error": e}}
}

// refuseGraph words a refusal as the Graph API does; permission is the wording of a page that is not the token's.
func refuseGraph(what problem, detail, permission string, permissionCode int) *refusal {
	switch what {
	case missingToken:
		return graphError{Code: 104, Message: "An access token is required to request this resource."}.with(http.StatusUnauthorized)
	case revokedToken:
		const revokedSession = 460
		return graphError{
			Code: 190, Subcode: revokedSession,
			Message: "Error validating access token: The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons.",
		}.with(http.StatusUnauthorized)
	case forbidden:
		return graphError{Code: permissionCode, Message: permission}.with(http.StatusForbidden)
	case limited:
		return graphError{Code: 4, Transient: true, Message: "(#4) Application request limit reached"}.with(http.StatusTooManyRequests)
	case broken:
		return graphError{Code: 2, Transient: true, Message: "An unexpected error has occurred. Please retry your request later."}.with(http.StatusServiceUnavailable)
	case notFound:
		const noObject = 33
		return graphError{
			Type: "GraphMethodException", Code: 100, Subcode: noObject,
			Message: "Unsupported get request. Object with ID '" + detail + "' does not exist, cannot be loaded due to missing permissions, or does not support this operation.",
		}.with(http.StatusBadRequest)
	default:
		return graphError{Code: 100, Message: "(#100) " + detail}.with(http.StatusBadRequest)
	}
}

var graphVersion = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)

// graphPath cuts the version off a path, which must be there, as it is what a request is understood by.
func (c *call) graphPath() error {
	if len(c.path) < 2 || !graphVersion.MatchString(c.path[0]) {
		return graphError{Code: 2500, Message: "Unknown path components: /" + strings.Join(c.path, "/")}.with(http.StatusBadRequest)
	}
	c.path = c.path[1:]
	return nil
}

// unsupported is the answer to what the Graph API has, or has not, and the local cloud does not do.
func (c *call) unsupported() error {
	return graphError{
		Type: "GraphMethodException", Code: 100,
		Message: fmt.Sprintf("Unsupported %s request: the local cloud does not support /%s of %s.", strings.ToLower(c.request.Method), strings.Join(c.path, "/"), c.platform()),
	}.with(http.StatusBadRequest)
}

// parameters are what a request of the Graph API says, wherever it says it: values that are no text are JSON.
type parameters map[string]string

// parameters reads a request's URL and body: a form, a multipart form or a JSON object.
func (c *call) parameters() (parameters, error) {
	all := parameters{}
	for name, values := range c.request.URL.Query() {
		all[name] = values[0]
	}
	if len(c.body) == 0 {
		return all, nil
	}
	switch {
	case c.isType("application/json"):
		var members map[string]json.RawMessage
		if err := json.Unmarshal(c.body, &members); err != nil {
			return nil, c.refuse(malformed, "The body is no JSON object")
		}
		for name, value := range members {
			var text string
			if json.Unmarshal(value, &text) != nil {
				text = string(value)
			}
			all[name] = text
		}
	case c.isType("multipart/form-data"):
		fields, err := multipartFields(c.request.Header.Get("Content-Type"), c.body)
		if err != nil {
			return nil, c.refuse(malformed, "The body is no multipart form")
		}
		for name, value := range fields {
			all[name] = string(value)
		}
	default:
		form, err := url.ParseQuery(string(c.body))
		if err != nil {
			return nil, c.refuse(malformed, "The body is no form")
		}
		for name, values := range form {
			all[name] = values[0]
		}
	}
	return all, nil
}

// multipartFields reads all fields of a multipart form, files among them.
func multipartFields(contentType string, body []byte) (map[string][]byte, error) {
	_, settings, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	reader := multipart.NewReader(bytes.NewReader(body), settings["boundary"])
	fields := map[string][]byte{}
	for {
		part, err := reader.NextPart()
		if err == io.EOF { //nolint:errorlint // NextPart returns it as it is
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
		if fields[part.FormName()], err = io.ReadAll(part); err != nil {
			return nil, err
		}
	}
}

// graphToken is the token in the body of a request, where the Graph API takes it, too.
func graphToken(c *call) string {
	all, err := c.parameters()
	if err != nil {
		return ""
	}
	return all["access_token"]
}

// list reads a list that is written as JSON, or as texts between commas, or as name[0], name[1] and so on.
func (p parameters) list(name string) ([]string, bool) {
	if value, there := p[name]; there {
		if !strings.HasPrefix(strings.TrimSpace(value), "[") {
			return strings.Split(value, ","), true
		}
		var items []json.RawMessage
		if json.Unmarshal([]byte(value), &items) != nil {
			return nil, false
		}
		texts := make([]string, len(items))
		for i, item := range items {
			if json.Unmarshal(item, &texts[i]) != nil {
				texts[i] = string(item)
			}
		}
		return texts, true
	}
	var texts []string
	for i := 0; ; i++ {
		value, there := p[name+"["+strconv.Itoa(i)+"]"]
		if !there {
			return texts, true
		}
		texts = append(texts, value)
	}
}

// since reads the time that posts are asked from: seconds, or a date.
func (p parameters) since() (time.Time, bool) {
	text := p["since"]
	if text == "" {
		return time.Time{}, true
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(seconds, 0), true
	}
	for _, layout := range []string{time.RFC3339, graphTime, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// graphTime is how the Graph API writes times.
const graphTime = "2006-01-02T15:04:05-0700"

const (
	defaultPage = 25
	maxPage     = 100
)

// recent lists the newest posts of an account, with the fields that are asked for.
func (c *call) recent(account string, p parameters, fields func(post kept, names []string) (map[string]any, error)) (*answer, error) {
	since, ok := p.since()
	if !ok {
		return nil, c.refuse(malformed, "Param since must be a valid date or a timestamp")
	}
	limit := defaultPage
	if text := p["limit"]; text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxPage {
			return nil, c.refuse(malformed, "Param limit must be a number from 1 to 100")
		}
	}
	posts, err := c.newest(c.platform(), since, limit, account)
	if err != nil {
		return nil, err
	}
	data := []any{}
	for _, post := range posts {
		entry, err := fields(post, fieldNames(p["fields"]))
		if err != nil {
			return nil, err
		}
		data = append(data, entry)
	}
	return &answer{body: map[string]any{"data": data}}, nil
}

// fieldNames cuts a list of fields such as shares,reactions.summary(total_count,x){id} into the names alone.
func fieldNames(list string) []string {
	var names []string
	depth, name := 0, strings.Builder{}
	end := func() {
		if plain, _, _ := strings.Cut(name.String(), "."); plain != "" {
			names = append(names, strings.TrimSpace(plain))
		}
		name.Reset()
	}
	for _, char := range list {
		switch {
		case char == '(' || char == '{':
			depth++
		case char == ')' || char == '}':
			depth--
		case depth > 0:
		case char == ',':
			end()
		default:
			name.WriteRune(char)
		}
	}
	end()
	return names
}

// noField is the answer to a field that an object does not have.
func (c *call) noField(name, object string) error {
	return c.refuse(malformed, fmt.Sprintf("Tried accessing nonexisting field (%s) on node type (%s)", name, object))
}

// insights answers the numbers that are asked for by their names; those that are 0 have no data yet.
func (c *call) insights(p parameters, id string, known map[string]int64, emptyIsZero bool) (*answer, error) {
	names, ok := p.list("metric")
	if !ok || len(names) == 0 || names[0] == "" {
		const noMetric = 1504028
		return nil, graphError{
			Code: 3001, Subcode: noMetric,
			Message: "(#3001) No metric was specified to be fetched. Please specify one or more metrics to be fetched and try again.",
		}.with(http.StatusBadRequest)
	}
	data := []any{}
	for _, name := range names {
		name = strings.TrimSpace(name)
		value, there := known[name]
		if !there {
			return nil, c.refuse(malformed, "The value must be a valid insights metric")
		}
		if value == 0 && !emptyIsZero {
			continue
		}
		data = append(data, map[string]any{
			"name": name, "period": "lifetime", "values": []any{map[string]int64{"value": value}}, "id": id + "/insights/" + name + "/lifetime",
		})
	}
	return &answer{body: map[string]any{"data": data}}, nil
}
