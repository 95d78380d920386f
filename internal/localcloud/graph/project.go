package graph

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/handlers"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// OfProject is the graph of a template whose functions are those of this project. The Makefile beside it says what each is
// built from.
func OfProject(templateFile string, parameters map[string]string) (*Graph, error) {
	source, err := os.ReadFile(templateFile)
	if err != nil {
		return nil, err
	}
	makefile, err := os.ReadFile(filepath.Join(filepath.Dir(templateFile), "Makefile"))
	if err != nil {
		return nil, err
	}
	return Read(templateFile, source, string(makefile), parameters)
}

// Read is what OfProject does with texts that have been read.
func Read(name string, source []byte, makefile string, parameters map[string]string) (*Graph, error) {
	stack, err := template.Read(name, source, parameters)
	if err != nil {
		return nil, err
	}
	functions := map[string]Function{}
	declared := handlers.ByFolder()
	for _, id := range stack.FunctionIDs() {
		folder, err := bootstrap.Folder(makefile, id)
		if err != nil {
			return nil, err
		}
		if declared[folder] == nil {
			return nil, fmt.Errorf("the handlers of functions/%s are not known: list them in internal/localcloud/handlers", folder)
		}
		functions[id] = Function{Name: folder, Handlers: declared[folder]}
	}
	return Of(stack, functions, events.Catalogue())
}
