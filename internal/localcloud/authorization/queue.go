package authorization

import (
	"net/http"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// SQS protects a service of SQS's JSON protocol.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
func (g *Guard) SQS(service http.Handler) http.Handler {
	return g.protect(service, http.StatusForbidden, func(_ Session, c call) []iam.Demand {
		var named struct {
			QueueURL  string `json:"QueueUrl"`
			QueueName string
		}
		c.decode(&named)
		name := named.QueueName
		if name == "" {
			name = named.QueueURL[strings.LastIndexByte(named.QueueURL, '/')+1:]
		}
		// A batch is allowed by the permission for one message.
		return []iam.Demand{{Action: "sqs:" + strings.TrimSuffix(c.operation, "Batch"), Resource: awsapi.ARN("sqs", name)}}
	})
}
