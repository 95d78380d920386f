package awsenv

import (
	"errors"
	"fmt"
	"net/url"
)

// variables are the settings that the template gives a function. Nothing else is read from the environment.
type variables struct {
	environment      string
	region           string
	busName          string
	tableName        string
	idempotencyTable string
	accessKeyID      string
	secretAccessKey  string
	sessionToken     string
	endpointEvents   string
	endpointDynamoDB string
	logLevel         string
}

// readVariables fails with one error that names every variable that is missing or wrong.
func readVariables(lookup func(string) string) (variables, error) {
	var wrong []error
	required := func(name string) string {
		value := lookup(name)
		if value == "" {
			wrong = append(wrong, fmt.Errorf("%s is not set", name))
		}
		return value
	}
	endpoint := func(service string) string {
		for _, name := range []string{"AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"} {
			value := lookup(name)
			if value == "" {
				continue
			}
			if parsed, err := url.Parse(value); err != nil || parsed.Host == "" || parsed.Scheme == "" {
				wrong = append(wrong, fmt.Errorf("%s is no URL such as http://127.0.0.1:4599", name))
			}
			return value
		}
		return ""
	}
	read := variables{
		environment:      required("ENVIRONMENT"),
		region:           required("AWS_REGION"),
		busName:          required("EVENT_BUS_NAME"),
		tableName:        required("TABLE_NAME"),
		idempotencyTable: required("IDEMPOTENCY_TABLE_NAME"),
		accessKeyID:      required("AWS_ACCESS_KEY_ID"),
		secretAccessKey:  required("AWS_SECRET_ACCESS_KEY"),
		sessionToken:     lookup("AWS_SESSION_TOKEN"),
		endpointEvents:   endpoint("EVENTBRIDGE"),
		endpointDynamoDB: endpoint("DYNAMODB"),
		logLevel:         lookup("AWS_LAMBDA_LOG_LEVEL"),
	}
	return read, errors.Join(wrong...)
}
