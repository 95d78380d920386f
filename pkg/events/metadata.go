package events

import (
	"strconv"
	"strings"
)

// SchemaVersion is the version of the facts that this package publishes.
const SchemaVersion = "1.0.0"

// maxMetadataText is how many bytes a text in metadata may have; an event key of this package is never longer.
const maxMetadataText = 4096

// Metadata is what the publisher adds to a fact, in the member "metadata" of the detail. Other producers may leave all of
// it away.
type Metadata struct {
	SchemaVersion string  `json:"schemaVersion,omitempty" doc:"The version of the detail's schema."`
	EventKey      string  `json:"eventKey,omitempty" doc:"Names the fact: it is the same whenever the fact is published again."`
	CorrelationID string  `json:"correlationId,omitempty" doc:"The same in all events that follow from one."`
	CausationID   string  `json:"causationId,omitempty" doc:"The envelope id of the event that this one follows from."`
	Hops          int     `json:"hops" optional:"true" minimum:"0" doc:"How many consumers lie between this event and the origin."`
	OccurredAt    Instant `json:"occurredAt,omitzero" doc:"When it was published, finer than the envelope's time."`
}

func (m Metadata) problems() findings {
	var found findings
	found.atMost(maxMetadataText, "schemaVersion", m.SchemaVersion)
	if !readable(m.SchemaVersion) {
		found.add("schemaVersion", "must be of major version 1: a fact that changed incompatibly has another detail type")
	}
	found.atMost(maxMetadataText, "eventKey", m.EventKey)
	found.atMost(maxMetadataText, "correlationId", m.CorrelationID)
	found.atMost(maxMetadataText, "causationId", m.CausationID)
	if m.Hops < 0 {
		found.add("hops", "must not be negative")
	}
	found.optionalInstant("occurredAt", m.OccurredAt)
	return found
}

// readable tells whether a fact of a schema version can be read: one of the same major version as this package's. Older
// minor versions have fewer optional fields, newer ones have more, which are passed over. What is no version says nothing.
func readable(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(major)
	ours, _, _ := strings.Cut(SchemaVersion, ".")
	return err != nil || strconv.Itoa(number) == ours
}
