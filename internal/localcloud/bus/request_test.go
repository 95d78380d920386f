package bus_test

import (
	"encoding/json"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
)

func requestSamples() []string {
	return []string{
		`{"Entries":[{"Source":"s","DetailType":"T","Detail":"{\"a\":\"\\u00e9\\n\"}","EventBusName":"b","Time":1763632272.5,"Resources":["r\u0031",""],"TraceHeader":"Root=1"}]}`,
		` { "Entries" : [ { "Source" : "s" } , { "Source" : "s" , "Source" : "t" } , {} ] , "EndpointId" : "e.f" } `,
		`{"Entries":[]}`, `{"Entries":null}`, `{}`, `{"Entries":[{"Source":null,"Time":null,"Resources":null,"Detail":null}]}`,
		`{"Entries":[{"Source":"a"}],"Entries":[{"Source":"b"}]}`, `{"Entries":[{"Source":"a"}],"Entries":null}`,
		`{"Unknown":{"Entries":[1]},"Entries":[{"Other":[{}],"source":"s"}]}`,
		`{"Entries":[{"Source":"a\"b"},{"Source":"a\"b"},{"Source":"a"},{"Source":"a\\"}]}`,
		`{"Entries":[{"Source":"a\"b"},{"Source":"a"b"}]}`, `{"Entries":[{"Source":"a\\"},{"Source":"a\","DetailType":"x"}]}`,
		`{"\u0045ntries":[{"So\u0075rce":"x"}]}`, `{"Entries":[{"Source":"\ud83d\ude80\ud83d"}]}`, "{\"Entries\":[{\"Source\":\"\xff\"}]}",
		`{"Entries":[{"Time":0}]}`, `{"Entries":[{"Time":-1}]}`, `{"Entries":[{"Time":1e300}]}`, `{"Entries":[{"Time":"2026-11-20T10:11:12Z"}]}`,
		`{"Entries":[{"Time":1.7e9}]}`, `{"Entries":[{"Time":01}]}`,
		`{"Entries":[{"Source":1}]}`, `{"Entries":[{"Resources":"r"}]}`, `{"Entries":[{"Resources":[1]}]}`, `{"Entries":[null]}`, `{"Entries":{}}`,
		`{"Entries":[{"Resources":["a"],"Resources":["b"]}]}`, `{"Entries":[{"Resources":["a",null]}]}`,
		``, `null`, `[]`, `{"Entries":[{}}`, `{"Entries":[{}]`, `{"Entries":[{}]}x`, `{"Entries":[{},]}`, `{"Entries":[,{}]}`, `{"Entries":[{}{}]}`,
		`{"Entries":[{"Source":"s",}]}`, `{"Entries" [{}]}`, `{"Entries":[{"Source":"s" "Detail":"d"}]}`, `{"Entries":[{"Other":tru}]}`, `{"EndpointId":1}`,
	}
}

func TestPutEventsBodyIsReadAsTheStandardLibraryDoes(t *testing.T) {
	t.Parallel()
	for _, body := range requestSamples() {
		sameRequest(t, []byte(body))
	}
}

func FuzzPutEventsBody(f *testing.F) {
	for _, body := range requestSamples() {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if strings.Count(string(body), "[")+strings.Count(string(body), "{") > 900 {
			t.Skip("it may be nested more deeply than EventBridge takes")
		}
		sameRequest(t, body)
	})
}

func sameRequest(t *testing.T, body []byte) {
	t.Helper()
	want, wantNamed, ok := standard(body)
	got, named, err := bus.ParsePutEvents(body)
	if (err == nil) != ok {
		t.Fatalf("%s: %v, want success: %v", body, err, ok)
	}
	if !ok {
		if code, _ := refusal(t, err); code != "SerializationException" {
			t.Errorf("%s: %v", body, err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" || named != wantNamed {
		t.Errorf("%s: named %v, want %v; %s", body, named, wantNamed, diff)
	}
}

// standard reads a body with encoding/json, whose names of members are exact and whose nulls are absent when it reads maps.
func standard(body []byte) (entries []bus.Entry, named, ok bool) {
	var request map[string]json.RawMessage
	var endpoint string
	if json.Unmarshal(body, &request) != nil || request == nil || !into(request["EndpointId"], &endpoint) {
		return nil, false, false
	}
	var list []json.RawMessage
	if !into(request["Entries"], &list) {
		return nil, false, false
	}
	for _, element := range list {
		var members map[string]json.RawMessage
		if json.Unmarshal(element, &members) != nil || members == nil {
			return nil, false, false
		}
		var entry bus.Entry
		var seconds *float64
		fits := into(members["Source"], &entry.Source) && into(members["DetailType"], &entry.DetailType) && into(members["Detail"], &entry.Detail) &&
			into(members["EventBusName"], &entry.Bus) && into(members["TraceHeader"], &entry.TraceHeader) && into(members["Resources"], &entry.Resources) &&
			into(members["Time"], &seconds) && (seconds == nil || *seconds >= 0 && *seconds < 253402300800)
		if !fits {
			return nil, false, false
		}
		if seconds != nil {
			whole, fraction := math.Modf(*seconds)
			entry.Time = time.Unix(int64(whole), int64(fraction*1e9)).UTC()
		}
		if len(entry.Resources) == 0 {
			entry.Resources = nil
		}
		entries = append(entries, entry)
	}
	return entries, list != nil, true
}

func into(text json.RawMessage, value any) bool {
	return text == nil || json.Unmarshal(text, value) == nil
}

var longDigits = regexp.MustCompile(`[0-9]{19}`)

func FuzzDetail(f *testing.F) {
	for _, detail := range []string{
		`{}`, ` {"a":[1,{"b":null}]} `, `{"metadata":{"correlationId":"k\n"}}`, `{"metadata":{"correlationId":"k"},"metadata":{}}`, `{"metadata":[]}`,
		`{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1`, `{"a":1}}`, `[]`, `"x"`, `null`, ``, `{"metadata":{"correlationId":{}}}`,
	} {
		f.Add([]byte(detail))
	}
	f.Fuzz(func(t *testing.T, detail []byte) {
		if strings.Count(string(detail), "[")+strings.Count(string(detail), "{") > 900 || longDigits.Match(detail) {
			t.Skip("it may be nested more deeply, or have larger integers, than EventBridge takes")
		}
		var object map[string]json.RawMessage
		want := json.Unmarshal(detail, &object) == nil && object != nil
		correlationID, ok := bus.ReadDetail(detail)
		if ok != want {
			t.Fatalf("%q is taken: %v, want %v", detail, ok, want)
		}
		if !ok {
			return
		}
		var metadata map[string]json.RawMessage
		var text string
		if json.Unmarshal(object["metadata"], &metadata) == nil && json.Unmarshal(metadata["correlationId"], &text) == nil && correlationID != text {
			t.Fatalf("%q has the correlation id %q, want %q", detail, correlationID, text)
		}
	})
}
