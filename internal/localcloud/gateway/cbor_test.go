package gateway_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/smithy-go"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/gateway"
)

func TestClientsOfOtherProtocolsUnderstandTheRefusal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&gateway.Gateway{})
	defer server.Close()
	client := cloudwatch.New(cloudwatch.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	_, err := client.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	var refusal smithy.APIError
	if !errors.As(err, &refusal) || refusal.ErrorCode() != "UnknownOperationException" {
		t.Errorf("error %v", err)
	}
}
