package pattern_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/pattern"
)

// conformanceCase is a line of testdata/event-patterns.jsonl.
type conformanceCase struct {
	Name           string
	Expect         string
	Pattern, Event json.RawMessage
}

func TestConformance(t *testing.T) {
	t.Parallel()
	cases := conformanceCases(t)
	if len(cases) < 98 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			t.Parallel()
			compiled, err := pattern.Compile(test.Pattern, pattern.SizeLimit)
			verdict := "invalid"
			if err == nil {
				verdict = map[bool]string{true: "match", false: "nomatch"}[compiled.Matches(test.Event)]
			}
			if verdict != test.Expect {
				t.Errorf("%s against %s: %s, want %s (%v)", test.Pattern, test.Event, verdict, test.Expect, err)
			}
		})
	}
}

// TestErrorTexts holds the texts to those that AWS's TestEventPattern gave.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("testdata/event-pattern-errors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(content) {
		var test struct{ Name, Pattern, Message string }
		if err := json.Unmarshal(line, &test); err != nil {
			t.Fatal(err)
		}
		count++
		_, err := pattern.Compile([]byte(test.Pattern), pattern.SizeLimit)
		var refusal *awsapi.Error
		if !errors.As(err, &refusal) || refusal.Code != "InvalidEventPatternException" || refusal.Message != test.Message {
			t.Errorf("%s: got  %v\nwant %s", test.Name, err, test.Message)
		}
	}
	if count < 38 {
		t.Errorf("only %d cases", count)
	}
}

