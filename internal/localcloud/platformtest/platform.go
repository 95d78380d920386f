// Package platformtest gives tests of the product what a function runs on, in one process: the template's tables in an
// engine in memory, reached by the real client of AWS's SDK.
package platformtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/dynamotest"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// The names of the template's tables in development.
const (
	Table            = "BayonCoAgent-development"
	IdempotencyTable = "BayonCoAgent-idempotency-development"
)

// Database returns a client of a new database with the template's tables, all empty.
func Database(t testing.TB) (*dynamodb.Client, *dynamo.Engine) {
	t.Helper()
	return DatabaseOf(t, dynamo.Config{})
}

// DatabaseOf is Database with a configuration for faults.
func DatabaseOf(t testing.TB, config dynamo.Config) (*dynamodb.Client, *dynamo.Engine) {
	t.Helper()
	throttle := config.Throttle
	provisioned := false
	if throttle != nil { // not while the tables are made
		config.Throttle = func(operation, table string) bool { return provisioned && throttle(operation, table) }
	}
	client, engine := dynamotest.ClientOf(t, config)
	if err := provision.Tables(context.Background(), client, Stack(t).Tables); err != nil {
		t.Fatal(err)
	}
	provisioned = true
	return client, engine
}

// Stack is what the project's template describes for development.
func Stack(t testing.TB) *template.Stack {
	t.Helper()
	source, err := os.ReadFile(TemplatePath(t))
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("template.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	return stack
}

// TemplatePath is where the project's template lies, from whichever folder the test runs in.
func TemplatePath(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return filepath.Join(folder, "template.yaml")
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("the test does not run inside the module")
		}
		folder = parent
	}
}
