package conformance_test

import (
	"maps"
	"slices"
	"strings"
)

// expressions are the members that hold one.
var expressions = []string{"ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"}

// spoil puts one fault into a request.
func (g *generator) spoil(request object) {
	var present []string
	for _, name := range expressions {
		if _, given := request[name]; given {
			present = append(present, name)
		}
	}
	if len(present) > 0 && g.chance(55) {
		g.spoilExpression(request, pick(g.random, present...))
		return
	}
	g.spoilMember(request)
}

func (g *generator) spoilExpression(request object, name string) {
	text := request[name].(string)
	names, _ := request["ExpressionAttributeNames"].(object)
	values, _ := request["ExpressionAttributeValues"].(object)
	set := func(text string) func() { return func() { request[name] = text } }
	faults := []func(){
		set(""), set(" "),
		set(text[:g.IntN(len(text))]),
		func() {
			at := g.IntN(len(text))
			request[name] = text[:at] + pick(g.random, "(", ")", ",", "=", " AND ", "#", ":", ".", "[", "]", "1", "é", " ", "<", "$", "SET ", "IN", "-") + text[at:]
		},
		set(text + " " + text),
		set("((" + text + "))"),
		set("(" + text + ")"),
		set(text + strings.Repeat(" ", 4097-min(4096, len(text)))),
		set(strings.ReplaceAll(text, "n", "name")),
		set(pick(g.random, "size(n)", "n", "foo(n)", ":v0", "attribute_exists(n) = :v0", "size(n) = size(n)", "n = n", "attribute_exists(:v0)", "begins_with(n)",
			"contains(n, n)", "begins_with(s, s)", "n BETWEEN n AND p", "s IN (s)", "p IN (n, p)", "attribute_type(s, s)", "size(n) BETWEEN size(n) AND p", "size(s) IN (size(s))", "n.x.y[0].z = n", "if_not_exists(n, s)", "n BETWEEN s AND p", "a.b[2147483648] = s", "a[-1] = n", "n IN ()", "NOT NOT attribute_exists(n)",
			"SET n = size(s)", "SET n = n + p + a", "SET n = if_not_exists(s, p), s = list_append(l, l)", "SET n = p SET p = n", "SET m.x = n, m = n", "SET m.x = n, m[0] = n",
			"REMOVE n, n", "SET n = foo(n)", "SET n = list_append(n)", "ADD n p", "DELETE n", "SET l[0] = n, l[1] = p", "REMOVE l[0], l[0]", "n, n", "m, m.x", "m.x, m[0]", "l[0], l[0].x", "PK.x = n", "SK[0] = n")),
		func() { request[name] = strings.Repeat("(", 5) + text + strings.Repeat(")", 5) },
		func() {
			request[name] = "attribute_exists(n)" + strings.Repeat(pick(g.random, " AND ", " OR ")+"attribute_exists(n)", pick(g.random, 100, 149, 150, 151))
		},
		func() { request[name] = "n IN (" + strings.Repeat("p,", pick(g.random, 98, 99, 100)) + "p)" },
		func() { request[name] = "attribute_exists(n" + strings.Repeat(".n", pick(g.random, 30, 31, 32)) + ")" },
		func() { request[name] = strings.Repeat("NOT ", 10) + text },
		func() { request["ExpressionAttributeNames"] = object{} },
		func() { request["ExpressionAttributeValues"] = object{} },
		func() { with(request, "ExpressionAttributeNames", "#unused", "u") },
		func() { with(request, "ExpressionAttributeValues", ":unused", object{"S": "u"}) },
		func() {
			with(request, "ExpressionAttributeValues", pick(g.random, "unused", ":", ":a-b", "#x", ""), object{"S": "u"})
		},
		func() {
			with(request, "ExpressionAttributeNames", pick(g.random, "unused", "#", "#a-b", ":x", ""), "u")
		},
	}
	if len(names) > 0 {
		some := pick(g.random, slices.Sorted(maps.Keys(names))...)
		faults = append(faults, func() { delete(names, some) }, func() { delete(names, some) }, func() { names[some] = pick[any](g.random, "", 1, object{}) })
	}
	if len(values) > 0 {
		some := pick(g.random, slices.Sorted(maps.Keys(values))...)
		faults = append(faults, func() { delete(values, some) }, func() { delete(values, some) }, func() { values[some] = g.faultyValue() },
			func() { values[some] = g.faultyValue() }, func() { values[some] = g.value(pick(g.random, kinds...), 1) },
			func() { values[some] = g.value(pick(g.random, kinds...), 1) })
	}
	pick(g.random, faults...)()
}

