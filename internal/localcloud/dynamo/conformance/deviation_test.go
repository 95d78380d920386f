package conformance_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// deviation names a difference of DynamoDB Local from what AWS documents. The zero deviation is none.
type deviation struct {
	name  string
	parts bool // the two may hold different items from there on
}

// knownDeviation recognises the deviations of DynamoDB Local. Each tells what AWS documents.
func knownDeviation(s step, got, oracle outcome) (deviation, bool) {
	for _, d := range deviations {
		if d.matches(s, got, oracle) {
			return deviation{d.name, d.parts}, true
		}
	}
	return deviation{}, false
}

// known is a deviation with the rule by which it is recognised in what the engine and DynamoDB Local made of a step.
type known struct {
	name    string
	parts   bool
	matches func(s step, got, oracle outcome) bool
}

const (
	validation    = "ValidationException"
	serialization = "SerializationException"
	notFound      = "ResourceNotFoundException"
	cancelled     = "TransactionCanceledException"
)

// refusesRequest tells whether a refusal is for the request alone, whatever items there are.
func (o outcome) refusesRequest() bool {
	return o.code == validation || o.code == serialization || o.code == notFound || o.code == cancelled && !slices.ContainsFunc(o.reasons, func(given any) bool {
		return reason(given).code != "None" && reason(given).code != "ValidationError"
	})
}

