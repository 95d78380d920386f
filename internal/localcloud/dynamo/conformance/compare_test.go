package conformance_test

import (
	"cmp"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strings"
)

// compare tells in what way a step's outcomes differ, if they do, or by which known deviation.
func compare(s step, got, oracle outcome) (kind string, deviation deviation) {
	if got.code != "" || oracle.code != "" {
		return compareRefusals(s, got, oracle)
	}
	if s.reading == once {
		return compareAnswers(s, got, oracle)
	}
	return comparePages(s, got, oracle)
}

// A kind of difference begins with what was done.
func differs(s step, what ...string) string { return s.operation + ": " + strings.Join(what, " / ") }

func compareRefusals(s step, got, oracle outcome) (string, deviation) {
	if got.code == oracle.code && got.message == oracle.message && got.reasons == nil && oracle.reasons == nil {
		if reflect.DeepEqual(canonical(got.item), canonical(oracle.item)) {
			return "", deviation{}
		}
		if known, found := knownDeviation(s, got, oracle); found {
			return "", known
		}
		return differs(s, "the old item"), deviation{}
	}
	if known, found := knownDeviation(s, got, oracle); found {
		return "", known
	}
	if got.reasons != nil && oracle.reasons != nil {
		return compareReasons(s, got, oracle)
	}
	return differs(s, refusalKind(got), refusalKind(oracle)), deviation{}
}

// compareReasons compares why a transaction was cancelled, part by part.
func compareReasons(s step, got, oracle outcome) (string, deviation) {
	if len(got.reasons) != len(oracle.reasons) {
		return differs(s, "the number of reasons"), deviation{}
	}
	var known deviation
	for i := range got.reasons {
		a, b := reason(got.reasons[i]), reason(oracle.reasons[i])
		if reflect.DeepEqual(a, b) {
			continue
		}
		if a.code == b.code && !reflect.DeepEqual(normal(a.item), normal(b.item)) {
			return differs(s, "the item of a reason"), deviation{}
		}
		a.item, b.item = nil, nil
		if reflect.DeepEqual(a, b) {
			continue
		}
		var found bool
		if known, found = knownDeviation(s, outcome{answer: a}, outcome{answer: b}); !found || known.name == besideWrongPart && !hasWrongPart(got) {
			return differs(s, "reason "+refusalKind(outcome{answer: a}), refusalKind(outcome{answer: b})), deviation{}
		}
	}
	return "", known
}

// hasWrongPart tells whether a part of a transaction was refused whatever the items are.
func hasWrongPart(o outcome) bool {
	return slices.ContainsFunc(o.reasons, func(given any) bool { return reason(given).code == "ValidationError" })
}

// reason is one of the CancellationReasons as a refusal.
func reason(given any) answer {
	fields, _ := given.(object)
	a := answer{item: fields["Item"]}
	a.code, _ = fields["Code"].(string)
	a.message, _ = fields["Message"].(string)
	return a
}

func refusalKind(o outcome) string {
	if o.code == "" {
		return "success"
	}
	return o.code + " " + wording(o.message)
}

// wording is a message without what differs from one request to another.
func wording(message string) string {
	message = strings.SplitN(message, "; ", 2)[0]
	if len(message) > 160 {
		message = message[:160]
	}
	return message
}

func compareAnswers(s step, got, oracle outcome) (string, deviation) {
	a, b := canonical(got.body), canonical(oracle.body)
	if s.operation == "BatchGetItem" { // the items come in no order
		for _, answer := range []any{a, b} {
			responses, _ := answer.(object)["Responses"].(object)
			for _, items := range responses {
				sortAny(items.([]any))
			}
		}
	}
	if strings.HasSuffix(s.operation, "Table") {
		a, b = tableOf(a.(object)), tableOf(b.(object))
	}
	if reflect.DeepEqual(a, b) {
		return "", deviation{}
	}
	if known, found := knownDeviation(s, got, oracle); found {
		return "", known
	}
	left, right := a.(object), b.(object)
	for _, name := range []string{"Attributes", "Item", "Responses", "Items", "Count", "ScannedCount", "LastEvaluatedKey", "ConsumedCapacity",
		"UnprocessedItems", "UnprocessedKeys", "TableDescription", "Table"} {
		if !reflect.DeepEqual(left[name], right[name]) {
			return differs(s, name), deviation{}
		}
	}
	return differs(s, "answer"), deviation{}
}

