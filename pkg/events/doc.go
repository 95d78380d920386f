//go:generate go run ./internal/schemagen schemas

// Package events is the vocabulary of the Bayon CoAgent bus: the facts that its services tell each other, how they travel
// through Amazon EventBridge (a custom event bus, "Classic"), and a Publisher that loses none of them unnoticed.
//
// # Facts and events
//
// A fact is something that happened, such as UserCreated. Each fact is a struct that knows its detail type, its source, its
// business identity and whether it is valid. An Event is a fact in the envelope that EventBridge puts around it, with the
// Metadata that the publisher adds. Catalogue lists all facts; schemas and documents are generated from it.
//
// # Delivery
//
// EventBridge delivers at least once and in no order. The same fact can arrive again because EventBridge or Lambda repeats
// a delivery (with the same envelope id), because its producer publishes it again (with another envelope id), or because
// an operator replays the archive (with another envelope id and a replay name). Consumers therefore go by Event.Identity,
// which is the same in all these cases, and never by the envelope id. What an older event says may be out of date by the
// time that it arrives.
//
// # Identity
//
// The identity of an event is its detail type, a colon, and the business identity: the fields by which people would tell
// one fact from another, such as the content, the platform and the time. A publisher sends it as the event key in the
// metadata; for an event without metadata it is made of the fact. Both give the same text. Dates in it have one spelling,
// and separators in fields are escaped, so that two facts never share an identity.
//
// # Publishing
//
// Publish sends all facts or says which were not accepted. PublishBatch sends each on its own. PublishBestEffort is for
// producers whose main work must not fail: what the bus does not accept goes to a Fallback, such as package fallbackqueue's.
// The same rules hold for all three:
//
//   - Facts are validated before anything is sent.
//   - A call carries at most 10 entries, and less than 1 MB as EventBridge counts.
//   - EventBridge answers for each entry. Those refused for a reason that passes are sent again, and only those, after
//     pauses that grow and are random, within the context's deadline.
//   - A call that fails as a whole is not made again: the SDK's client has done that already.
//   - While an event is being handled, the context carries its Cause: from it come the correlation id, the causation id and
//     the hops of what is published, and the facts that may be published at all.
//
// EventBridge accepts events for a bus that does not exist, and drops them. Nothing here can notice that: the bus's name
// must come from the stack that made the bus.
//
// # Consuming
//
// ParseDelivery reads the envelope, Decode the fact. What does not fit is an *UndecodableError or an *InvalidError, whose
// method Permanent tells that trying again is of no use. Errors name fields and problems, never values, which may be
// personal. Members that a fact does not have are ignored, and names of kinds that are not known are kept (platforms,
// providers, kinds of content, of alerts and of notifications): a producer may be newer than its consumers.
//
// # Adding a fact
//
// Write a struct with the tags that package openapi explains, its four methods and its catalogue entry, in the file of its
// subject; list the entry in Catalogue; run
//
//	go generate ./pkg/events/... && go test ./pkg/events -update
//
// and look at what that has written: the schema, and the event on the wire.
//
// # Changing a fact
//
// docs/events.md tells which changes may be made; a test compares the schemas with the last released ones. A detail type, a source and the name of a field never change: rules, consumers and archived events hold them. A new field
// is optional. To rename a fact, add it under its new name; publish both; let consumers handle both; stop publishing the
// old one when nobody matches it any more, and remove it when the archive has forgotten it. A field whose meaning changes
// is a new field. Decode passes over the fields of a newer minor version, and refuses another major version.
package events