var deviations = []known{
	// "Leading and trailing zeroes are trimmed" (developer guide, Data types);
	// DynamoDB Local keeps how some were written, and results of arithmetic as they come: 0.0, 1e2.
	{"numbers are not normalised", false, func(s step, got, oracle outcome) bool {
		return got.code == oracle.code && got.message == oracle.message && got.count == oracle.count && got.scanned == oracle.scanned &&
			(slices.Equal(got.sizes, oracle.sizes) || s.reading == allUnsorted) && isNormal(got.body) && isNormal(got.item) && isNormal(got.items) &&
			reflect.DeepEqual(normal(got.body), normal(oracle.body)) && reflect.DeepEqual(normal(got.item), normal(oracle.item)) &&
			reflect.DeepEqual(normal(got.items), normal(oracle.items))
	}},
	// AWS's texts are those of its service; DynamoDB Local has others for the same faults.
	{"a fault in other words", false, func(_ step, got, oracle outcome) bool {
		return got.code == oracle.code && sameFault(got, oracle) && got.reasons == nil
	}},
	{"a failed condition in other words", false, func(_ step, got, oracle outcome) bool {
		return got.code == oracle.code && got.reasons == nil && strings.TrimSuffix(oracle.message, ".") == got.message &&
			reflect.DeepEqual(normal(got.item), normal(oracle.item))
	}},
	// AWS does not document in which order it looks for several faults of one request.
	{"another fault of the request is told", false, func(_ step, got, oracle outcome) bool {
		a, known := faultOf(got.message)
		b, also := faultOf(oracle.message)
		return known && also && (a.stage != b.stage || ofDifferentExpressions(got, oracle)) && got.refusesRequest() && oracle.refusesRequest() && got.reasons == nil
	}},
	{"another fault of the expression is told", false, func(_ step, got, oracle outcome) bool {
		return got.code == validation && oracle.code == validation && got.isOf(ofExpressions) && oracle.isOf(ofExpressions) &&
			(!got.isUnreadable() && !oracle.isUnreadable() || got.tells("syntax") && oracle.tells("redundant parentheses"))
	}},
	{"another faulty value is told", false, func(_ step, got, oracle outcome) bool {
		return got.code == validation && oracle.code == validation && got.isOf(ofValues) && oracle.isOf(ofValues)
	}},
	{"another key of an index is told", false, func(_ step, got, oracle outcome) bool {
		return got.code == oracle.code && got.tells("key of an index") && oracle.tells("empty key")
	}},
	{"another fault of the update is told", false, func(_ step, got, oracle outcome) bool {
		return got.code == oracle.code && got.isOf(ofUpdates) && oracle.isOf(ofUpdates)
	}},
	// The condition is the item's, the key is the request's: AWS refuses to update a key whatever the item is (developer
	// guide, Update expressions). DynamoDB Local looks at the condition first.
	{"a failed condition before a wrong update", false, func(_ step, got, oracle outcome) bool {
		return (got.isOf(ofKeys) || got.isOf(ofPaths)) && (got.code == validation && oracle.code == conditionFailed ||
			got.code == "ValidationError" && (oracle.code == "ConditionalCheckFailed" || oracle.code == "None"))
	}},
	{"another transaction with the same token", false, func(s step, got, oracle outcome) bool {
		return got.code == "IdempotentParameterMismatchException" && (oracle.code == got.code && oracle.message == "" ||
			s.onlyRemoves() && oracle.tells("path that is not there")) // the first one was refused, as below: a removal where there is no item
	}},
	// "The aggregate size of the items in the transaction cannot exceed 4 MB" (API reference, TransactWriteItems).
	{"a transaction that is too large", true, func(_ step, got, oracle outcome) bool {
		return got.tells("transaction too large") && (oracle.code == "" || oracle.code == cancelled)
	}},
	// "ClientRequestToken: Length Constraints: Minimum length of 1" (API reference, TransactWriteItems).
	{"an empty token", true, func(_ step, got, _ outcome) bool {
		return strings.Contains(got.message, "Value '' at 'clientRequestToken'")
	}},
	// A sum of too many digits is "Number overflow" to AWS.
	{"the text of a sum that is too long", false, func(_ step, got, oracle outcome) bool {
		return got.code == oracle.code && strings.HasPrefix(got.message, "Number overflow") && strings.Contains(oracle.message, "precision up to 38 digits")
	}},
	// "ValidationError … The provided expression refers to an attribute that does not exist in the item" and its like are
	// CancellationReasons (API reference, TransactWriteItems). DynamoDB Local refuses the whole request.
	{"a transaction is refused as a whole", false, func(_ step, got, oracle outcome) bool {
		if got.code != cancelled || oracle.code != validation && (oracle.code != cancelled || oracle.reasons != nil) {
			return false
		}
		return slices.ContainsFunc(got.reasons, func(given any) bool {
			reason := outcome{answer: reason(given)}
			return sameFault(reason, oracle) || reason.tells("number too large") && oracle.tells("too many digits") ||
				(reason.isOf(ofKeys) || reason.isOf(ofPaths) || reason.tells("key of an index by an update")) && (oracle.tells("value not of one type") || oracle.tells("empty key")) || (oracle.isOf(ofUpdates) || oracle.isOf(ofItems) || oracle.tells("too many digits")) && reason.code != "None"
		})
	}},
	{besideWrongPart, false, func(_ step, got, oracle outcome) bool {
		return got.code == "None" && oracle.code == "ConditionalCheckFailed"
	}},
	{"one item twice in a transaction, told after the conditions", false, func(s step, got, oracle outcome) bool {
		return got.tells("one item twice in a transaction") && s.hasItemTwice() && oracle.code == cancelled
	}},
	{"reasons for the wrong part alone", false, func(_ step, got, oracle outcome) bool {
		return got.code == cancelled && oracle.code == cancelled && len(oracle.reasons) == 1 && slices.ContainsFunc(got.reasons, func(given any) bool {
			return reflect.DeepEqual(given, oracle.reasons[0])
		})
	}},
	// "If LastEvaluatedKey is not empty, it does not necessarily mean that there is more data in the result set" (API
	// reference, Query). DynamoDB Local sees that a range of sort keys ends with the last item, and then has no such key, nor
	// takes it as a starting key.
	{"a last page with nothing in it", false, func(s step, got, oracle outcome) bool {
		return s.isBounded() && got.code == "" && oracle.code == "" && got.count == oracle.count && got.scanned == oracle.scanned &&
			slices.Equal(got.sizes, append(slices.Clone(oracle.sizes), 0)) && reflect.DeepEqual(normal(got.items), normal(oracle.items))
	}},
	// "A single Query operation will read up to the maximum number of items set (if using the Limit parameter) or a maximum of
	// 1 MB of data and then apply any filtering to the results" (API reference, Query). DynamoDB Local counts what filter and
	// projection leave, and in an index whole items.
	{"where a page of 1 MB ends", false, func(s step, got, oracle outcome) bool {
		narrowed := slices.ContainsFunc([]string{`"FilterExpression"`, `"ProjectionExpression"`, `"COUNT"`, `"IndexName"`}, func(member string) bool {
			return strings.Contains(s.body, member)
		})
		return narrowed && s.operation == "Query" && len(got.sizes) > 1 && !strings.Contains(s.body, `"Limit"`) && got.code == "" && oracle.code == "" &&
			got.count == oracle.count && got.scanned == oracle.scanned && reflect.DeepEqual(normal(got.items), normal(oracle.items))
	}},
	{"a starting key at the end of a range", false, func(s step, got, oracle outcome) bool {
		return s.isBounded() && s.operation == "Query" && got.code == "" && number(got.body["ScannedCount"]) == 0 && oracle.tells("starting key")
	}},
	// "Sort keys: The maximum length is 1024 bytes" (developer guide, Quotas), also of a starting key.
	{"a starting key that is too long", false, func(s step, got, oracle outcome) bool {
		return s.operation == "Query" && got.tells("starting key") && strings.Contains(got.message, "has exceeded the") && oracle.code == ""
	}},
	// "DynamoDB supports nested attributes up to 32 levels deep" (developer guide, Quotas); DynamoDB Local counts those of items alone.
	{"a value of an expression that is too deep", true, func(_ step, got, _ outcome) bool {
		return got.tells("too deep") && strings.Contains(got.message, "ExpressionAttributeValues contains invalid value")
	}},
	// "ReturnConsumedCapacity … Valid Values: INDEXES | TOTAL | NONE" (API reference); DynamoDB Local takes any for some operations.
	{"any ReturnConsumedCapacity", true, func(_ step, got, _ outcome) bool {
		return strings.Contains(got.message, "at 'returnConsumedCapacity' failed to satisfy constraint") && strings.HasPrefix(got.message, "1 validation error")
	}},
	// AWS's protocol is JSON 1.0 with the types of the model. DynamoDB Local takes a number for a text and a text for a
	// number or a boolean, passes over what fits nowhere, or fails by an InternalFailure.
	{"wrong JSON types", true, func(s step, got, _ outcome) bool {
		return got.code == serialization && !s.wellTyped()
	}},
	{"a failure on faulty values", true, func(_ step, got, oracle outcome) bool {
		return oracle.code == internalFailure && got.code == validation && (got.isOf(ofValues) || got.isOf(ofForm))
	}},
	{"a failure on nothing updated", true, func(s step, got, oracle outcome) bool {
		return oracle.code == internalFailure && got.code == "" && s.operation == "UpdateItem" && !strings.Contains(s.body, `"UpdateExpression"`)
	}},
	// "UpdateExpression: Required: Yes" (API reference, Update of a transaction).
	{"an update in a transaction without an expression", true, func(s step, got, _ outcome) bool {
		return s.operation == "TransactWriteItems" && strings.Contains(got.message, "updateExpression' failed to satisfy constraint: Member must not be null")
	}},
	// "The update expression attempted to update the secondary index key to unsupported type" (API reference,
	// TransactWriteItems); keys of indexes have the type of their definition.
	{"a key of an index of another type", true, func(s step, got, oracle outcome) bool {
		updates := s.operation == "UpdateItem" || s.operation == "TransactWriteItems"
		return updates && (oracle.code == "" || got.code == "ValidationError" && oracle.code == "None") &&
			(got.tells("key of an index") || got.tells("key of an index by an update"))
	}},
	// An update that only takes away makes no item, and nothing is wrong with its paths when there is none: "If no item with
	// the specified key is found … Causes nothing to happen; there is no attribute to delete" (API reference, UpdateItem).
	{"a removal where there is no item", true, func(s step, got, oracle outcome) bool {
		return s.onlyRemoves() && got.code == "" && (oracle.code == "" && got.body["Attributes"] == nil && s.isKey(oracle.body["Attributes"]) || oracle.tells("path that is not there"))
	}},
	// Definitions of tables, of which each has one fault, are refused by AWS and DynamoDB Local in words of their own.
	{"a table's fault in other words", false, func(s step, got, oracle outcome) bool {
		ofTable := strings.HasSuffix(s.operation, "Table") || strings.HasSuffix(s.operation, "TimeToLive")
		return ofTable && got.code == validation && oracle.code == validation
	}},
	// "If you set BillingMode as PAY_PER_REQUEST, you cannot specify this property" (API reference, CreateTable,
	// ProvisionedThroughput); AttributeDefinitions "describe the key schema for the table and indexes". DynamoDB Local lets both be.
	{"a definition of more than there is", true, func(s step, got, oracle outcome) bool {
		return s.operation == "CreateTable" && oracle.code == "" && (strings.Contains(got.message, "when BillingMode is PAY_PER_REQUEST") ||
			strings.Contains(got.message, "does not exactly match number of attributes"))
	}},
	// DynamoDB local does not count the capacity as the service does: "Provisioned throughput settings are ignored"
	// (developer guide, DynamoDB local usage notes).
	{"consumed capacity", false, func(s step, got, oracle outcome) bool {
		asked := strings.Contains(s.body, `"ReturnConsumedCapacity":"TOTAL"`) || strings.Contains(s.body, `"ReturnConsumedCapacity":"INDEXES"`)
		return got.body != nil && oracle.body != nil && asked == (got.body["ConsumedCapacity"] != nil) && reflect.DeepEqual(without(got.body, "ConsumedCapacity"), without(oracle.body, "ConsumedCapacity"))
	}},
}

