package awsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// Operation answers one request of a JSON protocol: a body in, a value to encode (or json.RawMessage) out.
type Operation func(r *http.Request, body []byte) (any, error)

// JSON serves a service of AWS's JSON protocol 1.0 or 1.1: the operation is named by the header X-Amz-Target, the body
// is one JSON object. A name that is not in Operations gets AWS's UnknownOperationException, never a success.
type JSON struct {
	Version    string // 1.0 or 1.1
	Namespace  string // put before error codes, such as com.amazonaws.dynamodb.v20120810; may be empty
	MaxBody    int64  // larger bodies are refused
	Operations map[string]Operation
}

func (p *JSON) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, err := p.call(name, r)
	status := http.StatusOK
	if err != nil {
		var refusal *Error
		if !errors.As(err, &refusal) {
			refusal = &Error{Status: http.StatusInternalServerError, Code: "InternalFailure", Message: err.Error()}
		}
		status, answer = refusal.Status, p.errorBody(refusal)
		w.Header().Set("X-Amzn-Errortype", refusal.Code)
	}
	encoded, isRaw := answer.(json.RawMessage)
	if !isRaw {
		if encoded, err = json.Marshal(answer); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	header := w.Header()
	header.Set("Content-Type", "application/x-amz-json-"+p.Version)
	header.Set("X-Amzn-Requestid", uuid.NewString())
	header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(encoded)), 10))
	header.Set("Content-Length", strconv.Itoa(len(encoded)))
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // the client is gone: nothing is left to tell it
}

func (p *JSON) call(name string, r *http.Request) (any, error) {
	operation, known := p.Operations[name]
	if !known {
		return nil, Errorf("UnknownOperationException", "The local cloud does not support the operation %q.", name)
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, p.MaxBody))
	if err != nil {
		return nil, &Error{Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLargeException", Message: fmt.Sprintf("The request body could not be read: %v.", err)}
	}
	return operation(r, body)
}

func (p *JSON) errorBody(refusal *Error) map[string]any {
	body := map[string]any{"__type": refusal.Code, "message": refusal.Message}
	if p.Namespace != "" {
		body["__type"] = p.Namespace + "#" + refusal.Code
	}
	for name, value := range refusal.Fields {
		body[name] = value
	}
	return body
}

// Decode reads a request body into the value that a pointer points to.
func Decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return Errorf("SerializationException", "The request body does not fit the operation: %v.", err)
	}
	return nil
}
