// Command release records the schemas as they are now as the released ones, which later schemas must be compatible with,
// and beside each an event that was published by it. It refuses to record a change that is not compatible with what was
// released before. It runs in the folder of the schemas.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/schemas"
)

func main() {
	log.SetFlags(0)
	if err := release(".", filepath.Join("..", "testdata")); err != nil {
		log.Fatalln("release:", err)
	}
}

// release copies the schemas of a folder to the folder released below it, and examples of the facts' events to events below
// that one. Nothing is written unless everything may be.
func release(folder, examples string) error {
	files := map[string][]byte{}
	for _, entry := range events.Catalogue() {
		name := entry.SchemaName() + ".json"
		current, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := mayFollow(filepath.Join(folder, "released", name), current); err != nil {
			return fmt.Errorf("%s: %w", entry.Fact.DetailType(), err)
		}
		example := strings.ReplaceAll(strings.ToLower(entry.Fact.DetailType()), " ", "-") + ".json"
		event, err := os.ReadFile(filepath.Join(examples, example))
		if err != nil {
			return err
		}
		files[name], files[filepath.Join("events", name)] = current, event
	}
	for name, content := range files {
		file := filepath.Join(folder, "released", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// mayFollow refuses a schema that is not compatible with the one that was released in a file.
func mayFollow(file string, text []byte) error {
	current, err := schemas.Parse(text)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	released, err := schemas.Parse(before)
	if err != nil {
		return err
	}
	if _, refused := schemas.Compare(released, current); len(refused) > 0 {
		return fmt.Errorf("%s; give the changed fact a new detail type", refused[0])
	}
	return nil
}
