package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

func TestTemplateHoldsTheSchemas(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(templateFile)
	if err != nil {
		t.Fatal(err)
	}
	section, err := render(events.Catalogue(), schemasFolder)
	if err != nil {
		t.Fatal(err)
	}
	want, err := replace(string(source), section)
	if err != nil {
		t.Fatal(err)
	}
	if string(source) != want {
		t.Error("the schemas in template.yaml are stale: run make generate")
	}
	stack, err := template.Read("template.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, schema := range stack.Registries[0].Schemas {
		names = append(names, schema.Name)
	}
	var wanted []string
	for _, fact := range events.Catalogue() {
		wanted = append(wanted, fact.SchemaName())
	}
	if diff := cmp.Diff(wanted, names); diff != "" {
		t.Errorf("schemas of the registry (-want +got):\n%s", diff)
	}
}

// TestContentSurvivesYAML takes a schema through the section and the template reader back to the same JSON.
func TestContentSurvivesYAML(t *testing.T) {
	t.Parallel()
	const schema = "{\n  \"title\": \"it's a \\\"schema\\\" # with: [all], {that} %s \\n | > & * !\"\n}\n"
	fact := events.Catalogue()[0]
	fact.Description = "Somebody's fact: \"new\" # and true"
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, fact.SchemaName()+".json"), []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	section, err := render([]events.Entry{fact}, folder)
	if err != nil {
		t.Fatal(err)
	}
	source, err := replace("Transform: AWS::Serverless-2016-10-31\nResources:\n  SchemaRegistry: {Type: AWS::EventSchemas::Registry}\n"+
		begin+"  Old: gone\n"+end, section)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("template.yaml", []byte(source), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := stack.Registries[0].Schemas[0]
	var gotContent, wantContent map[string]string
	if err := json.Unmarshal(got.Content, &gotContent); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(schema), &wantContent); err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(wantContent, gotContent) || got.Description != fact.Description {
		t.Errorf("got %s described as %q", got.Content, got.Description)
	}
}

func TestTemplateWithoutAPlaceIsRefused(t *testing.T) {
	t.Parallel()
	for _, source := range []string{"", begin, end, end + begin} {
		if _, err := replace(source, ""); err == nil {
			t.Errorf("%q is taken", source)
		}
	}
}
