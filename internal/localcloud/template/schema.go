package template

import (
	"encoding/json"
	"unicode/utf8"
)

// Limits of EventBridge schema registries.
const (
	maxSchemas       = 100     // of a registry
	maxSchemaContent = 100_000 // characters
)

func (r *reader) readRegistry(res *resource, p *properties) {
	p.ignore(tags, "RegistryName")
	r.stack.Registries = append(r.stack.Registries, Registry{
		Resource:    r.header(res),
		Description: p.text("Description", ""),
	})
}

// registeredSchema is a schema with the name of its registry.
type registeredSchema struct {
	Schema
	registry string
}

func (r *reader) readSchema(res *resource, p *properties) {
	p.ignore(tags, "SchemaName")
	schema := registeredSchema{
		registry: p.requiredText("RegistryName"),
		Schema: Schema{
			Resource:    r.header(res),
			Description: p.text("Description", ""),
			Type:        p.choice("Type", "", "OpenApi3", "JSONSchemaDraft4"),
			Content:     json.RawMessage(p.jsonText("Content")),
		},
	}
	if !p.has("Content") {
		p.require("Content")
	}
	if count := utf8.RuneCount(schema.Content); count > maxSchemaContent {
		r.report(p.at.field("Content"), res.line, "has %d characters; AWS takes at most %d", count, maxSchemaContent)
	}
	r.schemas = append(r.schemas, schema)
}

func (r *reader) attachSchemas() {
	for _, schema := range r.schemas {
		at := place{schema.LogicalID, "RegistryName"}
		registry := find(r.stack.Registries, func(registry *Registry) bool { return registry.Name == schema.registry })
		switch {
		case registry == nil && schema.registry != "":
			r.report(at, schema.Line, "the template has no schema registry %q", schema.registry)
		case registry != nil && len(registry.Schemas) == maxSchemas:
			r.report(at, schema.Line, "a registry has at most %d schemas", maxSchemas)
		case registry != nil:
			registry.Schemas = append(registry.Schemas, schema.Schema)
		}
	}
}
