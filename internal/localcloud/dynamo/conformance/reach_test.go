package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reach counts how often what was reached.
type reach map[string]int

func (r reach) note(s step, got, oracle outcome, deviation string) {
	result := got.code
	if result == "" {
		result = "answered"
	}
	r["operation: "+s.operation+", "+result]++
	if deviation != "" {
		r["deviation: "+deviation]++
	}
	if told, known := faultOf(got.message); known && got.code != cancelled {
		r["fault: "+told.name]++
		if sameFault(got, oracle) {
			r["fault: "+told.name+", told by both"]++
		}
	}
	if got.code == "" {
		r.noteExpressions(s, got)
	}
	switch {
	case got.code == conditionFailed && got.item != nil:
		r["condition: failed, with the old item"]++
	case got.code == conditionFailed:
		r["condition: failed"]++
	case got.code == "" && strings.Contains(s.body, `"ConditionExpression"`):
		r["condition: held"]++
	}
	for _, given := range got.reasons {
		reason := reason(given)
		r["transaction: cancelled, "+reason.code]++
		if reason.item != nil {
			r["transaction: cancelled, with the old item"]++
		}
	}
	if s.reading != once && got.code == "" {
		r.notePages(s, got)
	}
}

func (r reach) noteExpressions(s step, got outcome) {
	seen := map[string]bool{}
	for _, use := range s.used {
		if use = strings.ToUpper(use[:1]) + use[1:]; !seen[use] {
			seen[use] = true
			r["expression: "+use]++
		}
	}
	if s.reading != once && strings.Contains(s.body, `"FilterExpression"`) && got.count > 0 {
		r["condition: a filter held"]++
	}
}

func (r reach) notePages(s step, got outcome) {
	what := "pages: " + s.operation
	if strings.Contains(s.body, `"IndexName"`) {
		what += " of an index"
	}
	r[what]++
	if got.count < got.scanned {
		r[what+", Count below ScannedCount"]++
	}
	switch {
	case got.pages > 1 && strings.Contains(s.body, `"Limit"`):
		r[what+", several by Limit"]++
	case got.pages > 1 && !strings.Contains(s.body, `"Segment"`):
		r[what+", several by 1 MB"]++
	}
}

// missing lists what should have been reached and was not.
func (r reach) missing() []string {
	var missing []string
	wanted := func(what string) {
		if r[what] == 0 {
			missing = append(missing, what)
		}
	}
	for _, operation := range []string{"PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
		"TransactWriteItems", "TransactGetItems", "DescribeTable", "UpdateTimeToLive", "DescribeTimeToLive", "CreateTable", "ListTables"} {
		wanted("operation: " + operation + ", answered")
		wanted("operation: " + operation + ", " + validation)
	}
	for _, operation := range []string{"PutItem", "UpdateItem", "DeleteItem"} {
		wanted("operation: " + operation + ", " + conditionFailed)
		wanted("operation: " + operation + ", " + notFound)
	}
	wanted("operation: TransactWriteItems, " + cancelled)
	wanted("operation: TransactGetItems, " + cancelled)
	wanted("operation: TransactWriteItems, IdempotentParameterMismatchException")
	for _, use := range []string{"=", "<>", "<", "<=", ">", ">=", "AND", "OR", "NOT", "( )", "BETWEEN", "IN", "Attribute_exists", "Attribute_not_exists",
		"Attribute_type", "Begins_with", "Contains", "Size", "SET", "REMOVE", "ADD", "DELETE", "+", "-", "If_not_exists", "List_append", "( ) in SET",
		"Key =", "Key <", "Key <=", "Key >", "Key >=", "Key BETWEEN", "Key begins_with"} {
		wanted("expression: " + use)
	}
	for _, what := range []string{"Query", "Query of an index", "Scan", "Scan of an index"} {
		wanted("pages: " + what + ", several by Limit")
		wanted("pages: " + what + ", several by 1 MB")
		wanted("pages: " + what + ", Count below ScannedCount")
	}
	for _, what := range []string{"condition: held", "condition: failed", "condition: failed, with the old item", "condition: a filter held",
		"transaction: cancelled, None", "transaction: cancelled, ConditionalCheckFailed", "transaction: cancelled, ValidationError",
		"transaction: cancelled, with the old item"} {
		wanted(what)
	}
	for _, fault := range faults {
		wanted("fault: " + fault.name)
	}
	return missing
}

func (r reach) String() string {
	var text strings.Builder
	for _, what := range slices.Sorted(maps.Keys(r)) {
		fmt.Fprintf(&text, "%8d  %s\n", r[what], what)
	}
	return text.String()
}