func conformanceCases(t testing.TB) []conformanceCase {
	t.Helper()
	file, err := os.Open("testdata/event-patterns.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []conformanceCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var next conformanceCase
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, next)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

func compile(t testing.TB, text string) *pattern.Pattern {
	t.Helper()
	compiled, err := pattern.Compile([]byte(text), pattern.SizeLimit)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return compiled
}

func TestMatches(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, pattern string
		yes, no       []string
	}{
		{
			name: "a number is equal however it is written", pattern: `{"n":[300]}`,
			yes: []string{`{"n":300}`, `{"n":300.0}`, `{"n":3e2}`, `{"n":3.00E+2}`, `{"n":[1,300]}`},
			no:  []string{`{"n":"300"}`, `{"n":300.5}`, `{"n":-300}`, `{"n":null}`, `{}`},
		},
		{
			name: "long numbers are compared as they are written", pattern: `{"n":[12345678901234567890]}`,
			yes: []string{`{"n":12345678901234567890}`}, no: []string{`{"n":12345678901234567891}`, `{"n":12345678901234567890.0}`},
		},
		{
			name: "minus zero is zero", pattern: `{"n":[0]}`,
			yes: []string{`{"n":-0}`, `{"n":0.0}`, `{"n":0e5}`}, no: []string{`{"n":1e-400}`},
		},
		{
			name: "a range without its bounds", pattern: `{"n":[{"numeric":[">",0,"<",5]}]}`,
			yes: []string{`{"n":0.001}`, `{"n":4.999}`}, no: []string{`{"n":0}`, `{"n":5}`, `{"n":"1"}`, `{"n":true}`},
		},
		{
			name: "a range with its bounds", pattern: `{"n":[{"numeric":[">=",-1.5,"<=",5]}]}`,
			yes: []string{`{"n":-1.5}`, `{"n":5.0}`}, no: []string{`{"n":-1.51}`, `{"n":5.1}`, `{"n":12345678901234567890}`},
		},
		{
			name: "null, empty, and missing differ", pattern: `{"a":[null]}`,
			yes: []string{`{"a":null}`, `{"a":[1,null]}`}, no: []string{`{"a":""}`, `{}`, `{"a":[]}`, `{"a":"null"}`, `{"a":{}}`},
		},
		{
			name: "exists looks at leaves", pattern: `{"a":{"b":[{"exists":true}]}}`,
			yes: []string{`{"a":{"b":null}}`, `{"a":{"b":[0]}}`, `{"a":[{},{"b":1}]}`, `{"a.b":1}`},
			no:  []string{`{"a":{"b":[]}}`, `{"a":{"b":{"c":1}}}`, `{"a":1}`},
		},
		{
			name: "an object counts as absent", pattern: `{"a":[{"exists":false}]}`,
			yes: []string{`{}`, `{"a":{}}`, `{"a":{"b":1}}`, `{"a":[]}`}, no: []string{`{"a":null}`, `{"a":1}`, `{"a":[1]}`},
		},
		{
			name: "a value or nothing", pattern: `{"a":["x",{"exists":false}]}`,
			yes: []string{`{}`, `{"a":"x"}`}, no: []string{`{"a":"y"}`},
		},
		{
			name: "anything-but needs a value", pattern: `{"a":[{"anything-but":["x","y"]}]}`,
			yes: []string{`{"a":"z"}`, `{"a":1}`, `{"a":null}`, `{"a":["x","z"]}`}, no: []string{`{}`, `{"a":"x"}`, `{"a":["x","y"]}`, `{"a":{}}`},
		},
		{
			name: "anything-but of numbers", pattern: `{"a":[{"anything-but":[1,2.0]}]}`,
			yes: []string{`{"a":"1"}`, `{"a":3}`}, no: []string{`{"a":1.0}`, `{"a":2}`},
		},
		{
			name: "anything-but of suffixes", pattern: `{"a":[{"anything-but":{"suffix":[".png",".jpg"]}}]}`,
			yes: []string{`{"a":"x.gif"}`, `{"a":7}`}, no: []string{`{"a":"x.png"}`, `{"a":".jpg"}`, `{}`},
		},
		{
			name: "case does not matter", pattern: `{"a":[{"equals-ignore-case":"ÄbC"}]}`,
			yes: []string{`{"a":"äBc"}`, `{"a":"ÄBC"}`}, no: []string{`{"a":"äbcd"}`, `{"a":"äb"}`, `{"a":["x"]}`},
		},
		{
			name: "beginning and end without case", pattern: `{"a":[{"prefix":{"equals-ignore-case":"Ab"}}],"b":[{"suffix":{"equals-ignore-case":"Yz"}}]}`,
			yes: []string{`{"a":"aBC","b":"xYZ"}`}, no: []string{`{"a":"a","b":"yz"}`, `{"a":"ab","b":"z"}`},
		},
		{
			name: "wildcards", pattern: `{"a":[{"wildcard":"a*b\\*\\\\*c"}]}`,
			yes: []string{`{"a":"ab*\\c"}`, `{"a":"aXbYb*\\\\c"}`}, no: []string{`{"a":"abX\\c"}`, `{"a":"ab*c"}`, `{"a":"ab*\\cd"}`},
		},
		{
			name: "a wildcard's ends must not overlap", pattern: `{"a":[{"wildcard":"aba*aba"}]}`,
			yes: []string{`{"a":"abaaba"}`, `{"a":"abaXaba"}`}, no: []string{`{"a":"aba"}`, `{"a":"ababa"}`},
		},
		{
			name: "addresses are compared as such", pattern: `{"ip":["10.0.0.1","::1"]}`,
			yes: []string{`{"ip":"10.0.0.1"}`, `{"ip":"0:0:0:0:0:0:0:1"}`}, no: []string{`{"ip":"10.0.0.2"}`, `{"ip":"::2"}`, `{"ip":"x"}`},
		},
		{
			name: "blocks of addresses", pattern: `{"ip":[{"cidr":"10.1.2.200/25"},{"cidr":"2001:db8::/33"}]}`,
			yes: []string{`{"ip":"10.1.2.128"}`, `{"ip":"10.1.2.255"}`, `{"ip":"2001:DB8:7fff::1"}`},
			no:  []string{`{"ip":"10.1.2.127"}`, `{"ip":"10.1.3.128"}`, `{"ip":"2001:db8:8000::"}`, `{"ip":10}`, `{"ip":"10.1.2"}`},
		},
		{
			name: "dots are nesting", pattern: `{"a.b":{"c":["x"]}}`,
			yes: []string{`{"a":{"b":{"c":"x"}}}`, `{"a.b.c":"x"}`, `{"a":{"b.c":"x"}}`}, no: []string{`{"a":{"c":"x"}}`},
		},
		{
			name: "of a key that stands twice the last counts", pattern: `{"a":[{"prefix":"us-"}],"a":[{"anything-but":"us-east"}]}`,
			yes: []string{`{"a":"eu-central-1"}`}, no: []string{`{"a":"us-east"}`},
		},
		{
			name: "of a path that is named twice the last counts", pattern: `{"a":{"b":["x"],"c":["y"]},"a.b":["z"]}`,
			yes: []string{`{"a":{"b":"z","c":"y"}}`}, no: []string{`{"a":{"b":"x","c":"y"}}`, `{"a":{"b":"z"}}`},
		},
		{
			name: "escapes in keys and values", pattern: `{"a\u002eb":["\u0041\n"]}`,
			yes: []string{`{"\u0061":{"b":"A\n"}}`}, no: []string{`{"a":{"b":"A"}}`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			compiled := compile(t, test.pattern)
			for _, event := range test.yes {
				if !compiled.Matches([]byte(event)) {
					t.Errorf("%s does not match %s", test.pattern, event)
				}
			}
			for _, event := range test.no {
				if compiled.Matches([]byte(event)) {
					t.Errorf("%s matches %s", test.pattern, event)
				}
			}
		})
	}
}

