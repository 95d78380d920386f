package wire_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/wire"
)

// skip reads a whole document and forgets it.
func skip(document string) error {
	reader, err := wire.NewReader([]byte(document))
	if err != nil {
		return err
	}
	return reader.Document(func(string) error { return reader.Skip() })
}

func TestMembersAreReadInOrder(t *testing.T) {
	t.Parallel()
	reader, err := wire.NewReader([]byte(` { "text" : "a\u00e9\ud83d\ude00\ud800\n" , "yes":true,"no":false, "number": -12.9e0,` +
		`"list":["x", "y"],"none":null,"skipped":{"a":[1,{"b":null}],"c":"d"} } `))
	if err != nil {
		t.Fatal(err)
	}
	var names, list []string
	err = reader.Document(func(name string) error {
		names = append(names, name)
		switch name {
		case "text":
			text, err := reader.String()
			if text != "aé😀�\n" {
				t.Errorf("text is %q", text)
			}
			return err
		case "yes", "no":
			value, err := reader.Bool()
			if value != (name == "yes") {
				t.Errorf("%s is %v", name, value)
			}
			return err
		case "number":
			number, err := reader.Int()
			if number != -12 {
				t.Errorf("number is %d", number)
			}
			return err
		case "list":
			return reader.Array(func() error {
				element, err := reader.String()
				list = append(list, element)
				return err
			})
		}
		return reader.Skip()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(names, " "), "text yes no number list skipped"; got != want {
		t.Errorf("members %s, want %s", got, want)
	}
	if got := strings.Join(list, " "); got != "x y" {
		t.Errorf("list is %s", got)
	}
}

func TestBrokenDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		``, ` `, `null`, `[]`, `"x"`, `5`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a":1}}`, `{"a":1} x`,
		`{"a":01x}`, `{"a":1e}`, `{"a":--1}`, `{"a":.5}`, `{"a":tru}`, `{"a":"x}`, "{\"a\":\"\n\"}", `{"a":"\x"}`, `{"a":"\u12"}`,
		`{"a":"\`,
		`{"a":[1}`, `{"a":[1,]}`, `{"a":[1 2]}`, `{"a":{"b":1]}`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 1000),
		`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		if err := skip(document); err == nil || !strings.HasPrefix(err.Error(), "SerializationException: ") {
			t.Errorf("%.40q: %v", document, err)
		}
	}
}

func TestTypesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	document := func(value string) *wire.Reader {
		reader, err := wire.NewReader([]byte(value))
		if err != nil {
			t.Fatal(err)
		}
		return reader
	}
	text := func(r *wire.Reader) error { _, err := r.String(); return err }
	boolean := func(r *wire.Reader) error { _, err := r.Bool(); return err }
	integer := func(r *wire.Reader) error { _, err := r.Int(); return err }
	object := func(r *wire.Reader) error { return r.Object(func(string) error { return r.Skip() }) }
	array := func(r *wire.Reader) error { return r.Array(r.Skip) }
	tests := []struct {
		read        func(*wire.Reader) error
		value, want string
	}{
		{text, `true`, "TRUE_VALUE cannot be converted to String"},
		{text, `false`, "FALSE_VALUE cannot be converted to String"},
		{text, `-1`, "NUMBER_VALUE cannot be converted to String"},
		{text, `{}`, "Start of structure or map found where not expected"},
		{boolean, `[]`, "Unrecognized collection type class java.lang.Boolean"},
		{boolean, `"true"`, "STRING_VALUE cannot be converted to Boolean"},
		{integer, `"1"`, "STRING_VALUE cannot be converted to Integer"},
		{integer, `99999999999999999999`, "99999999999999999999 cannot be converted to Integer"},
		{integer, `null`, "NULL_VALUE cannot be converted to Integer"},
		{object, `[]`, "Start of list found where not expected"},
		{object, `1`, "Unexpected field type"},
		{array, `{}`, "Start of structure or map found where not expected"},
		{array, `"x"`, "Unexpected field type"},
		{array, ``, "The request body is not valid JSON at byte 0"},
	}
	for _, test := range tests {
		if err := test.read(document(test.value)); err == nil || err.Error() != "SerializationException: "+test.want {
			t.Errorf("%s: %v, want %s", test.value, err, test.want)
		}
	}
}

func TestStringsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		written := wire.AppendString(nil, text)
		var decoded string
		if err := json.Unmarshal(written, &decoded); err != nil || decoded != text {
			t.Fatalf("%q was written as %s: %q, %v", text, written, decoded, err)
		}
		encoded, err := json.Marshal(text) // with more escapes than AppendString
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range [][]byte{written, encoded} {
			reader, err := wire.NewReader(document)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := reader.String(); err != nil || got != text {
				t.Errorf("%s was read as %q, %v", document, got, err)
			}
		}
	})
}

// FuzzReader compares what is taken for JSON with the standard library's opinion.
func FuzzReader(f *testing.F) {
	f.Add(`{"a":[1,-2.5e+3,true,null,"x\u00e9\\"],"b":{}}`)
	f.Add(`{"a":01}`)
	f.Fuzz(func(t *testing.T, document string) {
		if len(document) > 500 || strings.ContainsAny(document, "0123456789") {
			return // numbers are read less strictly, and there is a limit to nesting
		}
		valid := json.Valid([]byte(document)) && strings.HasPrefix(strings.TrimLeft(document, " \t\r\n"), "{")
		if err := skip(document); (err == nil) != (valid && utf8.ValidString(document)) {
			t.Errorf("%q is valid: %v, but: %v", document, valid, err)
		}
	})
}
