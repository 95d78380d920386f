// Package bootstrap builds the functions' binaries for this machine, by the same Makefile targets that sam build calls.
package bootstrap

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"
)

// Builder builds from the folder that holds the template and the Makefile.
type Builder struct {
	Source string // folder of the Makefile
	Output string // folder in which each function gets one of its own
}

// Build makes the bootstraps of functions, given by their logical ids, and returns their paths by logical id. What is up
// to date is not built again.
func (b Builder) Build(ctx context.Context, logicalIDs []string) (map[string]string, error) {
	paths := make(map[string]string, len(logicalIDs))
	builds, ctx := errgroup.WithContext(ctx)
	builds.SetLimit(runtime.NumCPU())
	for _, logicalID := range logicalIDs {
		folder, err := filepath.Abs(filepath.Join(b.Output, logicalID))
		if err != nil {
			return nil, err
		}
		paths[logicalID] = filepath.Join(folder, "bootstrap")
		builds.Go(func() error { return b.build(ctx, logicalID, folder) })
	}
	return paths, builds.Wait()
}

func (b Builder) build(ctx context.Context, logicalID, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("build %s: %w", logicalID, err)
	}
	command := exec.CommandContext(ctx, "make", "--no-print-directory", "build-"+logicalID)
	command.Dir = b.Source
	command.Env = append(os.Environ(),
		"ARTIFACTS_DIR="+folder, "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "MAKEFLAGS=", "MAKELEVEL=")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", logicalID, err, strings.TrimSpace(output.String()))
	}
	return nil
}