func TestValuesOfDifferentElementsDoNotGoTogether(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, event string
		want           bool
	}{
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[{"x":1,"y":2}]}`, true},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[{"x":1},{"y":2}]}`, false},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[{"x":1,"y":3},{"x":3,"y":2},{"y":2,"x":1}]}`, true},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[[{"x":1},{"y":2}]]}`, false},
		{`{"a":{"x":[1],"y":[2]}}`, `{"a":[[{"x":1,"y":2}]]}`, true},
		{`{"a":{"x":[1]},"b":{"y":[2]}}`, `{"a":[{"x":0},{"x":1}],"b":[{"y":2}]}`, true},
		{`{"a":{"b":{"x":[1]},"c":{"y":[2]}}}`, `{"a":[{"b":[{"x":1}],"c":[{"y":0}]},{"b":[{"x":0}],"c":[{"y":2}]}]}`, false},
		{`{"a":{"b":{"x":[1]},"c":{"y":[2]}}}`, `{"a":[{"b":[{"x":0},{"x":1}],"c":[{"y":2},{"y":0}]}]}`, true},
		{`{"a":{"x":[1],"z":[{"exists":false}]}}`, `{"a":[{"x":1},{"z":5}]}`, true},
		{`{"a":{"x":[1],"z":[{"exists":false}]}}`, `{"a":[{"x":1,"z":5}]}`, false},
		{`{"a":{"b":[{"exists":false}],"x":[1]}}`, `{"a":[{"x":1},{"b":5}]}`, false},
		{`{"a":{"x":[1]},"b":["s"]}`, `{"a":[{"x":1}],"b":["r","s"]}`, true},
	}
	for _, test := range tests {
		if got := compile(t, test.pattern).Matches([]byte(test.event)); got != test.want {
			t.Errorf("%s against %s: %v, want %v", test.pattern, test.event, got, test.want)
		}
	}
}

func TestManyElementsDoNotTakeForEver(t *testing.T) {
	t.Parallel()
	var patterns, arrays []string
	for i := range 12 {
		var elements []string
		for range 60 {
			elements = append(elements, `{"x":1}`)
		}
		patterns = append(patterns, fmt.Sprintf(`"f%02d":{"x":[1]}`, i))
		arrays = append(arrays, fmt.Sprintf(`"f%02d":[%s]`, i, strings.Join(elements, ",")))
	}
	wanted := `{"a":{` + strings.Join(patterns, ",") + `,"last":[2],"mark":[1]}}`
	event := `{"a":[{` + strings.Join(arrays, ",") + `,"last":3,"mark":1},{"last":2,"mark":0}]}`
	if compile(t, wanted).Matches([]byte(event)) {
		t.Error("it matches")
	}
}

