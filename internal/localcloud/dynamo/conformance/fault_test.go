package conformance_test

import "regexp"

// stage is when a request is checked for a fault. A request that has faults of several stages may get any of them told:
// AWS does not document the order.
type stage byte

const (
	ofValues        stage = iota + 1 // the JSON and the attribute values in it
	ofForm                           // members that are missing, too long, or not one of a few
	ofPlaceholders                   // names and values that are declared
	ofExpressions                    // what the expressions say
	ofUse                            // placeholders that no expression uses
	ofKeyConditions                  // what a key condition says of keys
	ofSelection                      // what Query and Scan select
	ofFilters                        // what a filter says of keys
	ofTables                         // tables and indexes that do not exist
	ofIndexes                        // what an index does not have
	ofPaths                          // paths into keys
	ofKeys                           // keys that do not fit
	ofStart                          // starting keys that do not fit
	ofLists                          // batches and transactions as a whole
	ofItems                          // items that are not allowed to be so
	ofUpdates                        // updates that the item does not allow
)

// fault is one thing that can be wrong with a request, with the texts by which AWS, the engine and DynamoDB Local tell it.
type fault struct {
	name  string
	stage stage
	texts *regexp.Regexp
}

// faults are looked up in this order.
var faults = []fault{
	{"no JSON of this form", ofValues, text(`cannot be converted to (String|Boolean|Integer|Long)|found where not expected|Unexpected field type|` +
		`Unrecognized collection type|is not valid JSON|base-64-encoded|Start of structure expected|does not fit the operation|Unexpected (value|token)|` +
		`Cannot deserialize|could not be (parsed|converted)`)},
	{"no number", ofValues, text(`cannot be converted (to a numeric value|into a number)`)},
	{"too many digits", ofValues, text(`more than 38 significant digits|precision up to 38 digits`)},
	{"number too large", ofValues, text(`Number overflow`)},
	{"number too small", ofValues, text(`Number underflow`)},
	{"value not of one type", ofValues, text(`Supplied AttributeValue is empty|null AttributeValue|Invalid attribute value type|more than one datatypes`)},
	{"no NULL", ofValues, text(`Null attribute value types must have the value of true`)},
	{"empty set", ofValues, text(`sets? +(may|should) not be empty`)},
	{"set with duplicates", ofValues, text(`Input collection.*contains duplicates`)},
	{"too deep", ofValues, text(`Nesting Levels have exceeded`)},
	{"attribute without a name", ofValues, text(`Empty attribute name`)},

	{"constraint", ofForm, text(`failed to satisfy constraint|Invalid table/index name|Return values set to invalid|ReturnValues can only be|must have length|` +
		`Cannot have null key|PutItem cannot be null|not in key list|Limit in ListTables must|must have some requests set|null or no requests set|is required: .* has empty list|cannot be null or empty|` +
		`must be greater than or equal to|Select must be|must be between|TotalSegments parameter|Segment parameter|[tT]otal segments?`)},
	{"too many in a batch", ofLists, text(`Too many items requested`)},

	{"placeholders without an expression", ofPlaceholders, text(`can only be specified when using expressions`)},
	{"no placeholders declared", ofPlaceholders, text(`ExpressionAttribute(Names|Values) must not be empty`)},
	{"invalid placeholder", ofValues, text(`contains invalid key`)},

	{"syntax", ofExpressions, text(`Syntax error`)},
	{"empty expression", ofExpressions, text(`expression can not be empty`)},
	{"expression too long", ofExpressions, text(`Expression size has exceeded`)},
	{"redundant parentheses", ofExpressions, text(`redundant parentheses`)},
	{"reserved word", ofExpressions, text(`reserved keyword`)},
	{"unknown function", ofExpressions, text(`Invalid function name`)},
	{"function of another expression", ofExpressions, text(`function is not allowed in`)},
	{"function used wrongly", ofExpressions, text(`not allowed to be used this way`)},
	{"clause twice", ofExpressions, text(`section can only be used once`)},
	{"undefined name", ofExpressions, text(`attribute name used in the document path is not defined`)},
	{"undefined value", ofExpressions, text(`attribute value used in expression is not defined`)},
	{"overlapping paths", ofExpressions, text(`paths overlap`)},
	{"conflicting paths", ofExpressions, text(`paths conflict`)},
	{"number of operands", ofExpressions, text(`Incorrect number of operands|IN operator is provided with too many`)},
	{"operand twice", ofExpressions, text(`must be distinct from the remaining`)},
	{"operand type", ofExpressions, text(`Incorrect operand type|Invalid attribute type name|requires a document path|BETWEEN operator requires|List index is not within`)},
	{"too many operators", ofExpressions, text(`too many operators`)},
	{"path too deep", ofExpressions, text(`too many nesting levels`)},
	{"key condition", ofKeyConditions, text(`[Cc]ondition parameter type|Query condition missed|Query key condition not supported|KeyConditionExpression|Conditions can be of length`)},

	{"unused names", ofUse, text(`ExpressionAttributeNames unused`)},
	{"unused values", ofUse, text(`ExpressionAttributeValues unused`)},

	{"Select", ofSelection, text(`choosing to get|ALL_PROJECTED_ATTRIBUTES can be used|Select type`)},
	{"filter on a key", ofFilters, text(`non-primary key attributes`)},

	{"table exists", ofTables, text(`Table already exists|preexisting table`)},
	{"no table", ofTables, text(`resource not found|non-existent table|Table: `)},
	{"no index", ofTables, text(`does not have the specified index`)},
	{"consistent read of an index", ofIndexes, text(`[Cc]onsistent reads?`)},
	{"not projected", ofIndexes, text(`does not project`)},
	{"key with parts", ofPaths, text(`Key attributes must be scalars`)},

	{"starting key", ofStart, text(`[Ss]tarting key|Exclusive Start Key|ExclusiveStartKey`)},
	{"update of the key", ofKeys, text(`part of the key`)},
	{"key too long", ofKeys, text(`Size of hashkey|Aggregated size of all range keys|primary key values must be under|Size limit exceeded`)},
	{"empty key", ofKeys, text(`key attribute cannot contain an empty|empty (string|binary) value`)},
	{"key of an index", ofKeys, text(`Type mismatch for Index Key`)},
	{"key", ofKeys, text(`does not match the schema|number of conditions on the keys|Missing the key|required keys was not given|Type mismatch for key`)},

	{"duplicate keys", ofLists, text(`item keys contains duplicates`)},
	{"one item twice in a transaction", ofLists, text(`multiple operations on one item`)},
	{"part of a transaction", ofLists, text(`TransactItems can only contain|should contain`)},
	{"transaction too large", ofLists, text(`payload size cannot exceed`)},

	{"item too large", ofItems, text(`Item size`)},
	{"key of an index by an update", ofUpdates, text(`secondary index key`)},
	{"path that is not there", ofUpdates, text(`document path provided in the update expression`)},
	{"attribute that is not there", ofUpdates, text(`refers to an attribute that does not exist`)},
	{"operand of the wrong type", ofUpdates, text(`An operand in the update expression|Type mismatch for attribute`)},
}

func text(pattern string) *regexp.Regexp { return regexp.MustCompile(pattern) }

// faultOf finds what a text tells.
func faultOf(message string) (fault, bool) {
	for _, known := range faults {
		if known.texts.MatchString(message) {
			return known, true
		}
	}
	return fault{}, false
}
