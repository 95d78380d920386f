package dynamo

import (
	"bytes"
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// maxBody is the greatest size of a request, in bytes.
const maxBody = 16 << 20

// Handler serves DynamoDB's protocol. It does not look at the path, nor at the signature.
func (e *Engine) Handler() http.Handler {
	operations := make(map[string]awsapi.Operation)
	for name, operation := range e.operations {
		operations[name] = func(r *http.Request, body []byte) (any, error) { return operation(r.Context(), body) }
	}
	return &awsapi.JSON{
		Version:    "1.0",
		Namespace:  "com.amazonaws.dynamodb.v20120810",
		MaxBody:    maxBody,
		Operations: operations,
	}
}

// decode reads a request body, which must be an object, into the struct that a pointer points to.
func decode(body []byte, into any) error {
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return refusal.Serialization("Start of structure expected")
	}
	return awsapi.Decode(body, into)
}
