package benchmark

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
)

// bootstraps are the paths of binaries.
type bootstraps struct {
	functions map[string]string // the project's, by logical id
	empty     string            // the smallest function
	stamp     string            // the function that tells when it began
}

// build builds all binaries with the flags of the Makefile, from the folder that holds it, into another.
func build(ctx context.Context, source, output string, functionIDs []string) (bootstraps, error) {
	built, err := bootstrap.Builder{Source: source, Output: output}.Build(ctx, functionIDs)
	if err != nil {
		return bootstraps{}, err
	}
	paths := bootstraps{functions: built}
	for folder, path := range map[string]*string{"empty": &paths.empty, "stamp": &paths.stamp} {
		*path = filepath.Join(output, folder, "bootstrap")
		// The Makefile's target takes a folder below functions/.
		command := exec.CommandContext(ctx, "make", "--no-print-directory", "function",
			"FOLDER=../internal/localcloud/benchmark/"+folder, "OUTPUT="+*path)
		command.Dir = source
		command.Env = append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "MAKEFLAGS=", "MAKELEVEL=")
		if output, err := command.CombinedOutput(); err != nil {
			return bootstraps{}, fmt.Errorf("build the function %s: %w\n%s", folder, err, output)
		}
	}
	return paths, nil
}
