package lambdahost

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// reservedVariable tells whether Lambda itself sets an environment variable and lets nobody else do so.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func reservedVariable(name string) bool {
	switch name {
	case "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR":
		return true
	}
	return strings.HasPrefix(name, "AWS_LAMBDA_") && name != "AWS_LAMBDA_EXEC_WRAPPER"
}

// environment is all that a process finds in its environment: nothing of the developer's own is in it. Like Lambda for
// this runtime, it has no AWS_EXECUTION_ENV and no HOME.
func (p *process) environment() []string {
	f := p.function
	variables := map[string]string{
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		"TZ":                              ":UTC",
		"AWS_XRAY_CONTEXT_MISSING":        "LOG_ERROR",
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     latest,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      logStream(p.started, p.id),
		"AWS_LAMBDA_RUNTIME_API":          f.host.listener.Addr().String() + "/" + p.id,
		"AWS_REGION":                      awsapi.Region,
		"AWS_DEFAULT_REGION":              awsapi.Region,
		"AWS_ACCESS_KEY_ID":               p.accessKey,
		"AWS_SECRET_ACCESS_KEY":           "local-cloud",
		"AWS_SESSION_TOKEN":               "local-cloud",
		"LAMBDA_TASK_ROOT":                filepath.Dir(f.Bootstrap),
		"_HANDLER":                        "bootstrap",
	}
	optional := map[string]string{
		"AWS_LAMBDA_LOG_FORMAT":   f.LogFormat,
		"AWS_LAMBDA_LOG_LEVEL":    f.LogLevel,
		"AWS_XRAY_DAEMON_ADDRESS": f.host.config.XRayAddress,
	}
	for name, value := range optional {
		if value != "" {
			variables[name] = value
		}
	}
	for name, value := range f.Environment {
		variables[name] = value
	}
	list := make([]string, 0, len(variables))
	for name, value := range variables {
		list = append(list, name+"="+value)
	}
	return list
}

// logStream is the name of a process's log stream.
func logStream(started time.Time, processID string) string {
	return started.UTC().Format("2006/01/02") + "/[" + latest + "]" + processID
}

// keyLength is how much of an access key is the same for all processes of a function; the rest counts them.
const keyLength = 12

// newAccessKeys returns what the access keys of a function begin with. Temporary keys begin with ASIA.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func newAccessKeys() string {
	var random [5]byte
	_, _ = rand.Read(random[:]) // it never fails
	return "ASIA" + base32.StdEncoding.EncodeToString(random[:])
}

// newAccessKey is the access key of the function's next process.
func (f *function) newAccessKey() string {
	return f.accessKeys + strings.ToUpper(fmt.Sprintf("%08x", f.host.serial.Add(1)))
}