func TestOr(t *testing.T) {
	t.Parallel()
	nested := `{"source":["s"],"$or":[{"a":[1]},{"b":[2],"$or":[{"c":[3]},{"d":{"e":[4]}}]}]}`
	tests := []struct {
		pattern, event string
		want           bool
	}{
		{nested, `{"source":"s","a":1}`, true},
		{nested, `{"source":"x","a":1}`, false},
		{nested, `{"source":"s","b":2}`, false},
		{nested, `{"source":"s","b":2,"c":3}`, true},
		{nested, `{"source":"s","b":2,"d":{"e":4}}`, true},
		{`{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}`, `{"b":2}`, false},
		{`{"$or":[{"a":[1]},{"b":[2]}],"c":[3]}`, `{"b":2,"c":3}`, true},
		{`{"x":{"$or":[{"a":[1]},{"b":[2]}]},"$or":[{"c":[3]},{"d":[4]}]}`, `{"x":{"b":2},"d":4}`, true},
		{`{"x":{"$or":[{"a":[1]},{"b":[2]}]},"$or":[{"c":[3]},{"d":[4]}]}`, `{"b":2,"d":4}`, false},
		// What does not look like alternatives is a field of that name.
		{`{"$or":["x"]}`, `{"$or":"x"}`, true},
		{`{"$or":[{"prefix":"x"},{"suffix":"y"}]}`, `{"$or":"ay"}`, true},
		{`{"$or":{"a":[1]}}`, `{"$or":{"a":1}}`, true},
		{`{"$or":[1,{"prefix":"x"}]}`, `{"$or":1}`, true},
	}
	for _, test := range tests {
		if got := compile(t, test.pattern).Matches([]byte(test.event)); got != test.want {
			t.Errorf("%s against %s: %v, want %v", test.pattern, test.event, got, test.want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ pattern, reason, place string }{
		{`[]`, "Filter is not an object", "1, column: 2"},
		{``, "Filter is not an object", "1, column: 1"},
		{`{}`, "Empty objects are not allowed", "1, column: 3"},
		{`{"a":{}}`, "Empty objects are not allowed", "1, column: 8"},
		{`{"a":[]}`, "Empty arrays are not allowed", "1, column: 8"},
		{`{"int": 42}`, `"int" must be an object or an array`, "1, column: 11"},
		{`{"string": "my-value"}`, `"string" must be an object or an array`, "1, column: 13"},
		{"{\n  \"a\": {\n    \"b\": \"x\" } }", `"b" must be an object or an array`, "3, column: 11"},
		{`{"a":[[1]]}`, "Match value must be String, number, true, false, or null", "1, column: 8"},
		{`{"a":[{}]}`, "Match expression name not found", "1, column: 9"},
		{`{"my_key": [{"EXISTS": true}]}`, "Unrecognized match type EXISTS", "1, column: 28"},
		{`{"a":[{"prefix":"x","suffix":"y"}]}`, "Only one key allowed in match expression", "1, column: 31"},
		{`{"a":[{"prefix":1}]}`, "prefix match pattern must be a string", "1, column: 18"},
		{`{"a":[{"suffix":["x"]}]}`, "suffix match pattern must be a string", "1, column: 18"},
		{`{"a":[{"prefix":{}}]}`, "Prefix expression name not found", "1, column: 19"},
		{`{"a":[{"suffix":{"prefix":"x"}}]}`, "Unsupported suffix pattern: prefix", "1, column: 28"},
		{`{"a":[{"prefix":{"equals-ignore-case":1}}]}`, "equals-ignore-case match pattern must be a string", "1, column: 40"},
		{`{"a":[{"equals-ignore-case":["x"]}]}`, "equals-ignore-case match pattern must be a string", "1, column: 30"},
		{`{"a":[{"exists":1}]}`, "exists match pattern must be either true or false.", "1, column: 18"},
		{`{"a":[{"numeric":10}]}`, "Value of numeric must be an array.", "1, column: 20"},
		{`{"a":[{"numeric":[10]}]}`, "Invalid member in numeric match: 10", "1, column: 21"},
		{`{"a":[{"numeric":["!=",1]}]}`, "Unrecognized numeric range operator: !=", "1, column: 25"},
		{`{"a":[{"numeric":["=","x"]}]}`, "Value of equals must be numeric", "1, column: 24"},
		{`{"a":[{"numeric":[">","x"]}]}`, "Value of > must be numeric", "1, column: 24"},
		{`{"a":[{"numeric":["<",1,">",0]}]}`, "Too many elements in numeric expression", "1, column: 26"},
		{`{"a":[{"numeric":[">",0,5]}]}`, "Bad value in numeric range: 5", "1, column: 26"},
		{`{"a":[{"numeric":[">",0,">",5]}]}`, "Bad numeric range operator: >", "1, column: 28"},
		{`{"a":[{"numeric":[">",0,"<",5,6]}]}`, "Too many terms in numeric range expression", "1, column: 32"},
		{`{"a":[{"numeric":[">",5,"<",5]}]}`, "Bottom must be less than top", "1, column: 31"},
		{`{"a":[{"numeric":["=",9007199254740993]}]}`, "Cannot compare number : 9007199254740993", "1, column: 40"},
		{`{"a":[{"anything-but":null}]}`, "Value of anything-but must be an array or single string/number value.", "1, column: 27"},
		{
			`{"a":[{"anything-but":["x",1]}]}`,
			"Inside anything but list, either all values are number or string, mixed type is not supported", "1, column: 30",
		},
		{`{"a":[{"anything-but":{"numeric":1}}]}`, "Unsupported anything-but pattern: numeric", "1, column: 35"},
		{`{"a":[{"anything-but":{"prefix":""}}]}`, "Null prefix/suffix not allowed", "1, column: 35"},
		{
			`{"a":[{"anything-but":{"equals-ignore-case":1}}]}`,
			"Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", "1, column: 46",
		},
		{`{"a":[{"wildcard":"a**b"}]}`, "Consecutive wildcard characters at pos 2", "1, column: 25"},
		{`{"a":[{"wildcard":"a\\x"}]}`, "Invalid escape character at pos 2", "1, column: 25"},
		{`{"a":[{"cidr":"10.0.0.0"}]}`, "Malformed CIDR, one '/' required", ""},
		{`{"a":[{"cidr":"10.0.0.0/x"}]}`, "Malformed CIDR, mask bits must be an integer", ""},
		{`{"a":[{"cidr":"10.0.0.0/-1"}]}`, "Malformed CIDR, mask bits must not be negative", ""},
		{`{"a":[{"cidr":"10.0.0.0/32"}]}`, "IPv4 mask bits must be < 32", ""},
		{`{"a":[{"cidr":"::/128"}]}`, "IPv6 mask bits must be < 128", ""},
		{`{"a":[{"cidr":"xx.11.xx/8"}]}`, "Nonstandard IP address: xx.11.xx", ""},
		{`{"a":[{"cidr":"300.1.1.1/8"}]}`, "Invalid IP address: 300.1.1.1", ""},
		{
			`{"a":[{"wildcard":"*:*:*:*:*:event-bus/*"}]}`, "Rule is too complex - try using fewer wildcard characters or fewer " +
				"repeating character sequences after a wildcard character", "",
		},
		{`{"$or":[{"a":{"prefix":[1]}},{"b":[2]}]}`, "prefix is Ruler reserved fieldName which cannot be used inside $or.", "1, column: 25"},
		{`{"a":[1]} x`, "Unexpected text after the pattern", "1, column: 11"},
		{
			`this is no JSON`,
			"Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "1, column: 5",
		},
		{`{'a': [1]}`, "Unexpected character (''' (code 39)): was expecting double-quote to start field name", "1, column: 2"},
		{`{"a" [1]}`, "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value", "1, column: 6"},
		{`{"a":[1] "b":[2]}`, "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries", "1, column: 10"},
	}
	for _, test := range tests {
		t.Run(test.pattern, func(t *testing.T) {
			t.Parallel()
			_, err := pattern.Compile([]byte(test.pattern), pattern.SizeLimit)
			want := "Event pattern is not valid. Reason: " + test.reason
			if test.place != "" {
				want += fmt.Sprintf("\n at [Source: (String)\"%s\"; line: %s]", test.pattern, test.place)
			}
			var refusal *awsapi.Error
			if !errors.As(err, &refusal) || refusal.Code != "InvalidEventPatternException" || refusal.Message != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func TestUnfinishedPatternsAreRefused(t *testing.T) {
	t.Parallel()
	whole := `{"a": {"b": ["x", 1, null, {"prefix": {"equals-ignore-case": "y"}}, {"anything-but": {"suffix": ["z"]}}, {"numeric": [">", 1, "<", 2]}]}}`
	compile(t, whole)
	for i := range len(whole) {
		if _, err := pattern.Compile([]byte(whole[:i]), pattern.SizeLimit); err == nil {
			t.Errorf("%s compiles", whole[:i])
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	padded := func(characters int) []byte {
		text := `{"a":["` + strings.Repeat("é", characters-10) + `"]}`
		return []byte(text)
	}
	if _, err := pattern.Compile(padded(2048), pattern.SizeLimit); err != nil {
		t.Errorf("2048 characters: %v", err)
	}
	if _, err := pattern.Compile(padded(2049), pattern.SizeLimit); err == nil {
		t.Error("2049 characters are accepted")
	}
	if _, err := pattern.Compile(padded(4096), 4096); err != nil {
		t.Errorf("4096 characters with a raised quota: %v", err)
	}
	combinations := func(counts ...int) []byte {
		var fields []string
		for i, count := range counts {
			branches := make([]string, count)
			for j := range branches {
				branches[j] = fmt.Sprintf(`{"k%d":[%d]}`, i, j)
			}
			fields = append(fields, fmt.Sprintf(`"x%d":{"$or":[%s]}`, i, strings.Join(branches, ",")))
		}
		return []byte("{" + strings.Join(fields, ",") + "}")
	}
	if _, err := pattern.Compile(combinations(10, 10, 10), pattern.SizeLimit); err != nil {
		t.Errorf("1000 combinations: %v", err)
	}
	for _, counts := range [][]int{{7, 11, 13}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, {30, 30, 30}} {
		if _, err := pattern.Compile(combinations(counts...), pattern.SizeLimit); err == nil {
			t.Errorf("$or of %v branches is accepted", counts)
		}
	}
}

func TestWildcardComplexity(t *testing.T) {
	t.Parallel()
	tests := []struct {
		wildcards []string
		refused   bool
	}{
		{[]string{"*a*a*a*a*a"}, false},
		{[]string{"*a*a*a*a*a*"}, true},
		{[]string{"*aaaaaaaaa"}, false},
		{[]string{"*aaaaaaaaaa"}, true},
		{[]string{"*abcdefghijklmnopqrstuvwxyz"}, false},
		{[]string{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, false},
		{[]string{"x*a*a*a", "y*a*a*a"}, false}, // no value reaches both
		{[]string{"x*a*a*a", "x*a*a*a*"}, true},
		{[]string{"x*a*a*a", "x*a*a*a"}, false}, // the same twice is one
	}
	for _, test := range tests {
		text := `{"a":[{"wildcard":"` + strings.Join(test.wildcards, `"},{"wildcard":"`) + `"}]}`
		_, err := pattern.Compile([]byte(text), pattern.SizeLimit)
		if (err != nil) != test.refused {
			t.Errorf("%s: %v", text, err)
		}
	}
	if !compile(t, `{"a":[{"anything-but":{"wildcard":"*x"}}]}`).HasWildcard() || compile(t, `{"a":["*"]}`).HasWildcard() {
		t.Error("HasWildcard is wrong")
	}
	several := `{"a":[{"anything-but":{"wildcard":["*/bin/*.jar","*/bin/*.class","*/bin/*.war"]}}]}`
	if _, err := pattern.Compile([]byte(several), pattern.SizeLimit); err != nil {
		t.Errorf("what wildcards of one list share counts once: %v", err)
	}
}

func TestLongPatternsAreQuotedInPart(t *testing.T) {
	t.Parallel()
	_, err := pattern.Compile([]byte(`{"a":["`+strings.Repeat("x", 600)+`"],"b":1}`), pattern.SizeLimit)
	if err == nil || !strings.Contains(err.Error(), `"[truncated 116 chars]; line: 1`) {
		t.Error(err)
	}
}

func TestInvalidEventsDoNotMatch(t *testing.T) {
	t.Parallel()
	compiled := compile(t, `{"a":{"b":[1]}}`)
	for _, event := range [][]byte{nil, []byte("["), []byte(`{"a":{"b"`), []byte(`{"a":[{"b":2},`), bytes.Repeat([]byte(`{"a":`), 5000)} {
		if compiled.Matches(event) {
			t.Errorf("%.20s matches", event)
		}
	}
}
