package traces

import "testing"

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"{\"format\": \"json\", \"version\": 1}\n{\"trace_id\":\"1-2-3\",\"name\":\"handle\",\"annotations\":{\"outcome\":\"handled\"}}": true,
		"{\"format\": \"json\", \"version\": 1}\n{\"name\":\"no trace\"}":                                                                false,
		"{\"format\": \"json\", \"version\": 1}":                                                                                         false,
		"{\"format\": \"json\", \"version\": 1}\nno JSON":                                                                                false,
		"": false,
	}
	for datagram, want := range tests {
		if _, ok := parse([]byte(datagram)); ok != want {
			t.Errorf("%q: %v", datagram, ok)
		}
	}
}

func TestOnlyTheNewestAreKept(t *testing.T) {
	t.Parallel()
	c := &Collector{}
	for range kept + 1 {
		c.keep(Segment{TraceID: "old"})
	}
	c.keep(Segment{TraceID: "new"})
	if old := len(c.Trace("old")); old != kept/2+1 || len(c.Trace("new")) != 1 {
		t.Errorf("%d old segments, %d new", old, len(c.Trace("new")))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("{}\n{\"trace_id\":\"1\",\"subsegments\":[{\"id\":\"2\"}]}"))
	f.Fuzz(func(_ *testing.T, datagram []byte) { parse(datagram) })
}
