package scenario_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// deployed is a local cloud that comes up empty, and a folder with what is deployed to it.
type deployed struct {
	*cloud
	folder string
}

// startEmpty starts a local cloud without a template, and builds the greeting function.
func startEmpty(t *testing.T) *deployed {
	t.Helper()
	venv(t)
	d := &deployed{cloud: start(t, "--empty"), folder: t.TempDir()}
	template, err := os.ReadFile("testdata/greeting/template.yaml")
	if err == nil {
		err = os.WriteFile(filepath.Join(d.folder, "template.yaml"), template, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.build("code", runtime.GOARCH)
	return d
}

// build builds the function for a processor.
func (d *deployed) build(folder, processor string) {
	d.t.Helper()
	command := exec.Command("go", "build", "-trimpath", "-tags", "lambda.norpc", "-ldflags", "-s -w",
		"-o", filepath.Join(d.folder, folder, "bootstrap"), "./testdata/greeting")
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+processor)
	if output, err := command.CombinedOutput(); err != nil {
		d.t.Fatalf("%v\n%s", err, output)
	}
}

// sam runs the SAM CLI against the local cloud, and returns whether it succeeded, and what it printed.
func (d *deployed) sam(arguments ...string) (bool, string) {
	d.t.Helper()
	tool, err := filepath.Abs(filepath.Join(venv(d.t), "bin", "sam"))
	if err != nil {
		d.t.Fatal(err)
	}
	command := exec.Command(tool, arguments...)
	command.Dir = d.folder
	command.Env = append(clientEnvironment(), "AWS_ENDPOINT_URL="+d.endpoint(), "SAM_CLI_TELEMETRY=0", "SAM_CLI_POLL_DELAY=0.2",
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err = command.Run()
	return err == nil, output.String()
}

// must runs the SAM CLI, which must succeed and print some words, whatever lines and columns it breaks them into.
func (d *deployed) must(words []string, arguments ...string) {
	d.t.Helper()
	succeeded, output := d.sam(arguments...)
	if !succeeded {
		d.t.Fatalf("sam %s:\n%s", strings.Join(arguments, " "), output)
	}
	for _, word := range words {
		if !strings.Contains(output, word) {
			d.t.Errorf("sam %s: no %q in\n%s", strings.Join(arguments, " "), word, output)
		}
	}
}

func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

func deployArguments(more ...string) []string {
	return append([]string{"deploy", "--stack-name", "greeting", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--template-file", "template.yaml",
		"--region", "us-east-1", "--parameter-overrides", "Architecture=" + architecture()}, more...)
}

// TestSAMDeploys deploys a stack with the real SAM CLI, changes it, breaks it, and takes it away.
func TestSAMDeploys(t *testing.T) {
	t.Parallel()
	d := startEmpty(t)
	greet := func(want string) {
		t.Helper()
		succeeded, _ := d.aws("events", "put-events", "--entries", `[{"EventBusName":"greeting","Source":"me","DetailType":"Meeting","Detail":"{\"of\":\"`+want+`\"}"}]`)
		d.quiet()
		if log := d.functionLog(); !succeeded || !strings.Contains(log, "greeter "+want+" {") || !strings.Contains(log, `"of":"`+want+`"`) {
			t.Errorf("no %s in %s", want, log)
		}
	}
	inStack := func(command string, more ...string) []string {
		return append(append(strings.Fields(command), "--stack-name", "greeting", "--region", "us-east-1"), more...)
	}

	d.must([]string{"CREATE_COMPLETE", "+ Add", "Who greets", "Successfully created/updated stack"}, deployArguments("--resolve-s3")...)
	greet("hello")
	d.must([]string{`"OutputValue": "greeter"`}, inStack("list stack-outputs", "--output", "json")...)
	d.must([]string{"greeting-failures", `"LogicalResourceId": "GreeterGreetPermission"`}, inStack("list resources", "--output", "json", "--template-file", "template.yaml")...)
	d.must([]string{`"LogicalResourceId": "Greeter"`}, inStack("list endpoints", "--output", "json", "--template-file", "template.yaml")...)
	d.must([]string{"hello", `"of":"hello"`}, inStack("logs", "--output", "text")...)

	d.kill(syscall.SIGKILL)
	d.up()
	d.must([]string{"hello", "REPORT RequestId"}, inStack("remote invoke Greeter", "--event", `{"of":"invoke"}`)...)

	bucket := "greeting-artifacts"
	if succeeded, output := d.aws("s3", "mb", "s3://"+bucket); !succeeded {
		t.Fatal(output)
	}
	changed := []string{"Greeting=ciao", "--s3-bucket", bucket, "--s3-prefix", "greeting"}
	d.must([]string{"UPDATE_COMPLETE", "* Modify", "Greeter"}, deployArguments(changed...)...)
	greet("ciao")
	if succeeded, output := d.sam(deployArguments(changed...)...); succeeded || !strings.Contains(output, "No changes to deploy") {
		t.Errorf("deployed again: %s", output)
	}

	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	d.build("code", other)
	broken := append(deployArguments(changed...), "--parameter-overrides", "Architecture="+architecture()+" Greeting=broken Source=you")
	if succeeded, output := d.sam(broken...); succeeded || !strings.Contains(output, "UPDATE_ROLLBACK_COMPLETE") || !strings.Contains(strings.Join(strings.Fields(output), ""), "cannotrun") {
		t.Errorf("what cannot run is deployed: %s", output)
	}
	greet("ciao")

	d.must([]string{"Deleted successfully"}, inStack("delete", "--no-prompts", "--s3-bucket", bucket, "--s3-prefix", "greeting")...)
	if succeeded, output := d.aws("cloudformation", "describe-stacks", "--stack-name", "greeting"); succeeded || !strings.Contains(output, "does not exist") {
		t.Errorf("after the deletion: %s", output)
	}
	if _, output := d.aws("events", "list-event-buses", "--query", "EventBuses[].Name"); strings.Contains(output, "greeting") {
		t.Errorf("buses left: %s", output)
	}
	if _, output := d.aws("dynamodb", "list-tables"); !strings.Contains(output, "kept") {
		t.Errorf("the table that is retained is gone: %s", output)
	}
	if _, output := d.aws("s3", "ls", "s3://"+bucket, "--recursive"); strings.TrimSpace(output) != "" {
		t.Errorf("objects left: %s", output)
	}
}
