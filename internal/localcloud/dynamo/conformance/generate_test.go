package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// step is one step of a sequence: a call, or several that read all pages.
type step struct {
	operation string
	body      string
	reading   reading
	used      []string // functions, operators and clauses of its expressions
}

// reading says how a step reads, and so what is compared.
type reading byte

const (
	once        reading = iota // one call
	allPages                   // all pages, in order
	allUnsorted                // all pages, whose items come in an order that is no one's business
)

func (s step) String() string { return s.operation + " " + s.body }

// generator makes the steps of a sequence.
type generator struct {
	random
	tables   []shape
	large    bool   // items are large, so that pages and transactions are full
	repeated []step // transactions with a token, to come again
	tokens   int
}

// sequence makes a sequence of steps on tables that are new.
func sequence(seed, number uint64, length int) []step {
	g := &generator{random: newRandom(seed, number), tables: shapes()}
	g.large = number%16 == 15
	steps := make([]step, 0, length)
	for len(steps) < length {
		steps = append(steps, g.step())
	}
	return steps
}

func (g *generator) table() shape {
	if g.chance(70) || g.large && g.chance(80) {
		return g.tables[0]
	}
	return pick(g.random, g.tables...)
}

func (g *generator) step() step {
	return choose(g.random,
		choice[step]{14, g.putItem},
		choice[step]{22, g.updateItem},
		choice[step]{5, g.deleteItem},
		choice[step]{6, g.getItem},
		choice[step]{16, g.query},
		choice[step]{g.moreIfLarge(15), g.query},
		choice[step]{6, g.scan},
		choice[step]{4, g.batchGet},
		choice[step]{5, g.batchWrite},
		choice[step]{9, g.transactWrite},
		choice[step]{3, g.transactGet},
		choice[step]{1, g.tableOperation},
	)
}

func (g *generator) moreIfLarge(weight int) int {
	if g.large {
		return weight
	}
	return 0
}

// finish makes a step of a request, now and then with a fault.
func (g *generator) finish(operation string, request object, s *scope) step {
	if s != nil {
		s.declare(request)
	}
	made := step{operation: operation}
	if s != nil {
		made.used = s.used
	}
	if g.chance(15) {
		request["ReturnConsumedCapacity"] = pick(g.random, "TOTAL", "INDEXES", "NONE")
	}
	if g.chance(9) {
		g.spoil(request)
	}
	made.body = encode(request)
	return made
}

func encode(request object) string {
	encoded, err := json.Marshal(request)
	if err != nil {
		panic(err) // it is made of texts, maps and lists
	}
	return string(encoded)
}

// addCondition perhaps adds a ConditionExpression.
func (s *scope) addCondition(request object, percent int) {
	if s.chance(percent) {
		request["ConditionExpression"] = s.condition(2)
		if s.chance(40) {
			request["ReturnValuesOnConditionCheckFailure"] = pick(s.random, "ALL_OLD", "ALL_OLD", "NONE")
		}
	}
}

func (g *generator) putItem() step {
	table, s := g.table(), g.scope()
	request := object{"TableName": table.name, "Item": g.item(table)}
	if g.large {
		g.pad(request["Item"].(object))
	}
	s.addCondition(request, 40)
	if g.chance(40) {
		request["ReturnValues"] = pick(g.random, "ALL_OLD", "ALL_OLD", "NONE")
	}
	return g.finish("PutItem", request, s)
}

// pad makes an item large, often by little smaller or larger than an item may be.
func (g *generator) pad(item object) {
	size := 200_000 + g.IntN(200_000)
	if g.chance(50) {
		size = 409_600 - g.IntN(160)
	}
	item["pad"] = object{"S": strings.Repeat("x", size)}
}

