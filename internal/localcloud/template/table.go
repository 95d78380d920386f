package template

import (
	"maps"
	"slices"
)

func (r *reader) readTable(res *resource, p *properties) {
	p.ignore(tags, "TableName", "TableClass")
	p.refuse("the local cloud has global secondary indexes only", "LocalSecondaryIndexes")
	p.choice("BillingMode", "", "PAY_PER_REQUEST")
	table := Table{
		Resource:           r.header(res),
		Attributes:         readAttributeDefinitions(p),
		Key:                readKey(p),
		DeletionProtection: p.boolean("DeletionProtectionEnabled", false),
		Retain:             res.deletionPolicy != "Delete",
	}
	for _, index := range p.objects("GlobalSecondaryIndexes") {
		table.Indexes = append(table.Indexes, readIndex(index))
	}
	if ttl := p.object("TimeToLiveSpecification"); ttl.present() {
		if attribute := ttl.requiredText("AttributeName"); ttl.boolean("Enabled", false) {
			table.TTLAttribute = attribute
		}
		ttl.done()
	}
	if stream := p.object("StreamSpecification"); stream.present() {
		table.StreamView = stream.choice("StreamViewType", "", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
		stream.done()
	}
	recovery := p.object("PointInTimeRecoverySpecification")
	table.PointInTimeRecovery = recovery.boolean("PointInTimeRecoveryEnabled", false)
	recovery.done()
	encryption := p.object("SSESpecification")
	encryption.ignore("SSEType", "KMSMasterKeyId")
	table.Encrypted = encryption.boolean("SSEEnabled", false)
	encryption.done()
	r.checkKeys(&table, p)
	r.stack.Tables = append(r.stack.Tables, table)
}

func readAttributeDefinitions(p *properties) map[string]string {
	types := map[string]string{}
	for _, definition := range p.objects("AttributeDefinitions") {
		types[definition.requiredText("AttributeName")] = definition.choice("AttributeType", "", "S", "N", "B")
		definition.done()
	}
	return types
}

// readKey reads a KeySchema: one HASH, then at most one RANGE.
func readKey(p *properties) Key {
	var key Key
	elements := p.objects("KeySchema")
	for i, element := range elements {
		name := element.requiredText("AttributeName")
		switch keyType := element.choice("KeyType", "", "HASH", "RANGE"); {
		case i == 0 && keyType == "HASH":
			key.Partition = name
		case i == 1 && keyType == "RANGE":
			key.Sort = name
		case keyType != "":
			p.r.report(element.at, element.line, "a key is one HASH attribute, followed by at most one RANGE attribute")
		}
		element.done()
	}
	if len(elements) == 0 {
		p.require("KeySchema")
	}
	return key
}

func readIndex(p *properties) Index {
	defer p.done()
	projection := p.object("Projection")
	defer projection.done()
	return Index{
		Name:       p.requiredText("IndexName"),
		Key:        readKey(p),
		Projection: projection.choice("ProjectionType", "", "ALL", "KEYS_ONLY", "INCLUDE"),
		NonKey:     projection.texts("NonKeyAttributes"),
	}
}

// checkKeys reports key attributes without a type and types of attributes that are in no key, as DynamoDB does.
func (r *reader) checkKeys(table *Table, p *properties) {
	inKey := map[string]bool{table.Key.Partition: true, table.Key.Sort: true}
	for _, index := range table.Indexes {
		inKey[index.Key.Partition], inKey[index.Key.Sort] = true, true
	}
	delete(inKey, "")
	for _, name := range slices.Sorted(maps.Keys(inKey)) {
		if _, defined := table.Attributes[name]; !defined {
			r.report(p.at.field("AttributeDefinitions"), p.line, "the key attribute %s has no type", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(table.Attributes)) {
		if name != "" && !inKey[name] {
			r.report(p.at.field("AttributeDefinitions"), p.line, "%s is in no key", name)
		}
	}
}
