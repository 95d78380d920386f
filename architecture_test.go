// Package eventconsumers_test holds the rules of the house as tests: who may import whom, what a package is called, and
// that folders, template and catalogue agree (docs/architecture.md).
package eventconsumers_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/graph"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/handlers"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

const module = "github.com/bayon-coagent/event-consumers"

// goPackage is what `go list` tells of a package of this module.
type goPackage struct {
	ImportPath string
	Name       string
	Dir        string
	Doc        string
	GoFiles    []string
	Imports    []string
}

func (p goPackage) path() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Dir,Doc,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var listed []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(output)))
	for {
		var next goPackage
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return listed
		} else if err != nil {
			t.Fatal(err)
		}
		if len(next.GoFiles) > 0 {
			listed = append(listed, next)
		}
	}
}

func inWorkshop(path string) bool {
	return strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "internal/localcloud")
}

func TestProductNeverImportsWorkshop(t *testing.T) {
	t.Parallel()
	for _, listed := range packages(t) {
		if inWorkshop(listed.path()) {
			continue
		}
		for _, imported := range listed.Imports {
			if path, ours := strings.CutPrefix(imported, module+"/"); ours && inWorkshop(path) {
				t.Errorf("%s imports %s: the product must not know the workshop", listed.path(), path)
			}
		}
	}
}

func TestWhoMayImportWhat(t *testing.T) {
	t.Parallel()
	rules := []struct {
		imported string // a package, or all packages below it
		allowed  func(path string) bool
		why      string
	}{
		{
			imported: "github.com/aws/aws-lambda-go",
			allowed: func(path string) bool {
				return path == "internal/consumer" || path == "internal/awsenv" || inWorkshop(path)
			},
			why: "functions see typed events, not Lambda",
		},
		{
			imported: "github.com/aws/aws-xray-sdk-go",
			allowed:  func(path string) bool { return path == "internal/consumer" || path == "internal/awsenv" },
			why:      "tracing is the consumer's affair",
		},
		{
			imported: "github.com/aws/aws-sdk-go-v2/config",
			allowed:  inWorkshop,
			why:      "it costs more start-up time than the rest of a function together",
		},
		{imported: "testing", allowed: func(path string) bool { return strings.HasSuffix(path, "test") }, why: "test helpers stay out of binaries"},
	}
	listed := packages(t)
	for _, rule := range rules {
		used := false
		for _, importer := range listed {
			for _, imported := range importer.Imports {
				if imported != rule.imported && !strings.HasPrefix(imported, rule.imported+"/") {
					continue
				}
				used = true
				if !rule.allowed(importer.path()) {
					t.Errorf("%s imports %s: %s", importer.path(), imported, rule.why)
				}
			}
		}
		if !used && rule.imported != "github.com/aws/aws-sdk-go-v2/config" {
			t.Errorf("nothing imports %s: is the rule still about something?", rule.imported)
		}
	}
}

func TestPackagesSayWhatTheyHold(t *testing.T) {
	t.Parallel()
	bags := []string{"util", "utils", "common", "helpers", "types", "models", "misc", "shared"}
	for _, listed := range packages(t) {
		if slices.Contains(bags, listed.Name) {
			t.Errorf("%s is named for nothing", listed.path())
		}
		if listed.Doc == "" {
			t.Errorf("%s has no package comment", listed.path())
		}
	}
}

func TestFunctionsAreWiredAndSampled(t *testing.T) {
	t.Parallel()
	for _, folder := range functionFolders(t) {
		mainFile := filepath.Join("functions", folder, "main.go")
		parsed, err := parser.ParseFile(token.NewFileSet(), mainFile, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Doc == nil || !strings.HasPrefix(parsed.Doc.Text(), "Command "+folder+" ") {
			t.Errorf("%s must begin by saying what Command %s does", mainFile, folder)
		}
		if source := read(t, mainFile); strings.Count(source, "\n") > 30 {
			t.Errorf("%s has more than 30 lines: main wires, it decides nothing", mainFile)
		}
		samples, err := filepath.Glob(filepath.Join("functions", folder, "testdata", "*.json"))
		if err != nil || len(samples) == 0 {
			t.Errorf("functions/%s/testdata has no sample event", folder)
		}
	}
}

func TestNoPackageHasInit(t *testing.T) {
	t.Parallel()
	for _, listed := range packages(t) {
		for _, name := range listed.GoFiles {
			parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(listed.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, declaration := range parsed.Decls {
				if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
					t.Errorf("%s/%s has an init", listed.path(), name)
				}
			}
		}
	}
}

func TestTemplateDeploysEveryFunction(t *testing.T) {
	t.Parallel()
	stack, err := template.Read("template.yaml", []byte(read(t, "template.yaml")), nil)
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]bool{}
	for _, function := range stack.Functions {
		built[folderOf(t, function.LogicalID)] = true
	}
	for _, folder := range functionFolders(t) {
		if !built[folder] {
			t.Errorf("no function of the template is built from functions/%s", folder)
		}
	}
}

// folderOf is the folder that a function of the template is built from, as the Makefile says.
func folderOf(t *testing.T, logicalID string) string {
	t.Helper()
	folder, err := bootstrap.Folder(read(t, "Makefile"), logicalID)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// No loop is possible, no fact is lost on its way, no rule is without use: what bayon graph proves.
func TestTheWaysOfTheFacts(t *testing.T) {
	t.Parallel()
	for _, environment := range []string{"development", "production"} {
		ways, err := graph.OfProject("template.yaml", map[string]string{"Environment": environment})
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range ways.Problems {
			t.Errorf("%s: %s", environment, problem.Text)
		}
		if len(ways.Longest) < 3 {
			t.Errorf("%s: the longest chain is %v: is this still the proof of anything?", environment, ways.Longest)
		}
	}
}

// What handlers may publish, and what the catalogue says of publishers, must be the same.
func TestHandlersPublishWhatTheCatalogueSays(t *testing.T) {
	t.Parallel()
	for folder, declaredHandlers := range handlers.ByFolder() {
		declared := map[string]bool{}
		for _, handler := range declaredHandlers {
			for _, fact := range handler.Publishes() {
				declared[fact.DetailType()] = true
			}
		}
		for _, entry := range events.Catalogue() {
			if says := slices.Contains(entry.PublishedBy, folder); says != declared[entry.Fact.DetailType()] {
				t.Errorf("%s: the catalogue says that %s publishes it: %v; the handlers: %v", entry.Fact.DetailType(), folder, says, !says)
			}
		}
	}
}

func functionFolders(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no functions found, error %v", err)
	}
	folders := make([]string, len(mains))
	for i, name := range mains {
		folders[i] = filepath.Base(filepath.Dir(name))
	}
	return folders
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
