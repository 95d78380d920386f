package account

import (
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// Resources serves Cloud Control, as far as the SAM CLI asks for the URLs of functions: no function has one here.
//
// https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html
func (a Account) Resources() http.Handler {
	return &awsapi.JSON{
		Version: "1.0", MaxBody: mostBytes,
		Operations: map[string]awsapi.Operation{"GetResource": getResource},
	}
}

func getResource(_ *http.Request, body []byte) (any, error) {
	var asked struct{ TypeName, Identifier string }
	if err := awsapi.Decode(body, &asked); err != nil {
		return nil, err
	}
	if asked.TypeName != "AWS::Lambda::Url" {
		return nil, awsapi.Errorf("UnsupportedActionException", "The local cloud does not read resources of type %s.", asked.TypeName)
	}
	return nil, awsapi.Errorf("ResourceNotFoundException", "Resource of type '%s' with identifier '%s' was not found.", asked.TypeName, asked.Identifier)
}
