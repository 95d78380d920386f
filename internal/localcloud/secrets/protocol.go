package secrets

import (
	"encoding/json"
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// maxBody is the greatest size of a request, in bytes: far more than GetSecretValue needs.
const maxBody = 64 << 10

// Handler serves Secrets Manager's JSON protocol. Secrets come from the template, so there is one operation only:
// GetSecretValue. Whoever calls it is the account's own administrator.
//
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (s *Secrets) Handler() http.Handler {
	return &awsapi.JSON{
		Version:    "1.1",
		MaxBody:    maxBody,
		Operations: map[string]awsapi.Operation{"GetSecretValue": s.getSecretValue},
	}
}

// currentStage is the staging label of the version that a secret has; older ones are not kept.
const currentStage = "AWSCURRENT"

type getSecretValueRequest struct {
	SecretID     *string `json:"SecretId"`
	VersionID    *string `json:"VersionId"`
	VersionStage *string
}

type getSecretValueResponse struct {
	ARN           string
	CreatedDate   float64 // epoch seconds
	Name          string
	SecretString  string
	VersionID     string `json:"VersionId"`
	VersionStages []string
}

func (s *Secrets) getSecretValue(_ *http.Request, body []byte) (any, error) {
	request, err := decode(body)
	if err != nil {
		return nil, err
	}
	found, ok := s.find(*request.SecretID)
	if !ok {
		return nil, notFound("Secrets Manager can't find the specified secret.")
	}
	current, err := found.version(request)
	if err != nil {
		return nil, err
	}
	const milli = 1000
	return getSecretValueResponse{
		ARN:           found.arn,
		CreatedDate:   float64(current.Created.UnixMilli()) / milli,
		Name:          found.name,
		SecretString:  current.Value,
		VersionID:     current.ID,
		VersionStages: []string{currentStage},
	}, nil
}

// decode reads a request and checks its bounds.
func decode(body []byte) (getSecretValueRequest, error) {
	var request getSecretValueRequest
	if json.Unmarshal(body, &request) != nil {
		return request, awsapi.Errorf("SerializationException", "The request body is no request of GetSecretValue.")
	}
	if request.SecretID == nil {
		return request, awsapi.Errorf("ValidationException",
			"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null")
	}
	for _, bound := range []struct {
		name              string
		value             *string
		shortest, longest int
	}{
		{"secretId", request.SecretID, 1, 2048},
		{"versionId", request.VersionID, 32, 64},
		{"versionStage", request.VersionStage, 1, 256},
	} {
		switch {
		case bound.value == nil:
		case len(*bound.value) < bound.shortest:
			return request, awsapi.Errorf("ValidationException", "1 validation error detected: Value '%s' at '%s' failed to satisfy "+
				"constraint: Member must have length greater than or equal to %d", *bound.value, bound.name, bound.shortest)
		case len(*bound.value) > bound.longest:
			return request, awsapi.Errorf("ValidationException", "1 validation error detected: Value '%s' at '%s' failed to satisfy "+
				"constraint: Member must have length less than or equal to %d", *bound.value, bound.name, bound.longest)
		}
	}
	return request, nil
}

// version is the one that a request asks for.
func (s *secret) version(request getSecretValueRequest) (*version, error) {
	wantsID, wantsStage := request.VersionID != nil, request.VersionStage != nil
	hasID := s.current != nil && wantsID && *request.VersionID == s.current.ID
	switch {
	case wantsID && !hasID:
		return nil, notFound("Secrets Manager can't find the specified secret value for VersionId: %s", *request.VersionID)
	case wantsID && wantsStage && *request.VersionStage != currentStage:
		return nil, awsapi.Errorf("InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.")
	case wantsStage && *request.VersionStage != currentStage:
		return nil, notFound("Secrets Manager can't find the specified secret value for staging label: %s", *request.VersionStage)
	case s.current == nil:
		return nil, notFound("Secrets Manager can't find the specified secret value for staging label: %s", currentStage)
	}
	return s.current, nil
}

func notFound(format string, arguments ...any) error {
	return awsapi.Errorf("ResourceNotFoundException", format, arguments...)
}
