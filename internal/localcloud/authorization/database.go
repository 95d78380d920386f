package authorization

import (
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// DynamoDB protects a service of DynamoDB's protocol.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
func (g *Guard) DynamoDB(service http.Handler) http.Handler {
	return g.protect(service, http.StatusBadRequest, func(_ Session, c call) []iam.Demand {
		var demands []iam.Demand
		for _, access := range dynamo.Accesses(c.operation, c.body, g.PartitionKey) {
			demands = append(demands, iam.Demand{
				Action: "dynamodb:" + access.Action, Resource: tableARN(access),
				Context: with("dynamodb:leadingkeys", access.Partitions...),
			})
		}
		return demands
	})
}

func tableARN(access dynamo.Access) string {
	switch {
	case access.Table == "":
		return "*"
	case access.Index == "":
		return awsapi.ARN("dynamodb", "table/"+access.Table)
	}
	return awsapi.ARN("dynamodb", "table/"+access.Table+"/index/"+access.Index)
}