const (
	conditionFailed = "ConditionalCheckFailedException"
	internalFailure = "InternalFailure"

	besideWrongPart = "the conditions beside a wrong part"
)

// isOf tells whether a refusal is for a fault of a stage.
func (o outcome) isOf(stage stage) bool {
	told, known := faultOf(o.message)
	return o.code != "" && known && told.stage == stage
}

// isUnreadable tells whether a refusal is for an expression that cannot be read at all.
func (o outcome) isUnreadable() bool {
	return o.tells("syntax") || o.tells("empty expression") || o.tells("expression too long")
}

// tells tells whether a refusal, or one of its reasons, is for a fault.
func (o outcome) tells(name string) bool {
	told, known := faultOf(o.message)
	return o.code != "" && known && told.name == name || slices.ContainsFunc(o.reasons, func(given any) bool {
		return outcome{answer: reason(given)}.tells(name)
	})
}

func sameFault(a, b outcome) bool {
	one, known := faultOf(a.message)
	two, also := faultOf(b.message)
	return known && also && one.name == two.name
}

var expressionKind = regexp.MustCompile(`(\w+Expression)`)

// ofDifferentExpressions tells whether two texts are about two expressions of one request.
func ofDifferentExpressions(a, b outcome) bool {
	one, two := expressionKind.FindString(a.message), expressionKind.FindString(b.message)
	return one != "" && two != "" && one != two
}

