package dynamo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/attribute"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

// definition is what CreateTable is given, in AWS's names.
type definition struct {
	TableName                 string
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	GlobalSecondaryIndexes    []indexDefinition        `json:",omitempty"`
	LocalSecondaryIndexes     []json.RawMessage        `json:",omitempty"`
	BillingMode               string                   `json:",omitempty"`
	ProvisionedThroughput     *throughput              `json:",omitempty"`
	StreamSpecification       *streamSpecification     `json:",omitempty"`
	SSESpecification          *encryptionSpecification `json:",omitempty"`
	TableClass                string                   `json:",omitempty"`
	DeletionProtectionEnabled bool                     `json:",omitempty"`
}

type attributeDefinition struct{ AttributeName, AttributeType string }

type keyElement struct{ AttributeName, KeyType string }

type indexDefinition struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            projection
	ProvisionedThroughput *throughput `json:",omitempty"`
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

type throughput struct{ ReadCapacityUnits, WriteCapacityUnits *int64 }

type streamSpecification struct {
	StreamEnabled  bool
	StreamViewType string `json:",omitempty"`
}

type encryptionSpecification struct {
	Enabled        bool
	KMSMasterKeyID string `json:"KMSMasterKeyId,omitempty"`
}

// The values of BillingMode.
const (
	billingProvisioned   = "PROVISIONED"
	billingPayPerRequest = "PAY_PER_REQUEST"
)

// The types of key elements.
const (
	partitionKey = "HASH"
	sortKey      = "RANGE"
)

// Limits of tables.
const (
	maxIndexes          = 20
	maxNonKeyAttributes = 100 // of all indexes together
	maxKeyName          = 255 // bytes
)

// schema makes the key that elements define, which were checked.
func (d definition) schema(elements []keyElement) keySchema {
	schema := make(keySchema, len(elements))
	for i, element := range elements {
		kind, _ := attribute.ParseType(d.typeOf(element.AttributeName))
		schema[i] = keyAttribute{element.AttributeName, kind}
	}
	return schema
}

// typeOf returns the type of a defined attribute; empty when it is not defined.
func (d definition) typeOf(name string) string {
	i := slices.IndexFunc(d.AttributeDefinitions, func(a attributeDefinition) bool { return a.AttributeName == name })
	if i < 0 {
		return ""
	}
	return d.AttributeDefinitions[i].AttributeType
}

func (d definition) provisioned() bool { return d.BillingMode != billingPayPerRequest }

