package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Change is one part of a transaction: a Save, an Amend, a Remove or a Check. A transaction may have only one for an item.
type Change interface {
	action(tableName string) (types.TransactWriteItem, error)
	key() Key
}

// KeyOf is the key of the item that a change is about.
func KeyOf(change Change) Key { return change.key() }

// Condition must hold for an item to be changed or selected. The zero Condition always holds.
type Condition struct {
	Expression string
	Names      map[string]string
	Values     map[string]types.AttributeValue
}

// Absent holds where there is no item of the platform's making: none with a map Data.
func Absent() Condition {
	return Condition{
		Expression: "NOT attribute_type(#Data, :map)",
		Names:      map[string]string{"#Data": "Data"},
		Values:     map[string]types.AttributeValue{":map": Text("M")},
	}
}

// DataIs holds where the field of the item's Data has that value; nil means that there is no such field.
func DataIs(field string, value types.AttributeValue) Condition {
	if value == nil {
		return DataHasNo(field)
	}
	return Condition{
		Expression: fmt.Sprintf("#Data.#%s = :%s", field, field),
		Names:      map[string]string{"#Data": "Data", "#" + field: field},
		Values:     map[string]types.AttributeValue{":" + field: value},
	}
}

// DataIsNot holds where the field of the item's Data has another value, or where there is no such field.
func DataIsNot(field string, value types.AttributeValue) Condition {
	is := DataIs(field, value)
	is.Expression = "NOT " + is.Expression
	return is
}

// And holds where both conditions do. They must be about different fields.
func (c Condition) And(other Condition) Condition {
	both := Condition{
		Expression: c.Expression + " AND " + other.Expression,
		Names:      maps.Clone(c.Names),
		Values:     maps.Clone(c.Values),
	}
	maps.Copy(both.Names, other.Names)
	if both.Values == nil {
		both.Values = maps.Clone(other.Values)
	} else {
		maps.Copy(both.Values, other.Values)
	}
	return both
}

// DataHasNo holds where the item's Data has no such field.
func DataHasNo(field string) Condition {
	return Condition{
		Expression: fmt.Sprintf("attribute_not_exists(#Data.#%s)", field),
		Names:      map[string]string{"#Data": "Data", "#" + field: field},
	}
}

// DataLength holds where the field of the item's Data is a list of that length.
func DataLength(field string, length int) Condition {
	return Condition{
		Expression: "size(#Data.#seen) = :seen",
		Names:      map[string]string{"#Data": "Data", "#seen": field},
		Values:     map[string]types.AttributeValue{":seen": Number(int64(length))},
	}
}

// Check is the part of a transaction that changes nothing, but lets it happen only if the condition holds.
type Check struct {
	Key       Key
	Condition Condition
}

func (c Check) key() Key { return c.Key }

func (c Check) action(tableName string) (types.TransactWriteItem, error) { //nolint:unparam // as a Change it may fail
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName:                 &tableName,
		Key:                       c.Key.attributes(),
		ConditionExpression:       &c.Condition.Expression,
		ExpressionAttributeNames:  c.Condition.Names,
		ExpressionAttributeValues: c.Condition.Values,
	}}, nil
}

// Save writes an item's Data whole, and keeps when the item was created.
type Save struct {
	Key        Key
	EntityType string
	Data       any // a struct with tags dynamodbav
	Now        time.Time
	Condition  Condition
	KeepOld    bool       // an item that is there already is left as it is
	GSI1       *Key       // its place in the index GSI1
	GSI3       *Key       // its place in the index GSI3
	Expires    *time.Time // when DynamoDB may delete it
}

func (s Save) key() Key { return s.Key }

func (s Save) action(tableName string) (types.TransactWriteItem, error) {
	update, err := s.update(tableName)
	return types.TransactWriteItem{Update: update}, err
}

