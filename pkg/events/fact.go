package events

import (
	"strings"
)

// Fact is something that happened, as it travels in the detail of an event. Each fact is a struct of its own, whose
// zero value knows its names. Detail type and source are permanent: other services match on them.
type Fact interface {
	// DetailType is the fact's name on the bus, such as "User Created".
	DetailType() string
	// Source is the part of the application that tells of the fact, such as "bayon.coagent.user".
	Source() string
	// Identity is the business identity: it is the same whenever the same fact is told again, and tells the fact from all
	// others of its detail type.
	Identity() string
	// Validate returns nil or an *InvalidError, which names every field that is wrong.
	Validate() error
}

// The sources of the application's facts.
const (
	sourceUser         = "bayon.coagent.user"
	sourceContent      = "bayon.coagent.content"
	sourceAI           = "bayon.coagent.ai"
	sourceIntegration  = "bayon.coagent.integration"
	sourceAlert        = "bayon.coagent.alert"
	sourceNotification = "bayon.coagent.notification"
	sourceSchedule     = "bayon.coagent.schedule"
)

// How work ended, in the facts that have a status.
const (
	StatusCompleted = "completed"
	StatusFailed    = "failed"
)

// identitySeparator stands between the parts of a business identity; in a part it is percent-encoded.
const identitySeparator = "#"

// identityOf joins the parts of a business identity. Two lists of the same length have the same identity only if they are
// the same.
func identityOf(parts ...string) string {
	for i, part := range parts {
		if strings.ContainsAny(part, identitySeparator+"%") {
			part = strings.ReplaceAll(part, "%", "%25")
			parts[i] = strings.ReplaceAll(part, identitySeparator, "%23")
		}
	}
	return strings.Join(parts, identitySeparator)
}

// EventKey names a fact among all facts: its detail type, a colon, and its business identity.
func EventKey(fact Fact) string { return qualifiedKey(fact.DetailType(), fact.Identity()) }

func qualifiedKey(detailType, identity string) string { return detailType + ":" + identity }

// sameKind tells whether two facts have the same name on the bus.
func sameKind(a, b Fact) bool { return a.DetailType() == b.DetailType() && a.Source() == b.Source() }
