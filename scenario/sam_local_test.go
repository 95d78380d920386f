package scenario_test

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/bootstrap"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

var samLocal = flag.Bool("sam-local", false, "invoke every function with every sample event in a container, by the SAM CLI")

// Every function handles each of its sample events in a container that the SAM CLI runs, against the local cloud's bus and
// tables. The containers reach the local cloud at the gateway of docker's bridge.
func TestSAMLocalInvokesEveryFunction(t *testing.T) {
	if !*samLocal {
		t.Skip("make conformance-sam-local runs it")
	}
	gateway := bridgeGateway(t)
	port := freePortAt(t, gateway)
	c := start(t, "--listen", net.JoinHostPort(gateway, port))
	variables := append(os.Environ(), "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH, "MAKEFLAGS=", "MAKELEVEL=")
	run := func(arguments ...string) (string, error) {
		command := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory", "-C", ".."}, arguments...)...)
		command.Env = variables
		output, err := command.CombinedOutput()
		return string(output), err
	}
	if output, err := run("sam-build"); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}
	for function, folder := range foldersOfFunctions(t) {
		samples, err := filepath.Glob(filepath.Join("..", "functions", folder, "testdata", "*.json"))
		if err != nil || len(samples) == 0 {
			t.Fatalf("%s has no sample events: %v", folder, err)
		}
		for _, sample := range samples {
			output, err := run("sam-invoke", "FUNCTION="+function, "EVENT="+strings.TrimPrefix(sample, "../"),
				"ENDPOINT=http://"+net.JoinHostPort(gateway, port), "SAM_FLAGS="+pullFlag(t))
			if err != nil || !answersNull(output) || handledOtherwise(output) {
				t.Errorf("%s with %s: %v\n%s", function, filepath.Base(sample), err, output)
			}
		}
	}
	if code, output := c.command("wait", "--timeout", "2m"); code != 0 {
		t.Errorf("what the functions published is not handled: %s", output)
	}
	if settings := c.items("agent-maria", "SETTINGS#"); len(settings) != 2 {
		t.Errorf("the container wrote no default settings into the local cloud's table, but %v", settings)
	}
}

// answersNull tells whether the function's answer is among what the SAM CLI printed. The emulator of the runtime may have the
// last word: it complains when the container ends.
func answersNull(output string) bool {
	return slices.ContainsFunc(strings.Split(output, "\n"), func(line string) bool { return strings.TrimSpace(line) == "null" })
}

// handledOtherwise tells whether the function's log says that it did something else than to handle the event. The SAM CLI may
// lose the log of a container that ends at once.
func handledOtherwise(output string) bool {
	return strings.Contains(output, `"outcome":`) && !strings.Contains(output, `"outcome":"handled"`)
}

// bridgeGateway is the address of this machine in docker's default network.
func bridgeGateway(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("skipped: there is no docker on PATH, and the SAM CLI invokes functions in containers")
	}
	output, err := exec.CommandContext(t.Context(), "docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").CombinedOutput()
	gateway := strings.TrimSpace(string(output))
	if err != nil || net.ParseIP(gateway) == nil {
		t.Skipf("skipped: no docker engine answers: %s", gateway)
	}
	return gateway
}

func freePortAt(t *testing.T, host string) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("skipped: containers cannot reach this machine at %s: %v", host, err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// pullFlag keeps the SAM CLI from looking for a newer image where the one that it runs in is there already.
func pullFlag(t *testing.T) string {
	t.Helper()
	architecture := map[string]string{"amd64": "x86_64", "arm64": "arm64"}[runtime.GOARCH]
	image := fmt.Sprintf("public.ecr.aws/lambda/provided:al2023-rapid-%s", architecture)
	if exec.CommandContext(t.Context(), "docker", "image", "inspect", image).Run() == nil {
		return "--skip-pull-image"
	}
	return ""
}

// foldersOfFunctions are the folders that the template's functions are built from, by their logical ids.
func foldersOfFunctions(t *testing.T) map[string]string {
	t.Helper()
	source, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	stack, err := template.Read("template.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{}
	for _, id := range stack.FunctionIDs() {
		if folders[id], err = bootstrap.Folder(string(makefile), id); err != nil {
			t.Fatal(err)
		}
	}
	return folders
}
