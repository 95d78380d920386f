package lambdahost

import (
	"errors"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func TestFunctionsAreNamedInManyWays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, qualifier string
		want            reference
		code            string
	}{
		{"price", "", reference{"price", ""}, ""},
		{"price", "$LATEST", reference{"price", "$LATEST"}, ""},
		{"price:$LATEST", "", reference{"price", "$LATEST"}, ""},
		{"price:7", "", reference{"price", "7"}, ""},
		{"function:price", "", reference{"price", ""}, ""},
		{"123456789012:function:price", "", reference{"price", ""}, ""},
		{"123456789012:function:price:$LATEST", "$LATEST", reference{"price", "$LATEST"}, ""},
		{"arn:aws:lambda:us-east-1:123456789012:function:price", "", reference{"price", ""}, ""},
		{"arn:aws:lambda:us-east-1:123456789012:function:price:live", "", reference{"price", "live"}, ""},
		{"price:1", "2", reference{}, "InvalidParameterValueException"},
		{"arn:aws:lambda:eu-west-1:123456789012:function:price", "", reference{}, "ResourceNotFoundException"},
		{"arn:aws:lambda:us-east-1:111111111111:function:price", "", reference{}, "ResourceNotFoundException"},
		{"arn:aws:lambda:us-east-1:function:price", "", reference{}, "ValidationException"},
		{"arn:aws:sqs:us-east-1:123456789012:price", "", reference{}, "ValidationException"},
		{"", "", reference{}, "ValidationException"},
		{"a b", "", reference{}, "ValidationException"},
		{"price:a:b", "", reference{}, "ValidationException"},
	}
	for _, test := range tests {
		got, err := resolve(test.name, test.qualifier)
		var refusal *awsapi.Error
		if errors.As(err, &refusal) != (test.code != "") || refusal != nil && refusal.Code != test.code || got != test.want {
			t.Errorf("resolve(%q, %q) = %+v, %v, want %+v, %q", test.name, test.qualifier, got, err, test.want, test.code)
		}
	}
}

func FuzzResolve(f *testing.F) {
	f.Add("arn:aws:lambda:us-east-1:123456789012:function:price:$LATEST", "$LATEST")
	f.Add("price:1", "")
	f.Fuzz(func(t *testing.T, name, qualifier string) {
		found, err := resolve(name, qualifier)
		if err != nil {
			return
		}
		again, err := resolve(found.arn(), "")
		if qualifierIsOdd := functionReference.FindString("price:"+qualifier) == ""; !qualifierIsOdd && (err != nil || again != found) {
			t.Errorf("%q, %q means %+v, its ARN %+v, %v", name, qualifier, found, again, err)
		}
	})
}

func FuzzSubject(f *testing.F) {
	f.Add([]byte(`{"id":"e","detail-type":"Alert Created","source":"s","detail":{"metadata":{"correlationId":"c"}}}`))
	f.Add([]byte(`{"detail-type":"x","detail":"text"}`))
	f.Add([]byte(`[1]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		about, err := subjectOf(payload)
		if err != nil && about != (subject{}) {
			t.Errorf("%q is about %+v, but refused: %v", payload, about, err)
		}
	})
}

func TestSubjectOfPayloads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		payload string
		want    subject
	}{
		{`{"id":"e","detail-type":"Alert Created","source":"s","detail":{"metadata":{"correlationId":"c"}}}`,
			subject{"e", "Alert Created", "s", "c"}},
		{`{"id":"e","detail-type":"Alert Created","source":"s","detail":{}}`, subject{"e", "Alert Created", "s", ""}},
		{`{"id":"e","detail-type":"Alert Created","source":"s","detail":{"metadata":7}}`, subject{"e", "Alert Created", "s", ""}},
		{`{"id":"e","source":"s"}`, subject{}},
		{`{"schedule":"price"}`, subject{}},
		{`[1,2]`, subject{}},
		{`null`, subject{}},
	}
	for _, test := range tests {
		if got, err := subjectOf([]byte(test.payload)); err != nil || got != test.want {
			t.Errorf("%s is about %+v, %v, want %+v", test.payload, got, err, test.want)
		}
	}
	for _, payload := range []string{`{`, `{"a":}`, `x`, ``, `{} {}`} {
		if _, err := subjectOf([]byte(payload)); err == nil {
			t.Errorf("%q was taken for JSON", payload)
		}
	}
}
