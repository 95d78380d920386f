package authorization

import (
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// SecretsManager protects a service of Secrets Manager's protocol.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
func (g *Guard) SecretsManager(service http.Handler) http.Handler {
	return g.protect(service, http.StatusBadRequest, func(_ Session, c call) []iam.Demand {
		var asked struct {
			SecretID string `json:"SecretId"`
		}
		c.decode(&asked)
		arn, found := g.SecretARN(asked.SecretID)
		if !found {
			arn = awsapi.ARN("secretsmanager", "secret:"+asked.SecretID)
		}
		return []iam.Demand{{Action: "secretsmanager:" + c.operation, Resource: arn}}
	})
}

// KMS protects a service of KMS's protocol.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
func (g *Guard) KMS(service http.Handler) http.Handler {
	return g.protect(service, http.StatusBadRequest, func(_ Session, c call) []iam.Demand {
		var asked struct {
			KeyID          string `json:"KeyId"`
			CiphertextBlob []byte
		}
		c.decode(&asked)
		arn, found := g.KeyARN(asked.KeyID)
		if asked.KeyID == "" {
			arn, found = g.MakerARN(asked.CiphertextBlob)
		}
		if !found {
			arn = awsapi.ARN("kms", "key/"+asked.KeyID)
		}
		return []iam.Demand{{Action: "kms:" + c.operation, Resource: arn}}
	})
}
