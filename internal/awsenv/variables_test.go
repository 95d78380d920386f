package awsenv

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

func environment(changed map[string]string) func(string) string {
	set := map[string]string{
		"ENVIRONMENT": "development", "AWS_REGION": "us-east-1", "EVENT_BUS_NAME": "bus", "TABLE_NAME": "table",
		"IDEMPOTENCY_TABLE_NAME": "idempotency", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
	}
	return func(name string) string {
		if value, ok := changed[name]; ok {
			return value
		}
		return set[name]
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	t.Parallel()
	_, err := readVariables(environment(map[string]string{"TABLE_NAME": "", "EVENT_BUS_NAME": "", "AWS_ENDPOINT_URL": "localhost"}))
	want := "EVENT_BUS_NAME is not set\nTABLE_NAME is not set\n" +
		"AWS_ENDPOINT_URL is no URL such as http://127.0.0.1:4599\nAWS_ENDPOINT_URL is no URL such as http://127.0.0.1:4599"
	if err == nil || err.Error() != want {
		t.Error(cmp.Diff(want, err.Error()))
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		set              map[string]string
		events, dynamoDB string
	}{
		{"AWS's own", nil, "", ""},
		{"empty counts as absent", map[string]string{"AWS_ENDPOINT_URL": ""}, "", ""},
		{"one for all", map[string]string{"AWS_ENDPOINT_URL": "http://all:1"}, "http://all:1", "http://all:1"},
		{"one of its own", map[string]string{"AWS_ENDPOINT_URL": "http://all:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://db:2"}, "http://all:1", "http://db:2"},
	}
	for _, test := range tests {
		read, err := readVariables(environment(test.set))
		if err != nil || aws.ToString(read.endpointEvents) != test.events || aws.ToString(read.endpointDynamoDB) != test.dynamoDB {
			t.Errorf("%s: %q, %q, error %v", test.name, aws.ToString(read.endpointEvents), aws.ToString(read.endpointDynamoDB), err)
		}
	}
}
