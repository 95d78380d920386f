package dynamo_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// modelKey and modelItem are an item of the table letters as the model has it.
type modelKey struct{ pk, sk string }

type modelItem struct {
	n int
	g string // "" for none
	h *int
}

// model is what the table letters should be, kept as simply as can be.
type model struct {
	*rapid.T
	cloud cloud
	items map[modelKey]modelItem
}

func TestRandomOperationsFollowAModel(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	rapid.Check(t, func(t *rapid.T) {
		c.answer("DeleteTable", `{"TableName":"letters"}`)
		c.answer("CreateTable", letters)
		m := &model{T: t, cloud: c, items: map[modelKey]modelItem{}}
		t.Repeat(map[string]func(*rapid.T){
			"write":       m.write,
			"transaction": m.transaction,
			"batch":       m.batch,
			"query":       m.query,
			"index":       m.index,
			"":            m.check,
		})
	})
}

func (k modelKey) json() string { return fmt.Sprintf(`"PK":{"S":%q},"SK":{"S":%q}`, k.pk, k.sk) }

func (m *model) key(t *rapid.T) modelKey {
	return modelKey{rapid.SampledFrom([]string{"p", "q"}).Draw(t, "pk"), rapid.SampledFrom([]string{"a", "b", "c", "d",
		"e"}).Draw(t, "sk")}
}

func (i modelItem) json() string {
	text := fmt.Sprintf(`"n":{"N":"%d"}`, i.n)
	if i.g != "" {
		text += fmt.Sprintf(`,"G":{"S":%q}`, i.g)
	}
	if i.h != nil {
		text += fmt.Sprintf(`,"H":{"N":"%d"}`, *i.h)
	}
	return text
}

// change is one write, as a request has it and as the model makes it; it says false when its condition fails.
type change struct {
	kind, members string
	apply         func(items map[modelKey]modelItem) bool
}

func (m *model) change(t *rapid.T, key modelKey) change {
	limit := rapid.IntRange(-3, 3).Draw(t, "limit")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		item := modelItem{n: limit, g: rapid.SampledFrom([]string{"", "g", "h"}).Draw(t, "g")}
		if rapid.Bool().Draw(t, "has h") {
			h := rapid.IntRange(-2, 2).Draw(t, "h")
			item.h = &h
		}
		return change{"Put", `"Item":{` + key.json() + `,` + item.json() + `}`, func(items map[modelKey]modelItem) bool {
			items[key] = item
			return true
		}}
	case 1:
		return change{"Delete", `"Key":{` + key.json() + `},"ConditionExpression":"attribute_exists(PK)"`,
			func(items map[modelKey]modelItem) bool {
				_, found := items[key]
				delete(items, key)
				return found
			}}
	case 2:
		return change{"Update", fmt.Sprintf(`"Key":{%s},"UpdateExpression":"ADD n :one","ConditionExpression":"NOT n >= :limit",`+
			`"ExpressionAttributeValues":{":one":{"N":"1"},":limit":{"N":"%d"}}`, key.json(), limit),
			func(items map[modelKey]modelItem) bool {
				item, found := items[key]
				if found && item.n >= limit {
					return false
				}
				item.n++
				items[key] = item
				return true
			}}
	case 3:
		return change{"Update", fmt.Sprintf(`"Key":{%s},"UpdateExpression":"SET n = if_not_exists(n, :n) - :n, G = :g REMOVE H",`+
			`"ExpressionAttributeValues":{":n":{"N":"%d"},":g":{"S":"g"}}`, key.json(), limit), func(items map[modelKey]modelItem) bool {
			item, found := items[key]
			if found {
				item.n -= limit
			}
			items[key] = modelItem{n: item.n, g: "g"}
			return true
		}}
	}
	return change{"Update", `"Key":{` + key.json() + `},"UpdateExpression":"REMOVE G"`, func(items map[modelKey]modelItem) bool {
		if item, found := items[key]; found {
			item.g = ""
			items[key] = item
		}
		return true
	}}
}

// call makes a call and tells whether it succeeded; it may be refused only with a code.
func (m *model) call(t *rapid.T, operation, body, code string) bool {
	_, err := m.cloud.Call(m.cloud.Context(), operation, []byte(body))
	var refused *awsapi.Error
	if err != nil && (!errors.As(err, &refused) || refused.Code != code) {
		t.Fatalf("%s %s: %v", operation, body, err)
	}
	return err == nil
}

func (m *model) write(t *rapid.T) {
	change := m.change(t, m.key(t))
	want := change.apply(m.items)
	if got := m.call(t, change.kind+"Item", `{"TableName":"letters",`+change.members+`}`,
		"ConditionalCheckFailedException"); got != want {
		t.Fatalf("%s %s succeeded: %v", change.kind, change.members, got)
	}
}

func (m *model) transaction(t *rapid.T) {
	after := maps.Clone(m.items)
	made := true
	var parts []string
	used := map[modelKey]bool{}
	for range rapid.IntRange(1, 4).Draw(t, "parts") {
		key := m.key(t)
		if used[key] {
			continue
		}
		used[key] = true
		change := m.change(t, key)
		made = change.apply(after) && made
		parts = append(parts, `{"`+change.kind+`":{"TableName":"letters",`+change.members+`}}`)
	}
	if got := m.call(t, "TransactWriteItems", `{"TransactItems":[`+strings.Join(parts, ",")+`]}`,
		"TransactionCanceledException"); got != made {
		t.Fatalf("the transaction %s was made: %v", parts, got)
	}
	if made {
		m.items = after
	}
}

