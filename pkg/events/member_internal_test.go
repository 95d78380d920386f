package events

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestMember(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{}`:                                       "",
		`{"a":1}`:                                  "",
		`{"metadata":{"a":[1,{}]}}`:                `{"a":[1,{}]}`,
		`{"a":{"metadata":1},"metadata": 2 }`:      "2",
		`{"a":["metadata",{"metadata":1}]}`:        "",
		`{"a":"metadata","b":"metadata"}`:          "",
		`{"a":"\"metadata\":5","metadata":"},\\"}`: `"},\\"`,
		`{"metadata":1,"metadata":[2]}`:            "[2]",
		`{ "metadata" : null , "z" : 1 }`:          "null",
		`{"metadata ":1}`:                          "",
		`{"x":"\\","metadata":true}`:               "true",
	} {
		if got := string(member(json.RawMessage(object), "metadata")); got != want {
			t.Errorf("%s: got %s, want %s", object, got, want)
		}
	}
}

// FuzzMember: what member skims out of an object is what encoding/json decodes.
func FuzzMember(f *testing.F) {
	f.Add([]byte(`{"a":"metadata","metadata":{"b":"}\\\""},"c":[",",{"metadata":1}]}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		var members map[string]json.RawMessage
		if json.Unmarshal(object, &members) != nil || members == nil || bytes.Contains(object, []byte(`\u`)) {
			return // encoding/json unescapes names, member does not
		}
		if got, want := member(object, "metadata"), members["metadata"]; !bytes.Equal(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
