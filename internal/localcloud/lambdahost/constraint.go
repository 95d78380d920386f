package lambdahost

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// invalid refuses a member of a request as Lambda does.
func invalid(member, value, constraint string) error {
	return awsapi.Errorf("ValidationException",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, constraint)
}

// missing refuses a request without a member that it must have.
func missing(member string) error {
	return awsapi.Errorf("ValidationException",
		"1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// requestLimit is the greatest size of a request that is no invocation, in bytes.
const requestLimit = 1 << 20

// decode reads the JSON object in the body of a request.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, requestLimit))
	if err != nil {
		return awsapi.Errorf("InvalidRequestContentException", "The request body could not be read: %v", err)
	}
	var otherShape *json.UnmarshalTypeError
	switch err := json.Unmarshal(body, into); {
	case errors.As(err, &otherShape):
		return awsapi.Errorf("SerializationException", "%s can not be converted to the type of %s", otherShape.Value, otherShape.Field)
	case err != nil:
		return awsapi.Errorf("InvalidRequestContentException", "Could not parse request body into json: %v", err)
	}
	return nil
}