// onlyRemoves tells whether a step has an update that takes things away and puts none there.
func (s step) onlyRemoves() bool {
	var request struct {
		UpdateExpression string
		TransactItems    []struct {
			Update struct{ UpdateExpression string }
		}
	}
	if json.Unmarshal([]byte(s.body), &request) != nil {
		return false
	}
	updates := []string{request.UpdateExpression}
	for _, part := range request.TransactItems {
		updates = append(updates, part.Update.UpdateExpression)
	}
	return slices.ContainsFunc(updates, func(update string) bool {
		words := strings.Fields(strings.ToUpper(update))
		return (slices.Contains(words, "REMOVE") || slices.Contains(words, "DELETE")) && !slices.Contains(words, "SET") && !slices.Contains(words, "ADD")
	})
}

func without(body object, name string) any {
	rest := canonical(body).(object)
	delete(rest, name)
	return rest
}

// isBounded tells whether a step reads a range of sort keys that has an end.
func (s step) isBounded() bool {
	return slices.ContainsFunc(s.used, func(use string) bool {
		return use == "key <=" || use == "key >=" || use == "key BETWEEN" || use == "key ="
	})
}

// hasItemTwice tells whether a transaction names an item twice.
func (s step) hasItemTwice() bool {
	var request struct {
		TransactItems []map[string]struct {
			TableName string
			Key, Item object
		}
	}
	if json.Unmarshal([]byte(s.body), &request) != nil {
		return false
	}
	seen := map[string]bool{}
	for _, part := range request.TransactItems {
		for _, of := range part {
			key := object{}
			for _, shape := range shapes() {
				for _, k := range shape.keys {
					if shape.name == of.TableName {
						key[k.name] = either(of.Key[k.name], of.Item[k.name])
					}
				}
			}
			name := of.TableName + encodeAny(normal(key))
			if seen[name] {
				return true
			}
			seen[name] = true
		}
	}
	return false
}