func (s Save) update(tableName string) (*types.Update, error) {
	data, err := attributevalue.Marshal(s.Data)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", s.Key, err)
	}
	set := assignments{names: map[string]string{}, values: map[string]types.AttributeValue{}}
	keep := s.KeepOld
	set.assign("Data", data, keep)
	set.assign("EntityType", Text(s.EntityType), keep)
	set.assign("CreatedAt", milliseconds(s.Now), true)
	set.assign("UpdatedAt", milliseconds(s.Now), keep)
	set.place("GSI1", s.GSI1, keep)
	set.place("GSI3", s.GSI3, keep)
	if s.Expires != nil {
		set.assign("TTL", Number(s.Expires.Unix()), keep)
	}
	update := &types.Update{
		TableName:                 &tableName,
		Key:                       s.Key.attributes(),
		ExpressionAttributeNames:  set.names,
		ExpressionAttributeValues: set.values,
	}
	expression := set.expression()
	update.UpdateExpression = &expression
	if s.Condition.Expression != "" {
		update.ConditionExpression = &s.Condition.Expression
		maps.Copy(set.names, s.Condition.Names)
		maps.Copy(set.values, s.Condition.Values)
	}
	return update, nil
}

// Amend sets some fields of an item's Data and leaves the others, which are someone else's. There must be such an item.
type Amend struct {
	Key       Key
	Fields    map[string]any // by name; each a value that attributevalue can marshal
	Remove    []string       // names of fields that are to be gone
	GSI2      *Key           // its new place in the index GSI2; nil leaves it where it is
	Now       time.Time
	Condition Condition
}

func (a Amend) key() Key { return a.Key }

func (a Amend) action(tableName string) (types.TransactWriteItem, error) {
	update, err := a.update(tableName)
	return types.TransactWriteItem{Update: update}, err
}

func (a Amend) update(tableName string) (*types.Update, error) {
	set := assignments{names: map[string]string{"#Data": "Data"}, values: map[string]types.AttributeValue{}}
	for _, field := range slices.Sorted(maps.Keys(a.Fields)) {
		value, err := attributevalue.Marshal(a.Fields[field])
		if err != nil {
			return nil, fmt.Errorf("encode %s of %s: %w", field, a.Key, err)
		}
		set.names["#"+field], set.values[":new_"+field] = field, value // the condition may be about the same field
		set.parts = append(set.parts, fmt.Sprintf("#Data.#%s = :new_%s", field, field))
	}
	set.place("GSI2", a.GSI2, false)
	set.assign("UpdatedAt", milliseconds(a.Now), false)
	removed := make([]string, len(a.Remove))
	for i, field := range a.Remove {
		set.names["#"+field] = field
		removed[i] = "#Data.#" + field
	}
	expression, condition := set.expression(), "attribute_exists(#Data)"
	if len(removed) > 0 {
		expression += " REMOVE " + strings.Join(removed, ", ")
	}
	if a.Condition.Expression != "" {
		condition += " AND " + a.Condition.Expression
		maps.Copy(set.names, a.Condition.Names)
		maps.Copy(set.values, a.Condition.Values)
	}
	return &types.Update{
		TableName:                 &tableName,
		Key:                       a.Key.attributes(),
		UpdateExpression:          &expression,
		ConditionExpression:       &condition,
		ExpressionAttributeNames:  set.names,
		ExpressionAttributeValues: set.values,
	}, nil
}

// assignments collects the parts of a SET expression.
type assignments struct {
	parts  []string
	names  map[string]string
	values map[string]types.AttributeValue
}

func (a *assignments) assign(attribute string, value types.AttributeValue, keepOld bool) {
	name, placeholder := "#"+attribute, ":"+attribute
	a.names[name], a.values[placeholder] = attribute, value
	assigned := placeholder
	if keepOld {
		assigned = fmt.Sprintf("if_not_exists(%s, %s)", name, placeholder)
	}
	a.parts = append(a.parts, name+" = "+assigned)
}

// place assigns an item's place in an index, if it has one.
func (a *assignments) place(index string, at *Key, keepOld bool) {
	if at == nil {
		return
	}
	a.assign(index+"PK", Text(at.Partition), keepOld)
	a.assign(index+"SK", Text(at.Sort), keepOld)
}

func (a *assignments) expression() string { return "SET " + strings.Join(a.parts, ", ") }
