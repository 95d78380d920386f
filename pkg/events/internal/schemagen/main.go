// Command schemagen writes the OpenAPI 3 document of every fact into a folder, one file each, and removes the files of
// facts that are no more.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/internal/openapi"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: schemagen FOLDER")
	}
	if err := generate(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func generate(folder string) error {
	stale, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return fmt.Errorf("list %s: %w", folder, err)
	}
	for _, file := range stale {
		if err := os.Remove(file); err != nil {
			return fmt.Errorf("remove a schema: %w", err)
		}
	}
	for _, entry := range events.Catalogue() {
		document, err := openapi.Document(entry)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, entry.SchemaName()+".json"), document, 0o644); err != nil {
			return fmt.Errorf("write a schema: %w", err)
		}
	}
	return nil
}
