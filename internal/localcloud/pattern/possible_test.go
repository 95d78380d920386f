package pattern_test

import (
	"slices"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
)

func TestWhatMayMatch(t *testing.T) {
	t.Parallel()
	least := 0.0
	kind := pattern.Kind{
		"source":        {Texts: []string{"bayon.coagent.user"}},
		"id":            {Text: &pattern.Text{}},
		"detail.name":   {Text: &pattern.Text{MinLength: 1}},
		"detail.status": {Texts: []string{"completed", "failed"}},
		"detail.count":  {Number: &pattern.Number{Minimum: &least}, Absent: true, Null: true},
		"detail.delta":  {Number: &pattern.Number{}},
		"detail.data":   {Anything: true},
	}
	for written, want := range map[string]bool{
		`{"source":["bayon.coagent.user"]}`:                                     true,
		`{"source":["bayon.coagent.users"]}`:                                    false,
		`{"source":[{"prefix":"bayon."}]}`:                                      true,
		`{"source":[{"prefix":"other."}]}`:                                      false,
		`{"source":[{"anything-but":"bayon.coagent.user"}]}`:                    false,
		`{"source":[{"exists":false}]}`:                                         false,
		`{"source":[null]}`:                                                     false,
		`{"id":["6"]}`:                                                          true,
		`{"id":[""]}`:                                                           true,
		`{"id":[6]}`:                                                            false,
		`{"id":[{"numeric":[">",0]}]}`:                                          false,
		`{"id":[{"cidr":"10.0.0.0/8"}]}`:                                        true,
		`{"id":["10.0.0.1"]}`:                                                   true,
		`{"id":[{"anything-but":{"prefix":"a"}}]}`:                              true,
		`{"detail":{"name":[""]}}`:                                              false,
		`{"detail":{"name":[{"exactly":""}]}}`:                                  false,
		`{"detail":{"name":[{"wildcard":""}]}}`:                                 false,
		`{"detail":{"name":[{"wildcard":"*x"}]}}`:                               true,
		`{"detail":{"name":[true]}}`:                                            false,
		`{"detail":{"status":["done","failed"]}}`:                               true,
		`{"detail":{"status":["done"]}}`:                                        false,
		`{"detail":{"status":["done"],"name":["a"]}}`:                           false,
		`{"detail":{"$or":[{"status":["done"]},{"name":["a"]}]}}`:               true,
		`{"detail":{"count":[{"numeric":["<",0]}]}}`:                            false,
		`{"detail":{"count":[{"numeric":["<=",0]}]}}`:                           true,
		`{"detail":{"count":[{"numeric":[">",-9,"<",1]}]}}`:                     true,
		`{"detail":{"count":[-1]}}`:                                             false,
		`{"detail":{"count":[0]}}`:                                              true,
		`{"detail":{"count":["0"]}}`:                                            false,
		`{"detail":{"count":[null]}}`:                                           true,
		`{"detail":{"count":[{"exists":false}]}}`:                               true,
		`{"detail":{"count":[{"anything-but":[0]}]}}`:                           true,
		`{"detail":{"delta":[{"numeric":["<",0]}]}}`:                            true,
		`{"detail":{"delta":[-1]}}`:                                             true,
		`{"detail":{"delta":[null]}}`:                                           false,
		`{"detail":[{"exists":false}]}`:                                         true,
		`{"detail":[{"exists":true}]}`:                                          false,
		`{"detail":{"data":{"a":{"b":["x"]}}}}`:                                 true,
		`{"detail":{"data":["x"]}}`:                                             true,
		`{"detail":{"datum":["x"]}}`:                                            false,
		`{"detail":{"datum":[{"exists":false}]}}`:                               true,
		`{"detail":{"name":{"first":["x"]}}}`:                                   false,
		`{"detail.status":["failed"]}`:                                          true,
		`{"detail":{"name":[{"anything-but":{"wildcard":"*"}}],"delta":["1"]}}`: false,
	} {
		if got := compile(t, written).MayMatch(kind); got != want {
			t.Errorf("%s: %v", written, got)
		}
	}
}

func TestRepeatedPaths(t *testing.T) {
	t.Parallel()
	for written, want := range map[string][]string{
		`{"a":[1],"b":[2]}`:                               nil,
		`{"a":[1],"a":[2]}`:                               {"a"},
		`{"a":{"b":[1]},"a.b":[2],"c":[1],"c":[2]}`:       {"a.b", "c"},
		`{"a":{"b":[1]},"a":{"c":[1]}}`:                   nil, // both count
		`{"a":[1],"a":[2],"a":[3]}`:                       {"a"},
		`{"$or":[{"a":[1]},{"a":[2]}]}`:                   nil,
		`{"a":[1],"$or":[{"a":[2]},{"b":[3]}]}`:           {"a"},
		`{"$or":[{"a":[1]},{"b":[3]}],"a":[2]}`:           {"a"},
		`{"$or":[{"a":[1]},{"b":[1],"b":[2]}],"c":[2]}`:   {"b"},
		`{"d":{"$or":[{"a":[1]},{"b":[3]}]},"d.a":[7,8]}`: {"d.a"},
	} {
		if got := compile(t, written).Repeated(); !slices.Equal(got, want) {
			t.Errorf("%s: %q", written, got)
		}
	}
}
