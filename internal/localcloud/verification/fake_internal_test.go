package verification

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

const (
	elsewhere         = "eu-west-1"
	somebody          = "999999999999"
	functionElsewhere = "arn:aws:lambda:eu-west-1:999999999999:function:price"
)

// fake answers AWS's calls: a request's operation, or its method and path and query, with the JSON text; else that nothing is there.
type fake map[string]string

func (f fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + r.URL.RequestURI()
	if _, operation, is := strings.Cut(r.Header.Get("X-Amz-Target"), "."); is {
		name = operation
	}
	_, operation, isCBOR := strings.Cut(r.URL.Path, "/operation/")
	if isCBOR {
		name = operation
	}
	text, known := f[name]
	switch {
	case !known:
		w.Header().Set("X-Amzn-Errortype", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"__type":"ResourceNotFoundException","Message":"` + name + ` is not there"}`))
	case isCBOR:
		w.Header().Set("Smithy-Protocol", "rpc-v2-cbor")
		w.Header().Set("Content-Type", "application/cbor")
		var value any
		if json.Unmarshal([]byte(text), &value) != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(cbor.Encode(asCBOR(value)))
	default:
		_, _ = w.Write([]byte(text))
	}
}

func asCBOR(value any) cbor.Value {
	switch value := value.(type) {
	case map[string]any:
		object := cbor.Map{}
		for name, member := range value {
			object[name] = asCBOR(member)
		}
		return object
	case []any:
		list := cbor.List{}
		for _, item := range value {
			list = append(list, asCBOR(item))
		}
		return list
	case float64:
		if value >= 0 && value == math.Trunc(value) {
			return cbor.Uint(value)
		}
		return cbor.Float64(value)
	case bool:
		return cbor.Bool(value)
	case string:
		return cbor.String(value)
	}
	return &cbor.Nil{}
}

// on is a verifier of a stack that is deployed on a fake AWS, in another region and account than the local cloud's.
func (f fake) on(t *testing.T, stack *template.Stack) *verifier {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	v := newVerifier(t.Context(), aws.Config{
		Region: elsewhere, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), BaseEndpoint: aws.String(server.URL),
		RetryMaxAttempts: 1,
	}, stack)
	v.account = somebody
	return v
}

// with is the fake with another answer; without one if the text is empty.
func (f fake) with(name, text string) fake {
	changed := fake{name: text}
	for other, answer := range f {
		if other != name {
			changed[other] = answer
		}
	}
	if text == "" {
		delete(changed, name)
	}
	return changed
}

// problems are the checks that are not ok, in short.
func problems(checks []Check) string {
	var all []string
	for _, check := range checks {
		if check.Verdict != OK {
			all = append(all, string(check.Verdict)+" "+check.What)
		}
	}
	return strings.Join(all, ", ")
}
