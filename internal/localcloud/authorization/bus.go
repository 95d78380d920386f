package authorization

import (
	"net/http"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// The condition keys of PutEvents.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
const (
	eventSource     = "events:source"
	eventDetailType = "events:detail-type"
)

// EventBridge protects a service of EventBridge's protocol. PutEvents it lets through: its entries are decided one by one
// (MayPublish).
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
func (g *Guard) EventBridge(service http.Handler) http.Handler {
	return g.protect(service, http.StatusBadRequest, func(_ Session, c call) []iam.Demand {
		if c.operation == "PutEvents" {
			return nil
		}
		return []iam.Demand{{Action: "events:" + c.operation, Resource: "*"}}
	})
}

// MayPublish decides on one entry of PutEvents, given the name of its bus. It returns the entry's error, or nil.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html
func (g *Guard) MayPublish(accessKeyID, bus, source, detailType string) *awsapi.Error {
	session, known := g.Session(accessKeyID)
	if !known {
		return nil
	}
	return g.MayPublishAs(session, bus, source, detailType)
}

// MayPublishAs is MayPublish for a session.
func (g *Guard) MayPublishAs(session Session, bus, source, detailType string) *awsapi.Error {
	demanded := iam.Demand{
		Action: "events:PutEvents", Resource: awsapi.ARN("events", "event-bus/"+bus),
		Context: map[string][]string{eventSource: {source}, eventDetailType: {detailType}},
	}
	var policy iam.Policy
	if g.BusPolicy != nil {
		policy = g.BusPolicy(bus)
	}
	if policy.AllowsDemand(iam.Caller{Role: session.Role}, demanded) {
		return nil
	}
	refusal := session.refusal(demanded, session.Role.Consider(demanded), http.StatusBadRequest)
	switch {
	case session.Role.Consider(demanded) == iam.Allowed:
		refusal.Message = "User: " + session.user() + " is not authorized to perform: events:PutEvents on resource: " + demanded.Resource +
			" with an explicit deny in a resource-based policy"
	case session.Role.LacksOnly(eventSource, demanded):
		refusal.Code = "NotAuthorizedForSourceException"
	case session.Role.LacksOnly(eventDetailType, demanded):
		refusal.Code = "NotAuthorizedForDetailTypeException"
	}
	return refusal
}
