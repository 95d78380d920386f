package conformance_test

// key is an attribute of a key.
type key struct{ name, kind string }

// shape is a table as the generator knows it.
type shape struct {
	name       string
	definition string // the body of CreateTable
	keys       []key
	indexes    []index
}

type index struct {
	name string
	keys []key
	has  []string // the attributes of an index that has not all
}

// shapes are the tables of each sequence: with all types of keys, with and without sort keys, with each projection.
func shapes() []shape {
	return []shape{
		{
			name: "letters",
			definition: `{"TableName":"letters","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},{"AttributeName":"SK","AttributeType":"S"},
		{"AttributeName":"G","AttributeType":"S"},{"AttributeName":"H","AttributeType":"N"}],
	"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[
		{"IndexName":"all","KeySchema":[{"AttributeName":"G","KeyType":"HASH"},{"AttributeName":"H","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"ALL"}},
		{"IndexName":"some","KeySchema":[{"AttributeName":"G","KeyType":"HASH"}],
			"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a","n"]}},
		{"IndexName":"keys","KeySchema":[{"AttributeName":"H","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
			"Projection":{"ProjectionType":"KEYS_ONLY"}}]}`,
			keys: []key{{"PK", "S"}, {"SK", "S"}},
			indexes: []index{
				{"all", []key{{"G", "S"}, {"H", "N"}}, nil}, {"some", []key{{"G", "S"}}, []string{"a", "n"}}, {"keys", []key{{"H", "N"}, {"SK", "S"}}, []string{"H", "G"}},
			},
		},
		{
			name: "numbers",
			definition: `{"TableName":"numbers","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"N"}],"KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}`,
			keys: []key{{"id", "N"}},
		},
		{
			name: "bytes",
			definition: `{"TableName":"bytes","BillingMode":"PROVISIONED","ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5},
	"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"B"},{"AttributeName":"at","AttributeType":"N"},
		{"AttributeName":"b","AttributeType":"B"}],
	"KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"at","KeyType":"RANGE"}],
	"GlobalSecondaryIndexes":[{"IndexName":"turned","KeySchema":[{"AttributeName":"id","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],
		"Projection":{"ProjectionType":"ALL"},"ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}}]}`,
			keys:    []key{{"id", "B"}, {"at", "N"}},
			indexes: []index{{"turned", []key{{"id", "B"}, {"b", "B"}}, nil}},
		},
	}
}

// keyValue draws the value of a key attribute from few.
func (g *generator) keyValue(k key) object {
	switch {
	case k.kind == "S" && k.name == "SK":
		return object{"S": pick(g.random, "a", "ab", "abc", "b", "ba", "c", "é", "z\x00", "~")}
	case k.kind == "S" && g.large:
		return object{"S": "p"}
	case k.kind == "S":
		return object{"S": pick(g.random, "p", "q")}
	case k.kind == "N":
		return object{"N": pick(g.random, "0", "1", "2", "10", "-1", "-10", "0.5", "1e2", "-0.25", "12345678901234567890123456789012345678")}
	}
	return object{"B": pick(g.random, "AA==", "YQ==", "YWI=", "/w==")}
}

func (g *generator) key(t shape) object {
	made := object{}
	for _, k := range t.keys {
		made[k.name] = g.keyValue(k)
	}
	return made
}

// item makes an item with a key, and often with keys of the indexes.
func (g *generator) item(t shape) object {
	item := object{}
	for range 1 + g.IntN(10) {
		a := pick(g.random, attributes...)
		kind := a.kind
		if g.chance(10) {
			kind = pick(g.random, kinds...)
		}
		item[a.name] = g.value(kind, 3)
	}
	for _, index := range t.indexes {
		for _, k := range index.keys {
			switch {
			case g.chance(70):
				item[k.name] = g.keyValue(k)
			case k.name != "b" || g.chance(95):
				delete(item, k.name)
			}
			if g.chance(1) {
				item[k.name] = g.value(pick(g.random, kinds...), 1)
			}
		}
	}
	for _, k := range t.keys {
		item[k.name] = g.keyValue(k)
	}
	return item
}