func comparePages(s step, got, oracle outcome) (string, deviation) {
	a, b := canonical(got.items).([]any), canonical(oracle.items).([]any)
	unsorted := s.reading == allUnsorted
	if unsorted {
		sortAny(a)
		sortAny(b)
	}
	var what string
	switch {
	case got.count != oracle.count:
		what = "Count"
	case got.scanned != oracle.scanned:
		what = "ScannedCount"
	case !reflect.DeepEqual(a, b):
		what = "Items"
	case !unsorted && !slices.Equal(got.sizes, oracle.sizes):
		what = "pages"
	default:
		return "", deviation{}
	}
	if known, found := knownDeviation(s, got, oracle); found {
		return "", known
	}
	return differs(s, what), deviation{}
}

// tableOf selects of the description of a table what its definition determines.
func tableOf(answer object) any {
	described, _ := answer["Table"].(object)
	if described == nil {
		described, _ = answer["TableDescription"].(object)
	}
	selected := object{}
	for _, name := range []string{"TableName", "KeySchema", "AttributeDefinitions"} {
		selected[name] = described[name]
	}
	indexes := []any{}
	list, _ := described["GlobalSecondaryIndexes"].([]any)
	for _, given := range list {
		index, _ := given.(object)
		indexes = append(indexes, object{"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"]})
	}
	selected["GlobalSecondaryIndexes"] = indexes
	return selected
}

// normal is canonical with all numbers in normal form.
func normal(value any) any { return canonical(normalised(value)) }

func normalised(value any) any {
	switch value := value.(type) {
	case map[string]any:
		made := object{}
		for name, member := range value {
			switch number := member.(type) {
			case string:
				if name == "N" {
					made[name] = inFull(number)
					continue
				}
			case []any:
				if name == "NS" {
					numbers := make([]any, len(number))
					for i := range number {
						text, _ := number[i].(string)
						numbers[i] = inFull(text)
					}
					made[name] = numbers
					continue
				}
			}
			made[name] = normalised(member)
		}
		return made
	case []any:
		made := make([]any, len(value))
		for i := range value {
			made[i] = normalised(value[i])
		}
		return made
	}
	return value
}

// inFull writes a number without an exponent and needless zeros.
func inFull(text string) string {
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		return text
	}
	full := number.FloatString(170) // more digits than any has behind the point
	full = strings.TrimRight(strings.TrimRight(full, "0"), ".")
	if full == "-0" {
		return "0"
	}
	return full
}

// canonical writes what can be written in several ways in one: sets and lists without an order in order.
func canonical(value any) any {
	switch value := value.(type) {
	case map[string]any:
		made := object{}
		for name, member := range value {
			elements, isList := member.([]any)
			switch {
			case isList && (name == "SS" || name == "NS" || name == "BS" || name == "AttributeDefinitions" || name == "GlobalSecondaryIndexes" || name == "NonKeyAttributes"):
				list := canonical(elements).([]any)
				sortAny(list)
				made[name] = list
			default:
				made[name] = canonical(member)
			}
		}
		return made
	case []any:
		made := make([]any, len(value))
		for i := range value {
			made[i] = canonical(value[i])
		}
		return made
	case json.Number:
		f, _ := value.Float64()
		return f
	}
	return value
}

func sortAny(list []any) {
	slices.SortFunc(list, func(a, b any) int { return cmp.Compare(encodeAny(a), encodeAny(b)) })
}