// check refuses a definition that AWS refuses, and what the local cloud does not have.
func (d definition) check() error {
	if err := d.checkForm(); err != nil {
		return err
	}
	if len(d.LocalSecondaryIndexes) > 0 {
		return refusal.Validation("The local cloud does not support LocalSecondaryIndexes.")
	}
	for _, check := range []func() error{d.checkBilling, d.checkAttributes, d.checkKeys, d.checkIndexes, d.checkUse, d.checkStream} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkForm refuses members that are wrong by their form alone.
func (d definition) checkForm() error {
	var wrong constraints
	wrong.name("tableName", d.TableName)
	wrong.notNull("attributeDefinitions", d.AttributeDefinitions != nil)
	for i, a := range d.AttributeDefinitions {
		member := fmt.Sprintf("attributeDefinitions.%d.member", i+1)
		wrong.keyName(member+".attributeName", a.AttributeName)
		wrong.oneOf(member+".attributeType", given(a.AttributeType), "B", "N", "S")
	}
	wrong.keys("keySchema", d.KeySchema)
	if d.BillingMode != "" {
		wrong.oneOf("billingMode", given(d.BillingMode), billingProvisioned, billingPayPerRequest)
	}
	if d.TableClass != "" {
		wrong.oneOf("tableClass", given(d.TableClass), "STANDARD", "STANDARD_INFREQUENT_ACCESS")
	}
	wrong.throughput("provisionedThroughput", d.ProvisionedThroughput)
	for i, index := range d.GlobalSecondaryIndexes {
		member := fmt.Sprintf("globalSecondaryIndexes.%d.member", i+1)
		wrong.name(member+".indexName", index.IndexName)
		wrong.keys(member+".keySchema", index.KeySchema)
		wrong.throughput(member+".provisionedThroughput", index.ProvisionedThroughput)
		for j, name := range index.Projection.NonKeyAttributes {
			wrong.keyName(fmt.Sprintf("%s.projection.nonKeyAttributes.%d.member", member, j+1), name)
		}
	}
	return wrong.error()
}

func given(text string) optional { return optional{text: text, given: true} }

// keys demands one or two elements of a key.
func (c *constraints) keys(member string, keys []keyElement) {
	c.notNull(member, keys != nil)
	if keys != nil {
		c.listLength(member, len(keys), 2)
	}
	for i, key := range keys {
		c.keyName(fmt.Sprintf("%s.%d.member.attributeName", member, i+1), key.AttributeName)
		c.oneOf(fmt.Sprintf("%s.%d.member.keyType", member, i+1), given(key.KeyType), partitionKey, sortKey)
	}
}

func (c *constraints) keyName(member, name string) {
	c.notNull(member, name != "")
	c.textLength(member, name, 0, maxKeyName)
}

func (c *constraints) throughput(member string, units *throughput) {
	if units == nil {
		return
	}
	c.units(member+".readCapacityUnits", units.ReadCapacityUnits)
	c.units(member+".writeCapacityUnits", units.WriteCapacityUnits)
}

func (c *constraints) units(member string, units *int64) {
	c.notNull(member, units != nil)
	if units != nil {
		c.atLeast(member, optionalInt{int(*units), true}, 1)
	}
}

func (d definition) checkBilling() error {
	switch {
	case !d.provisioned() && d.ProvisionedThroughput != nil:
		return refusal.Parameter(
			"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case d.provisioned() && d.ProvisionedThroughput == nil:
		return refusal.Parameter(
			"ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	return nil
}

func (d definition) checkAttributes() error {
	seen := map[string]bool{}
	for _, a := range d.AttributeDefinitions {
		if seen[a.AttributeName] {
			return refusal.Parameter("Duplicate AttributeName in AttributeDefinitions: %s", a.AttributeName)
		}
		seen[a.AttributeName] = true
	}
	return nil
}

func (d definition) checkKeys() error { return d.checkSchema(d.KeySchema) }

// checkSchema refuses what is no key of defined attributes.
func (d definition) checkSchema(keys []keyElement) error {
	var missing []string
	for _, key := range keys {
		if d.typeOf(key.AttributeName) == "" {
			missing = append(missing, key.AttributeName)
		}
	}
	switch {
	case keys[0].KeyType != partitionKey:
		return refusal.Validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	case len(keys) == 2 && keys[0].AttributeName == keys[1].AttributeName:
		return refusal.Validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
	case len(keys) == 2 && keys[1].KeyType != sortKey:
		return refusal.Validation("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
	case len(missing) > 0:
		return refusal.Parameter("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], "+
			"AttributeDefinitions: [%s]", strings.Join(missing, ", "), strings.Join(d.attributeNames(), ", "))
	}
	return nil
}

func (d definition) attributeNames() []string {
	names := make([]string, len(d.AttributeDefinitions))
	for i, a := range d.AttributeDefinitions {
		names[i] = a.AttributeName
	}
	return names
}

func (d definition) checkIndexes() error {
	switch {
	case d.GlobalSecondaryIndexes != nil && len(d.GlobalSecondaryIndexes) == 0:
		return refusal.Parameter("List of GlobalSecondaryIndexes is empty")
	case len(d.GlobalSecondaryIndexes) > maxIndexes:
		return refusal.Parameter("GlobalSecondaryIndex count exceeds the per-table limit of %d", maxIndexes)
	}
	names, projected := map[string]bool{}, 0
	for _, index := range d.GlobalSecondaryIndexes {
		if err := d.checkSchema(index.KeySchema); err != nil {
			return err
		}
		if err := d.checkIndex(index); err != nil {
			return err
		}
		if names[index.IndexName] {
			return refusal.Parameter("Duplicate index name: %s", index.IndexName)
		}
		names[index.IndexName] = true
		projected += len(index.Projection.NonKeyAttributes)
	}
	if projected > maxNonKeyAttributes {
		return refusal.Parameter("Number of projected attributes exceeds the per-table limit of %d", maxNonKeyAttributes)
	}
	return nil
}

func (d definition) checkIndex(index indexDefinition) error {
	kind, attributes := index.Projection.ProjectionType, index.Projection.NonKeyAttributes
	switch {
	case kind == "":
		return refusal.Parameter("Unknown ProjectionType: null")
	case kind != projectAll && kind != projectKeysOnly && kind != projectInclude:
		return refusal.Parameter("Unknown ProjectionType: %s", kind)
	case kind == projectInclude && len(attributes) == 0:
		return refusal.Parameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
	case kind != projectInclude && len(attributes) > 0:
		return refusal.Parameter("ProjectionType is %s, but NonKeyAttributes is specified", kind)
	case !d.provisioned() && index.ProvisionedThroughput != nil:
		return refusal.Parameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is "+
			"PAY_PER_REQUEST", index.IndexName)
	case d.provisioned() && index.ProvisionedThroughput == nil:
		return refusal.Parameter("ProvisionedThroughput must be specified for index: %s", index.IndexName)
	}
	return nil
}

// checkUse refuses attributes that are defined but no part of a key.
func (d definition) checkUse() error {
	used := map[string]bool{}
	for _, key := range d.KeySchema {
		used[key.AttributeName] = true
	}
	for _, index := range d.GlobalSecondaryIndexes {
		for _, key := range index.KeySchema {
			used[key.AttributeName] = true
		}
	}
	if len(used) < len(d.AttributeDefinitions) {
		return refusal.Parameter("Number of attributes in KeySchema does not exactly match number of attributes defined " +
			"in AttributeDefinitions")
	}
	return nil
}

func (d definition) checkStream() error {
	stream := d.StreamSpecification
	views := []string{"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"}
	switch {
	case stream == nil:
		return nil
	case stream.StreamEnabled && !slices.Contains(views, stream.StreamViewType):
		return refusal.Parameter("StreamViewType must be one of %s when StreamEnabled is true", strings.Join(views, ", "))
	case !stream.StreamEnabled && stream.StreamViewType != "":
		return refusal.Parameter("StreamViewType must not be specified when StreamEnabled is false")
	}
	return nil
}