func (m *model) batch(t *rapid.T) {
	var parts []string
	used := map[modelKey]bool{}
	for range rapid.IntRange(1, 5).Draw(t, "parts") {
		key := m.key(t)
		if used[key] {
			continue
		}
		used[key] = true
		if rapid.Bool().Draw(t, "put") {
			m.items[key] = modelItem{n: len(parts), g: "g"}
			parts = append(parts, `{"PutRequest":{"Item":{`+key.json()+`,`+m.items[key].json()+`}}}`)
		} else {
			delete(m.items, key)
			parts = append(parts, `{"DeleteRequest":{"Key":{`+key.json()+`}}}`)
		}
	}
	m.call(t, "BatchWriteItem", `{"RequestItems":{"letters":[`+strings.Join(parts, ",")+`]}}`, "")
}

// pages reads all pages of a Query or Scan and writes each item in the model's way.
func (m *model) pages(t *rapid.T, operation, members string) []string {
	var found []string
	start := ``
	for {
		page := m.cloud.page(operation, `{"TableName":"letters",`+members+start+`}`)
		for _, document := range page.Items {
			var item struct {
				PK, SK, G struct{ S string }
				N, H      struct{ N string }
			}
			if err := json.Unmarshal(document, &item); err != nil {
				t.Fatal(err)
			}
			found = append(found, fmt.Sprint(item.PK.S, item.SK.S, " n", item.N.N, " g", item.G.S, " h", item.H.N))
		}
		if page.LastEvaluatedKey == nil {
			return found
		}
		start = `,"ExclusiveStartKey":` + string(page.LastEvaluatedKey)
	}
}

func (k modelKey) text(i modelItem) string {
	h := ""
	if i.h != nil {
		h = fmt.Sprint(*i.h)
	}
	return fmt.Sprint(k.pk, k.sk, " n", i.n, " g", i.g, " h", h)
}

func (m *model) query(t *rapid.T) {
	tests := map[string]func(sk string) bool{
		"=": func(sk string) bool { return sk == "c" }, "<": func(sk string) bool { return sk < "c" }, "<=": func(sk string) bool {
			return sk <= "c"
		},
		">": func(sk string) bool { return sk > "c" }, ">=": func(sk string) bool { return sk >= "c" },
	}
	operator := rapid.SampledFrom(slices.Sorted(maps.Keys(tests))).Draw(t, "operator")
	limit, least := rapid.IntRange(1, 6).Draw(t, "page"), rapid.IntRange(-2, 2).Draw(t, "n")
	backward := rapid.Bool().Draw(t, "backward")
	var want []string
	for key, item := range m.items {
		if key.pk == "p" && tests[operator](key.sk) && item.n >= least {
			want = append(want, key.text(item))
		}
	}
	slices.Sort(want)
	if backward {
		slices.Reverse(want)
	}
	got := m.pages(t, "Query", fmt.Sprintf(`"KeyConditionExpression":"PK = :p AND SK %s :c","FilterExpression":"n >= :n",
		"Limit":%d,"ScanIndexForward":%v,`+
		`"ExpressionAttributeValues":{":p":{"S":"p"},":c":{"S":"c"},":n":{"N":"%d"}}`, operator, limit, !backward, least))
	if !slices.Equal(got, want) {
		t.Fatalf("SK %s c, n >= %d:\n got %v\nwant %v", operator, least, got, want)
	}
}

func (m *model) index(t *rapid.T) {
	type entry struct {
		h    int
		text string
	}
	var want []entry
	for key, item := range m.items {
		if item.g == "g" && item.h != nil {
			want = append(want, entry{*item.h, key.text(item)})
		}
	}
	slices.SortFunc(want, func(a, b entry) int { return cmp.Or(cmp.Compare(a.h, b.h), cmp.Compare(a.text, b.text)) })
	var got []entry
	for _, text := range m.pages(t, "Query", fmt.Sprintf(`"IndexName":"all","KeyConditionExpression":"G = :g","Limit":%d,`+
		`"ExpressionAttributeValues":{":g":{"S":"g"}}`, rapid.IntRange(1, 6).Draw(t, "page"))) {
		var h int
		if _, err := fmt.Sscan(text[strings.LastIndexByte(text, 'h')+1:], &h); err != nil {
			t.Fatal(err)
		}
		got = append(got, entry{h, text})
	}
	if !slices.IsSortedFunc(got, func(a, b entry) int { return cmp.Compare(a.h, b.h) }) {
		t.Fatalf("the index is not in order: %v", got)
	}
	slices.SortFunc(got, func(a, b entry) int { return cmp.Or(cmp.Compare(a.h, b.h), cmp.Compare(a.text, b.text)) })
	if !slices.Equal(got, want) {
		t.Fatalf("the index\n has %v\nwant %v", got, want)
	}
}

// check compares the whole table with the model, after each step.
func (m *model) check(t *rapid.T) {
	var want []string
	for key, item := range m.items {
		want = append(want, key.text(item))
	}
	slices.Sort(want)
	got := m.pages(t, "Scan", `"Limit":3`)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Fatalf("the table\n has %v\nwant %v", got, want)
	}
}