func with(request object, member, name string, value any) {
	members, _ := request[member].(object)
	if members == nil {
		members = object{}
	}
	members[name] = value
	request[member] = members
}

// spoilMember spoils a member that is no expression.
func (g *generator) spoilMember(request object) {
	faults := []func(){
		func() { delete(request, pick(g.random, slices.Sorted(maps.Keys(request))...)) },
		func() {
			request["TableName"] = pick[any](g.random, "missing", "x", "", "a/b", strings.Repeat("x", 256), 1, nil)
		},
		func() { request["ReturnConsumedCapacity"] = "SOME" },
		func() {
			request[pick(g.random, "ConditionExpression", "UpdateExpression", "FilterExpression", "ProjectionExpression", "KeyConditionExpression")] = pick[any](g.random, "n = :n", "n", "", 1)
		},
		func() { request["ExpressionAttributeValues"] = object{":v": object{"S": "x"}} },
		func() { request["ExpressionAttributeNames"] = object{"#v": "x"} },
		func() {
			request[pick(g.random, slices.Sorted(maps.Keys(request))...)] = pick[any](g.random, 5, "text", []any{}, object{}, true, nil)
		},
		func() { request["ReturnValues"] = pick(g.random, "ALL_NEW", "UPDATED_NEW", "SOME", "ALL_OLD", "") },
		func() { request["ReturnValuesOnConditionCheckFailure"] = pick(g.random, "ALL_OLD", "SOME") },
	}
	for _, member := range []string{"Key", "Item", "ExclusiveStartKey"} {
		value, _ := request[member].(object)
		if len(value) == 0 {
			continue
		}
		some := pick(g.random, slices.Sorted(maps.Keys(value))...)
		spoiled := []func(){
			func() { delete(value, some) },
			func() { value[some] = g.faultyValue() },
			func() { value[some] = g.value(pick(g.random, kinds...), 1) },
			func() { value["extra"] = object{"S": "x"} },
			func() { value[""] = object{"S": "x"} },
			func() {
				value[some] = pick(g.random, object{"S": ""}, object{"B": ""}, object{"S": strings.Repeat("k", 1024)}, object{"S": strings.Repeat("k", 1025)}, object{"S": strings.Repeat("k", 2049)})
			},
			func() { value["extra"] = g.faultyValue() },
		}
		faults = append(faults, spoiled...)
		faults = append(faults, spoiled...)
	}
	if _, query := request["Select"]; query || request["FilterExpression"] != nil || request["Limit"] != nil || request["KeyConditionExpression"] != nil {
		faults = append(faults,
			func() { request["Limit"] = pick[any](g.random, 0, -1, "1", 1.5) },
			func() {
				request["Select"] = pick(g.random, "SOME", "SPECIFIC_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES")
			},
			func() { request["IndexName"] = pick[any](g.random, "missing", "x", "", "a/b", nil) },
			func() { request["Segment"] = pick(g.random, 0, 1, -1, 4, 1000000) },
			func() { request["TotalSegments"] = pick(g.random, 0, 1, -1, 4, 1000001) },
			func() { request["ScanIndexForward"] = pick[any](g.random, "true", 1) },
		)
	}
	pick(g.random, faults...)()
}