// isKey tells whether attributes are those of the step's key.
func (s step) isKey(attributes any) bool {
	var request object
	return json.Unmarshal([]byte(s.body), &request) == nil && reflect.DeepEqual(normal(attributes), normal(request["Key"]))
}

func isNormal(value any) bool { return reflect.DeepEqual(canonical(value), normal(value)) }

// wellTyped tells whether the members of a request have the JSON types of AWS's model.
func (s step) wellTyped() bool {
	var request object
	return json.Unmarshal([]byte(s.body), &request) == nil && wellTyped("", request)
}

func wellTyped(name string, value any) bool {
	_, isText := value.(string)
	_, isBool := value.(bool)
	_, isNumber := value.(float64)
	members, isObject := value.(map[string]any)
	elements, isArray := value.([]any)
	if value == nil {
		return true
	}
	switch name {
	case "TableName", "IndexName", "ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression",
		"ReturnConsumedCapacity", "ReturnValues", "ReturnValuesOnConditionCheckFailure", "Select", "ClientRequestToken", "S", "N", "B", "a name":
		return isText && (name != "B" || isBase64(value))
	case "ConsistentRead", "ScanIndexForward", "BOOL", "NULL":
		return isBool
	case "Limit", "Segment", "TotalSegments":
		return isNumber
	case "Key", "Item", "ExclusiveStartKey", "M", "ExpressionAttributeValues":
		return isObject && all(members, "a value")
	case "ExpressionAttributeNames":
		return isObject && all(members, "a name")
	case "Keys", "TransactItems", "L", "SS", "NS", "BS":
		kind := map[string]string{"Keys": "Key", "TransactItems": "a part", "L": "a value", "SS": "S", "NS": "N", "BS": "B"}[name]
		return isArray && !slices.ContainsFunc(elements, func(element any) bool { return element == nil || !wellTyped(kind, element) })
	case "RequestItems":
		return isObject && all(members, "the requests of a table")
	case "the requests of a table":
		return isObject && wellTyped("", members) || isArray && !slices.ContainsFunc(elements, func(element any) bool { return !wellTyped("a part", element) })
	}
	if !isObject {
		return false
	}
	for name, member := range members {
		if !wellTyped(name, member) {
			return false
		}
	}
	return true
}

func all(members object, name string) bool {
	for _, member := range members {
		if !wellTyped(name, member) {
			return false
		}
	}
	return true
}

func isBase64(value any) bool {
	text, _ := value.(string)
	_, err := base64.StdEncoding.DecodeString(text)
	return err == nil
}

func either(a, b any) any {
	if a != nil {
		return a
	}
	return b
}