func (g *generator) updateItem() step {
	table, s := g.table(), g.scope()
	request := object{"TableName": table.name, "Key": g.key(table)}
	if !g.chance(2) {
		request["UpdateExpression"] = s.update()
	}
	s.addCondition(request, 35)
	if g.chance(70) {
		request["ReturnValues"] = pick(g.random, "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "NONE")
	}
	return g.finish("UpdateItem", request, s)
}

func (g *generator) deleteItem() step {
	table, s := g.table(), g.scope()
	request := object{"TableName": table.name, "Key": g.key(table)}
	s.addCondition(request, 60)
	if g.chance(50) {
		request["ReturnValues"] = pick(g.random, "ALL_OLD", "NONE")
	}
	return g.finish("DeleteItem", request, s)
}

func (g *generator) getItem() step {
	table, s := g.table(), g.scope()
	request := object{"TableName": table.name, "Key": g.key(table)}
	g.consistently(request)
	if g.chance(50) {
		request["ProjectionExpression"] = s.projection()
	}
	return g.finish("GetItem", request, s)
}

func (g *generator) consistently(request object) {
	if g.chance(30) {
		request["ConsistentRead"] = g.chance(70)
	}
}

// selection adds what Query and Scan have in common.
func (g *generator) selection(request object, s *scope, index string) {
	s.notKeys = true
	if index == "" {
		g.consistently(request)
	} else if request["IndexName"] = index; g.chance(2) {
		request["ConsistentRead"] = true
	}
	if g.chance(40) {
		request["FilterExpression"] = s.condition(2)
	}
	switch g.IntN(4) {
	case 0:
		request["ProjectionExpression"] = s.projection()
		if g.chance(20) {
			request["Select"] = "SPECIFIC_ATTRIBUTES"
		}
	case 1:
		request["Select"] = pick(g.random, "COUNT", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES")
	}
	if !g.large && g.chance(50) || g.chance(10) {
		request["Limit"] = 1 + g.IntN(5)
	}
}

func (g *generator) query() step {
	table, s := g.table(), g.scope()
	keys, name := table.keys, ""
	if len(table.indexes) > 0 && g.chance(45) {
		index := pick(g.random, table.indexes...)
		keys, name, s.has = index.keys, index.name, index.has
	}
	request := object{"TableName": table.name}
	request["KeyConditionExpression"] = s.keyCondition(keys)
	g.selection(request, s, name)
	if g.chance(40) {
		request["ScanIndexForward"] = g.chance(30)
	}
	reads := allPages
	if g.chance(10) {
		reads = once
		request["ExclusiveStartKey"] = g.start(table, keys)
	}
	made := g.finish("Query", request, s)
	made.reading = reads
	return made
}

// start makes an ExclusiveStartKey that is usually one of the table and its index.
func (g *generator) start(table shape, keys []key) object {
	start := g.key(table)
	for _, k := range keys {
		start[k.name] = g.keyValue(k)
	}
	if g.chance(5) {
		start[pick(g.random, "x", "PK", "SK", "G")] = g.anyValue(0)
	}
	if g.chance(5) {
		delete(start, pick(g.random, "PK", "SK", "id", "at", "G", "H"))
	}
	return start
}

func (s *scope) keyCondition(keys []key) string {
	parts := []string{s.name(keys[0].name) + pick(s.random, " = ", "=") + s.constant(s.keyValue(keys[0]))}
	if s.chance(5) {
		parts[0] = s.constant(s.keyValue(keys[0])) + " = " + s.name(keys[0].name)
	}
	if len(keys) > 1 && s.chance(60) && (!s.large || s.chance(30)) {
		k := keys[1]
		name := s.name(k.name)
		value := func() string { return s.constant(s.keyValue(k)) }
		parts = append(parts, choose(s.random,
			choice[string]{2, func() string {
				s.use("key BETWEEN")
				low, high := s.keyValue(k), s.keyValue(k)
				if k.kind != "N" && low[k.kind].(string) > high[k.kind].(string) && !s.chance(5) {
					low, high = high, low
				}
				return name + " BETWEEN " + s.constant(low) + " AND " + s.constant(high)
			}},
			choice[string]{6, func() string {
				operator := pick(s.random, "=", "<", "<=", ">", ">=")
				s.use("key " + operator)
				if s.chance(10) {
					return value() + " " + operator + " " + name
				}
				return name + " " + operator + " " + value()
			}},

			choice[string]{2, func() string {
				if k.kind == "N" && !s.chance(10) {
					return name + " = " + value()
				}
				s.use("key begins_with")
				return "begins_with(" + name + "," + value() + ")"
			}},
		))
	}
	if s.chance(3) {
		parts = append(parts, s.predicate())
	}
	if s.chance(20) {
		slices.Reverse(parts)
	}
	if s.chance(10) {
		parts[0] = "(" + parts[0] + ")"
	}
	return strings.Join(parts, pick(s.random, " AND ", " AND ", " and ", " AND ", " AND ", " AND ", " AND ", pick(s.random, " AND ", " OR ")))
}

func (g *generator) scan() step {
	table, s := g.table(), g.scope()
	request := object{"TableName": table.name}
	name, keys := "", table.keys
	if len(table.indexes) > 0 && g.chance(35) {
		index := pick(g.random, table.indexes...)
		name, keys, s.has = index.name, index.keys, index.has
	}
	g.selection(request, s, name)
	reads := allUnsorted
	if g.chance(15) {
		request["TotalSegments"] = 1 + g.IntN(4) // each segment is read
		request["Segment"] = 0
	}
	if _, segmented := request["Segment"]; !segmented && g.chance(3) {
		reads = once
		request["ExclusiveStartKey"] = g.start(table, keys)
	}
	made := g.finish("Scan", request, s)
	made.reading = reads
	return made
}

func (g *generator) batchGet() step {
	items := object{}
	used := []string{}
	for _, table := range g.tables {
		if len(items) > 0 && !g.chance(30) {
			continue
		}
		keys := g.distinctKeys(table, 1+g.IntN(6))
		s := g.scope()
		request := object{"Keys": keys}
		g.consistently(request)
		if g.chance(30) {
			request["ProjectionExpression"] = s.projection()
		}
		s.declare(request)
		used = append(used, s.used...)
		items[table.name] = request
	}
	if g.chance(3) {
		items = pick(g.random, object{}, object{"letters": object{"Keys": []any{}}}, object{"letters": object{}}, object{"missing": object{"Keys": []any{g.key(g.tables[0])}}},
			object{"numbers": object{"Keys": many(pick(g.random, 99, 100, 101, 120))}}, object{"letters": object{"Keys": g.twice(g.tables[0])}},
			object{"letters": object{"Keys": []any{g.key(g.tables[1])}}})
	}
	made := g.finish("BatchGetItem", object{"RequestItems": items}, nil)
	made.used = used
	return made
}

// many makes distinct keys of the table numbers.
func many(count int) []any {
	keys := []any{}
	for i := range count {
		keys = append(keys, object{"id": object{"N": fmt.Sprint(i)}})
	}
	return keys
}

func (g *generator) twice(table shape) []any {
	key := g.key(table)
	return []any{key, g.key(table), key}
}

// distinctKeys makes keys that differ, seldom two that do not.
func (g *generator) distinctKeys(table shape, count int) []any {
	keys, seen := []any{}, map[string]bool{}
	for range count {
		key := g.key(table)
		if text := encode(key); !seen[text] || g.chance(1) {
			seen[text] = true
			keys = append(keys, key)
		}
	}
	return keys
}

func (g *generator) batchWrite() step {
	items := object{}
	for _, table := range g.tables {
		if len(items) > 0 && !g.chance(30) {
			continue
		}
		writes := []any{}
		for _, key := range g.distinctKeys(table, 1+g.IntN(8)) {
			if g.chance(60) {
				item := g.item(table)
				maps.Copy(item, key.(object))
				writes = append(writes, object{"PutRequest": object{"Item": item}})
			} else {
				writes = append(writes, object{"DeleteRequest": object{"Key": key}})
			}
		}
		items[table.name] = writes
	}
	if g.chance(4) {
		key := g.key(g.tables[0])
		put, remove := object{"PutRequest": object{"Item": key}}, object{"DeleteRequest": object{"Key": key}}
		items = pick(g.random, object{}, object{"letters": []any{}}, object{"missing": []any{put}}, object{"letters": []any{put, remove}},
			object{"letters": []any{remove, remove}}, object{"letters": []any{object{}}},
			object{"letters": []any{object{"PutRequest": object{"Item": key}, "DeleteRequest": object{"Key": key}}}},
			object{"letters": []any{object{"PutRequest": object{}}}}, object{"numbers": manyPuts(pick(g.random, 24, 25, 26, 30))},
			object{"numbers": manyPuts(13), "letters": manyLetters(13)})
	}
	return g.finish("BatchWriteItem", object{"RequestItems": items}, nil)
}

func manyPuts(count int) []any {
	writes := []any{}
	for _, key := range many(count) {
		writes = append(writes, object{"PutRequest": object{"Item": key}})
	}
	return writes
}

func manyLetters(count int) []any {
	writes := []any{}
	for i := range count {
		writes = append(writes, object{"DeleteRequest": object{"Key": object{"PK": object{"S": "p"}, "SK": object{"S": fmt.Sprint(i)}}}})
	}
	return writes
}

func (g *generator) transactWrite() step {
	if len(g.repeated) > 0 && g.chance(15) {
		again := pick(g.random, g.repeated...)
		if g.chance(30) {
			another := encode(object{"ConditionCheck": object{"TableName": "numbers", "Key": object{"id": object{"N": "77"}}, "ConditionExpression": "attribute_not_exists(id)"}})
			again.body = strings.Replace(again.body, `"TransactItems":[`, `"TransactItems":[`+another+`,`, 1)
		}
		return again
	}
	parts, used := []any{}, []string{}
	seen := map[string]bool{}
	count := 1 + g.IntN(5)
	if g.large && g.chance(10) {
		return g.finish("TransactWriteItems", object{"TransactItems": g.largePuts(9 + g.IntN(4))}, nil)
	}
	for range count {
		table := g.table()
		key := g.key(table)
		if text := encode(key); seen[text] && !g.chance(3) {
			continue
		} else {
			seen[text] = true
		}
		kind, part, functions := g.transactPart(table, key)
		used = append(used, functions...)
		parts = append(parts, object{kind: part})
	}
	request := object{"TransactItems": parts}
	token := g.chance(25)
	if token {
		g.tokens++
		request["ClientRequestToken"] = fmt.Sprintf("NONCE-%d", g.tokens)
		if g.chance(2) {
			request["ClientRequestToken"] = pick(g.random, "", strings.Repeat("t", 36), strings.Repeat("t", 37))
		}
	}
	if g.chance(3) {
		one := object{"Put": object{"TableName": "letters", "Item": g.key(g.tables[0])}}
		get := object{"Get": object{"TableName": "letters", "Key": g.key(g.tables[0])}}
		two := object{"Put": one["Put"], "Delete": get["Get"]}
		check := object{"ConditionCheck": object{"TableName": "letters", "Key": g.key(g.tables[0])}}
		request["TransactItems"] = pick(g.random, []any{}, []any{one, one}, []any{object{}}, []any{get}, []any{two}, []any{check},
			manyTransactPuts(100), manyTransactPuts(101), []any{object{"Update": get["Get"]}})
	}
	made := g.finish("TransactWriteItems", request, nil)
	made.used = used
	if token {
		g.repeated = append(g.repeated, made)
	}
	return made
}

// largePuts makes puts of which some ten are more than a transaction may hold.
func (g *generator) largePuts(count int) []any {
	parts := manyTransactPuts(count)
	for _, part := range parts {
		g.pad(part.(object)["Put"].(object)["Item"].(object))
	}
	return parts
}

func manyTransactPuts(count int) []any {
	parts := []any{}
	for _, key := range many(count) {
		parts = append(parts, object{"Put": object{"TableName": "numbers", "Item": key}})
	}
	return parts
}

func (g *generator) transactPart(table shape, key object) (string, object, []string) {
	s := g.scope()
	kind := pick(g.random, "Put", "Update", "Update", "Delete", "ConditionCheck")
	part := object{"TableName": table.name}
	if kind == "Put" {
		item := g.item(table)
		maps.Copy(item, key)
		if g.large {
			g.pad(item)
		}
		part["Item"] = item
	} else {
		part["Key"] = key
	}
	if kind == "Update" {
		part["UpdateExpression"] = s.update()
	}
	if kind == "ConditionCheck" {
		s.addCondition(part, 99)
	} else {
		s.addCondition(part, 25)
	}
	s.declare(part)
	if g.chance(1) {
		g.spoil(part)
	}
	return kind, part, s.used
}

func (g *generator) transactGet() step {
	parts, used := []any{}, []string{}
	for _, table := range g.tables {
		if len(parts) > 0 && !g.chance(40) {
			continue
		}
		for _, key := range g.distinctKeys(table, 1+g.IntN(5)) {
			s := g.scope()
			get := object{"TableName": table.name, "Key": key}
			if g.chance(40) {
				get["ProjectionExpression"] = s.projection()
			}
			s.declare(get)
			if g.chance(1) {
				g.spoil(get)
			}
			used = append(used, s.used...)
			parts = append(parts, object{"Get": get})
		}
	}
	if g.chance(3) {
		get := object{"Get": object{"TableName": "letters", "Key": g.key(g.tables[0])}}
		parts = pick(g.random, []any{}, []any{get, get}, []any{object{}}, []any{object{"Put": object{"TableName": "letters", "Item": g.key(g.tables[0])}}})
	}
	made := g.finish("TransactGetItems", object{"TransactItems": parts}, nil)
	made.used = used
	return made
}

// tableOperation makes a call that concerns tables, not items.
func (g *generator) tableOperation() step {
	table := g.table()
	name := table.name
	if g.chance(15) {
		name = pick(g.random, "missing", "", "x", "a/b")
	}
	request := object{"TableName": name}
	switch operation := pick(g.random, "DescribeTable", "ListTables", "DescribeTimeToLive", "UpdateTimeToLive", "CreateTable", "DeleteTable"); operation {
	case "ListTables":
		request = object{}
		if g.chance(50) {
			request["Limit"] = pick(g.random, 0, 1, 2, 3, 100, 101)
		}
		if g.chance(30) {
			request["ExclusiveStartTableName"] = pick(g.random, "letters", "bytes", "c", "x")
		}
		return step{operation: operation, body: encode(request)}
	case "UpdateTimeToLive":
		request["TimeToLiveSpecification"] = object{"Enabled": g.chance(70), "AttributeName": pick(g.random, "ends", "ends", "ends", "other", "")}
		return step{operation: operation, body: encode(request)}
	case "CreateTable":
		return step{operation: operation, body: g.definition()}
	case "DeleteTable":
		if name == table.name {
			request["TableName"] = "extra"
		}
		return step{operation: operation, body: encode(request)}
	default:
		return step{operation: operation, body: encode(request)}
	}
}

// definition makes a CreateTable with a fault, or of the table extra.
func (g *generator) definition() string {
	attribute := func(name, kind string) any { return object{"AttributeName": name, "AttributeType": kind} }
	element := func(name, kind string) any { return object{"AttributeName": name, "KeyType": kind} }
	gsi := func(name string, projection object, keys ...any) any {
		return object{"IndexName": name, "KeySchema": keys, "Projection": projection}
	}
	all := object{"ProjectionType": "ALL"}
	request := object{
		"TableName": "extra", "BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions":   []any{attribute("a", "S"), attribute("b", "N")},
		"KeySchema":              []any{element("a", "HASH"), element("b", "RANGE")},
		"GlobalSecondaryIndexes": []any{gsi("turned", all, element("b", "HASH"))},
	}
	faults := []func(){
		func() {},
		func() { request["TableName"] = pick(g.random, "letters", "x", "a/b", strings.Repeat("x", 256)) },
		func() { delete(request, pick(g.random, slices.Sorted(maps.Keys(request))...)) },
		func() { request["KeySchema"] = []any{element("a", "RANGE")} },
		func() { request["KeySchema"] = []any{element("a", "HASH"), element("b", "HASH")} },
		func() { request["KeySchema"] = []any{element("a", "HASH"), element("a", "RANGE")} },
		func() { request["KeySchema"] = []any{element("a", "HASH"), element("c", "RANGE")} },
		func() { request["KeySchema"] = []any{} },
		func() {
			request["KeySchema"] = []any{element("a", "HASH"), element("b", "RANGE"), element("b", "RANGE")}
		},
		func() { request["AttributeDefinitions"] = []any{attribute("a", "S"), attribute("b", "X")} },
		func() {
			request["AttributeDefinitions"] = []any{attribute("a", "S"), attribute("b", "N"), attribute("c", "N")}
		},
		func() {
			request["AttributeDefinitions"] = []any{attribute("a", "S"), attribute("b", "N"), attribute("b", "S")}
		},
		func() { request["GlobalSecondaryIndexes"] = []any{} },
		func() {
			request["GlobalSecondaryIndexes"] = []any{gsi("turned", all, element("b", "HASH")), gsi("turned", all, element("b", "HASH"))}
		},
		func() { request["GlobalSecondaryIndexes"] = []any{gsi("turned", object{}, element("b", "HASH"))} },
		func() {
			request["GlobalSecondaryIndexes"] = []any{gsi("turned", object{"ProjectionType": "SOME"}, element("b", "HASH"))}
		},
		func() {
			request["GlobalSecondaryIndexes"] = []any{gsi("turned", object{"ProjectionType": "INCLUDE"}, element("b", "HASH"))}
		},
		func() {
			request["GlobalSecondaryIndexes"] = []any{gsi("turned", object{"ProjectionType": "ALL", "NonKeyAttributes": []any{"x"}}, element("b", "HASH"))}
		},
		func() { request["GlobalSecondaryIndexes"] = []any{gsi("x", all, element("b", "HASH"))} },
		func() { request["GlobalSecondaryIndexes"] = []any{gsi("turned", all, element("b", "RANGE"))} },
		func() { request["GlobalSecondaryIndexes"] = []any{gsi("turned", all, element("c", "HASH"))} },
		func() { request["BillingMode"] = pick(g.random, "PROVISIONED", "FREE") },
		func() { request["ProvisionedThroughput"] = object{"ReadCapacityUnits": 1, "WriteCapacityUnits": 1} },
		func() {
			request["BillingMode"] = "PROVISIONED"
			request["ProvisionedThroughput"] = object{"ReadCapacityUnits": 0, "WriteCapacityUnits": 1}
		},
	}
	pick(g.random, faults...)()
	return encode(request)
}
