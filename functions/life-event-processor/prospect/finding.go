package prospect

import (
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// alertData is the data of a life-event-lead alert (rules: Alerts).
type alertData struct {
	ProspectLocation  table.Raw  `dynamodbav:"prospectLocation"`
	EventType         kind       `dynamodbav:"eventType"`
	EventDate         table.Date `dynamodbav:"eventDate"`
	LeadScore         int        `dynamodbav:"leadScore"`
	RecommendedAction string     `dynamodbav:"recommendedAction"`
	AdditionalEvents  []kind     `dynamodbav:"additionalEvents,omitempty"` // newest first; absent when there are none
}

// findingOf is the alert that a prospect of an assessment deserves. The fact is the prospect and the primary event.
func findingOf(userID string, is prospect, found assessment) alert.Finding {
	var others []kind
	for _, event := range found.others {
		others = append(others, event.kind)
	}
	return alert.Finding{
		UserID:   userID,
		Type:     alert.LifeEventLead,
		Priority: priorityOf(found.score),
		Fact:     []string{is.id, found.primary.id},
		Data: alertData{
			ProspectLocation:  is.location.stated,
			EventType:         found.primary.kind,
			EventDate:         table.Date{Time: found.primary.date},
			LeadScore:         found.score,
			RecommendedAction: recommendedAction(found.primary.kind, found.score),
			AdditionalEvents:  others,
		},
	}
}
