package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// ParseDelivery reads the envelope of an event as Lambda hands it over, and leaves the detail to Decode. It fails with
// *UndecodableError when the payload is no JSON object, and with *InvalidError when the envelope lacks what every event
// has; then it returns what it could read.
func ParseDelivery(payload []byte) (Delivery, error) {
	read, mistyped, err := decodeObject[struct {
		Delivery
		Time Instant `json:"time"` // in place of the envelope's own, whose errors do not name the field
	}](payload)
	if err != nil {
		return Delivery{}, &UndecodableError{Problem: err.Error()}
	}
	delivery := read.Delivery
	delivery.Time = read.Time.Time
	var found findings
	found.text("id", delivery.ID)
	found.text("detail-type", delivery.DetailType)
	found.text("source", delivery.Source)
	if !isObject(delivery.Detail) {
		found.add("detail", "must be a JSON object")
	}
	mistyped.addOthers(found)
	if len(mistyped) > 0 {
		return delivery, &InvalidError{DetailType: delivery.DetailType, Fields: mistyped}
	}
	return delivery, nil
}

// Decode reads the fact of a delivery; D is the fact's struct type. It fails with *UndecodableError when the detail is no
// JSON object, and with *InvalidError when the delivery brings another fact or does not fit this one. Members that the
// fact does not have are ignored: a producer may be newer than we are.
func Decode[D Fact](delivery Delivery) (Event[D], error) {
	event := Event[D]{Envelope: delivery.Envelope}
	if err := delivery.brings(event.Detail); err != nil {
		return event, err
	}
	detail, found, err := decodeObject[D](delivery.Detail)
	if err != nil {
		return event, &UndecodableError{DetailType: delivery.DetailType, Problem: "detail " + err.Error()}
	}
	event.Detail = detail
	if err := found.addInvalid(detail.Validate()); err != nil {
		return event, err
	}
	metadata, foundInMetadata := decodeMetadata(delivery.Detail)
	event.Metadata = metadata
	return event, append(found, foundInMetadata...).of(detail)
}

// decodeMetadata reads the metadata in a detail that is valid JSON. Without any, it is zero.
func decodeMetadata(detail json.RawMessage) (Metadata, findings) {
	raw := member(detail, "metadata")
	if raw == nil || string(raw) == "null" {
		return Metadata{}, nil
	}
	metadata, found, err := decodeObject[Metadata](raw)
	if err != nil {
		return Metadata{}, findings{{Field: "metadata", Problem: "must be a JSON object"}}
	}
	found.addOthers(metadata.problems())
	for i := range found {
		found[i].Field = "metadata." + found[i].Field
	}
	return metadata, found
}

// brings returns an *InvalidError when the delivery is of another kind than the fact.
func (d Delivery) brings(fact Fact) error {
	var found findings
	if want := fact.DetailType(); d.DetailType != want {
		found.add("detail-type", "must be "+want)
	}
	if want := fact.Source(); d.Source != want {
		found.add("source", "must be "+want)
	}
	return found.of(fact)
}

// decodeObject reads a JSON object. It tells every member that has the wrong type, and reads the others.
func decodeObject[T any](object []byte) (T, findings, error) {
	var found findings
	for isObject(object) {
		var read T
		err := json.Unmarshal(object, &read)
		if err == nil {
			return read, found, nil
		}
		var wrong *json.UnmarshalTypeError
		if !errors.As(err, &wrong) {
			return read, nil, errMalformed
		}
		culprit, rest, err := without(object, wrong.Field)
		if err != nil {
			return read, nil, err
		}
		found.add(culprit.path, "must be "+expected(wrong, culprit.value))
		object = rest
	}
	var none T
	return none, nil, errNoObject
}

var (
	errNoObject  = errors.New("is no JSON object")
	errMalformed = errors.New("is malformed JSON")
)

// culprit is a member of an object that has something of the wrong type in it.
type culprit struct {
	path  string // to what has the wrong type
	value json.RawMessage
}

// without takes the member that a path leads into out of an object. The path, as encoding/json tells it, begins with the
// names of embedded structs, which are no members. Names match in any case, as they do for encoding/json.
func without(object []byte, path string) (found culprit, rest []byte, err error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return culprit{}, nil, errMalformed
	}
	for ; path != ""; _, path, _ = strings.Cut(path, ".") {
		first, _, _ := strings.Cut(path, ".")
		for name, value := range members {
			if strings.EqualFold(name, first) {
				found = culprit{path: path, value: value}
				delete(members, name)
			}
		}
		if found.path != "" {
			rest, err := json.Marshal(members)
			return found, rest, err
		}
	}
	return culprit{}, nil, errMalformed
}

// expected says in words what should be there instead of a value.
func expected(wrong *json.UnmarshalTypeError, value json.RawMessage) string {
	switch kind := wrong.Type.Kind(); {
	case wrong.Type == reflect.TypeFor[Instant]():
		return "an RFC 3339 date and time"
	case kind == reflect.String && bytes.HasPrefix(value, []byte("[")) && wrong.Value != "array":
		return "a list of strings"
	case kind == reflect.String:
		return "a string"
	case kind == reflect.Slice:
		return "a list"
	case kind == reflect.Int, kind == reflect.Int64:
		return "a whole number of at most 64 bits"
	}
	return "a JSON object"
}
