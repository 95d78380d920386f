package template

import "testing"

// TestMergeGlobals covers SAM's rules that no property of a function shows today.
func TestMergeGlobals(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, global, own, want string }{
		{"lists append to the global one", "{L: [a, b]}", "{L: [c]}", `{"L":["a","b","c"]}`},
		{"objects merge in depth", "{O: {a: {b: 1}, c: 2}}", "{O: {a: {d: 3}}}", `{"O":{"a":{"b":1,"d":3},"c":2}}`},
		{"texts override", "{T: a}", "{T: b}", `{"T":"b"}`},
		{"types that differ override", "{T: [a]}", "{T: {b: c}}", `{"T":{"b":"c"}}`},
		{"a call is one value", "{T: !Ref A}", "{T: !Sub b}", `{"T":{"Fn::Sub":"b"}}`},
		{"architectures are replaced", "{Architectures: [arm64]}", "{Architectures: [x86_64]}", `{"Architectures":["x86_64"]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &reader{}
			merged := mergeGlobals(r.parse([]byte(test.global)), r.parse([]byte(test.own)))
			if got := string(merged.json()); got != test.want || len(r.problems) > 0 {
				t.Errorf("got %s with the problems %v, want %s", got, r.problems, test.want)
			}
		})
	}
}
