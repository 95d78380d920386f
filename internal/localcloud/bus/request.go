package bus

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern/scan"
)

// Entry is one event that is put, as in PutEvents. What is empty is not set.
type Entry struct {
	Source, DetailType string
	Detail             string // JSON
	Bus                string // name or ARN; DefaultBus if empty
	Time               time.Time
	Resources          []string
	TraceHeader        string
}

// putEventsRequest is the body of PutEvents. It is read by hand, because every event passes here.
type putEventsRequest struct {
	entries    []Entry
	hasEntries bool
	endpointID string
}

// parsePutEvents reads the body of PutEvents. As in encoding/json the last of several members of a name counts, null
// counts as absent, and unknown members are passed over.
func parsePutEvents(body []byte) (putEventsRequest, error) {
	p := requestParser{body: body}
	p.object(func(name []byte) {
		switch string(name) {
		case "Entries":
			p.request.entries, p.request.hasEntries = nil, false
			p.array(p.entry, func() { p.request.hasEntries = true })
		case "EndpointId":
			p.text(&p.request.endpointID)
		default:
			p.skip()
		}
	})
	if p.failed == nil && scan.Space(body, p.at) != len(body) {
		p.failed = errors.New("there is text after the request")
	}
	if p.failed != nil {
		return putEventsRequest{}, awsapi.Errorf("SerializationException", "The body of PutEvents cannot be read: %v.", p.failed)
	}
	return p.request, nil
}

// requestParser goes through the body once; after the first failure it does nothing.
type requestParser struct {
	body    []byte
	at      int
	failed  error
	request putEventsRequest
	scratch []byte
}

func (p *requestParser) entry() {
	var entry Entry
	var previous *Entry // whose texts are likely to be the same
	if count := len(p.request.entries); count > 0 {
		previous = &p.request.entries[count-1]
	} else {
		previous = &entry
	}
	p.object(func(name []byte) {
		switch string(name) {
		case "Source":
			p.repeated(&entry.Source, previous.Source)
		case "DetailType":
			p.repeated(&entry.DetailType, previous.DetailType)
		case "EventBusName":
			p.repeated(&entry.Bus, previous.Bus)
		case "Detail":
			p.text(&entry.Detail)
		case "TraceHeader":
			p.text(&entry.TraceHeader)
		case "Time":
			p.time(&entry.Time)
		case "Resources":
			entry.Resources = nil
			p.array(func() {
				var resource string
				p.text(&resource)
				entry.Resources = append(entry.Resources, resource)
			}, func() {})
		default:
			p.skip()
		}
	})
	p.request.entries = append(p.request.entries, entry)
}

// object reads an object and calls member with the name of each member, which must read its value.
func (p *requestParser) object(member func(name []byte)) {
	if !p.opens('{', "an object") {
		return
	}
	for first := true; !p.closes('}', first); first = false {
		end, value := scan.Key(p.body, p.at)
		if end == scan.Invalid {
			p.fail("a member has no proper name")
			return
		}
		name := p.body[p.at+1 : end-1]
		if !scan.Plain(p.body[p.at:end]) {
			name = scan.AppendText(nil, p.body[p.at:end])
		}
		p.at = value
		member(name)
	}
}

// array reads an array, or null, and calls element for each element, which must read it. It calls found before them
// unless there is null.
func (p *requestParser) array(element, found func()) {
	if p.null() || !p.opens('[', "an array") {
		return
	}
	found()
	for first := true; !p.closes(']', first); first = false {
		element()
	}
}

func (p *requestParser) opens(bracket byte, what string) bool {
	if p.failed != nil {
		return false
	}
	p.at = scan.Space(p.body, p.at)
	if p.at >= len(p.body) || p.body[p.at] != bracket {
		p.fail("there should be " + what)
		return false
	}
	p.at++
	return true
}

// closes passes over the separator before the next item, or over the closing bracket.
func (p *requestParser) closes(bracket byte, first bool) bool {
	if p.failed != nil {
		return true
	}
	p.at = scan.Space(p.body, p.at)
	switch {
	case p.at >= len(p.body):
		p.fail("it ends too early")
	case p.body[p.at] == bracket:
		p.at++
		return true
	case first:
		return false
	case p.body[p.at] != ',':
		p.fail("a comma is missing")
	default:
		p.at = scan.Space(p.body, p.at+1)
		return false
	}
	return true
}

// null passes over null, if that is what is there.
func (p *requestParser) null() bool {
	const word = "null"
	end := p.at + len(word)
	if p.failed != nil || end > len(p.body) || string(p.body[p.at:end]) != word {
		return false
	}
	p.at = end
	return true
}

func (p *requestParser) token() []byte {
	if p.failed != nil {
		return nil
	}
	if p.at >= len(p.body) || p.body[p.at] != '"' {
		p.fail("there should be a string")
		return nil
	}
	end := scan.String(p.body, p.at)
	if end == scan.Invalid {
		p.fail("a string is not well-formed")
		return nil
	}
	token := p.body[p.at:end]
	p.at = end
	return token
}

// text reads a string, or null, which counts as the empty string.
func (p *requestParser) text(into *string) {
	*into = ""
	if p.null() {
		return
	}
	if token := p.token(); token != nil {
		p.scratch = scan.AppendText(p.scratch[:0], token)
		*into = string(p.scratch)
	}
}

// repeated is text for a string that probably equals another one, and then shares its memory.
func (p *requestParser) repeated(into *string, expected string) {
	start := p.at
	end := start + len(expected) + 2
	if p.failed == nil && expected != "" && end <= len(p.body) && p.body[start] == '"' && p.body[end-1] == '"' &&
		string(p.body[start+1:end-1]) == expected && scan.String(p.body, start) == end && scan.Plain(p.body[start:end]) {
		*into, p.at = expected, end
		return
	}
	p.text(into)
}

// time reads seconds since 1970, with a fraction or without.
func (p *requestParser) time(into *time.Time) {
	*into = time.Time{}
	if p.null() || p.failed != nil {
		return
	}
	end := scan.Number(p.body, p.at)
	if end == scan.Invalid {
		p.fail("Time should be a number of seconds")
		return
	}
	seconds, err := strconv.ParseFloat(string(p.body[p.at:end]), 64)
	const year10000 = 253402300800
	if err != nil || seconds < 0 || seconds >= year10000 {
		p.fail("Time should be a number of seconds since 1970")
		return
	}
	whole, fraction := math.Modf(seconds)
	*into, p.at = time.Unix(int64(whole), int64(fraction*float64(time.Second))).UTC(), end
}

func (p *requestParser) skip() {
	if p.failed != nil {
		return
	}
	end := scan.Value(p.body, p.at)
	if end == scan.Invalid {
		p.fail("a value is not well-formed")
		return
	}
	p.at = end
}

func (p *requestParser) fail(problem string) {
	p.failed = errors.New(problem)
}
