package lambdahost

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Function is a Lambda function whose code is a bootstrap, as the template declares it. Callers can change what is reserved,
// how asynchronous invocations are treated, and who may invoke; see package drift for how long that counts.
type Function struct {
	Name         string
	LogicalID    string // in the template; for people
	Description  string
	Bootstrap    string            // path of the executable
	Architecture string            // arm64 or x86_64, as the template asks for; here it is always the machine's own
	Environment  map[string]string // beside what Lambda itself sets
	Timeout      time.Duration     // of an invocation; the process is killed then
	MemoryMB     int               // is told to the function and shown, but not enforced
	Alias        string            // name of an alias that leads to it; empty without one
	Role         string            // ARN
	Identity     *iam.Identity     // what the role may do, for what Lambda does on the function's behalf; nil for everything
	LogGroup     string            // name; empty for /aws/lambda/<Name>
	LogFormat    string            // JSON or Text; empty for Text
	LogLevel     string            // of the function's own lines, such as INFO; empty for none
	Tracing      bool              // whether traces that begin here are sampled
	Reserved     *int              // invocations at a time; nil for as many as the host allows, 0 for none at all
	MaxRetries   int               // of an asynchronous invocation, after errors of the function, 0 to 2
	MaxAge       time.Duration     // of an event before it is given up, at least a minute; 0 means six hours
	OnFailure    string            // ARN of the queue that takes over what was given up; empty to drop it
	OnSuccess    string            // ARN of the queue that is told of what was done; empty for none
	Permissions  []Permission
}

// Permission lets a service or an account invoke a function.
type Permission struct {
	SID           string // names the permission within its function
	Qualifier     string // the alias that it is for; empty for the function without an alias
	Action        string // such as lambda:InvokeFunction
	Principal     string // a service such as events.amazonaws.com, or an account
	SourceARN     string // only for this resource, with wildcards; empty for any
	SourceAccount string // only for resources of this account; empty for any
}

// ARN is the function's name in all of AWS.
func (f Function) ARN() string { return awsapi.ARN("lambda", "function:"+f.Name) }

// latest is the only version that functions have here.
const latest = "$LATEST"

const (
	longestTimeout   = 15 * time.Minute
	youngestMaxAge   = time.Minute
	oldestMaxAge     = 6 * time.Hour
	mostRetries      = 2
	environmentLimit = 4 << 10
)

var accountNumber = regexp.MustCompile(`^[0-9]{12}$`)

var functionName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// check names everything in a definition that AWS would refuse.
func (f Function) check() error {
	var wrong []error
	require := func(so bool, format string, args ...any) {
		if !so {
			wrong = append(wrong, fmt.Errorf("function %q: "+format, append([]any{f.Name}, args...)...))
		}
	}
	require(functionName.MatchString(f.Name), "the name must be 1 to 64 letters, digits, hyphens and underscores")
	require(f.Bootstrap != "", "no bootstrap")
	require(f.Timeout > 0 && f.Timeout <= longestTimeout, "the timeout %v is not from 1 s to 15 min", f.Timeout)
	require(f.MemoryMB > 0, "the memory of %d MB is not positive", f.MemoryMB)
	require(f.Reserved == nil || *f.Reserved >= 0, "the reserved concurrency is negative")
	require(f.MaxRetries >= 0 && f.MaxRetries <= mostRetries, "%d retries are not from 0 to 2", f.MaxRetries)
	require(f.MaxAge == 0 || f.MaxAge >= youngestMaxAge && f.MaxAge <= oldestMaxAge,
		"the event age %v is not from 1 min to 6 h", f.MaxAge)
	size := 0
	for name, value := range f.Environment {
		require(!reservedVariable(name), "Lambda itself sets the variable %s", name)
		size += len(name) + len(value)
	}
	require(size <= environmentLimit, "the variables take %d bytes, AWS allows 4 KB", size)
	return errors.Join(wrong...)
}

// statement is the permission as a statement of the policy of a function, given its ARN.
func (p Permission) statement(resource string) map[string]any {
	statement := map[string]any{"Sid": p.SID, "Effect": "Allow", "Action": p.Action, "Resource": resource}
	switch {
	case p.Principal == "*":
		statement["Principal"] = "*"
	case accountNumber.MatchString(p.Principal):
		statement["Principal"] = map[string]string{"AWS": "arn:aws:iam::" + p.Principal + ":root"}
	case strings.HasPrefix(p.Principal, "arn:"):
		statement["Principal"] = map[string]string{"AWS": p.Principal}
	default:
		statement["Principal"] = map[string]string{"Service": p.Principal}
	}
	condition := map[string]any{}
	if p.SourceARN != "" {
		condition["ArnLike"] = map[string]string{"AWS:SourceArn": p.SourceARN}
	}
	if p.SourceAccount != "" {
		condition["StringEquals"] = map[string]string{"AWS:SourceAccount": p.SourceAccount}
	}
	if len(condition) > 0 {
		statement["Condition"] = condition
	}
	return statement
}

// function is a Function at work. Of its definition, what the settings hold may have changed.
type function struct {
	Function
	host       *Host
	created    time.Time
	accessKeys string // what all its access keys begin with
	code       func() (size int64, sha256 string)

	settings atomic.Pointer[settings] // replaced while Host.changing is held

	pool    *pool
	backlog *backlog
	lines   *lines
}

func (h *Host) newFunction(definition Function) (*function, error) {
	if err := definition.check(); err != nil {
		return nil, err
	}
	if definition.MaxAge == 0 {
		definition.MaxAge = oldestMaxAge
	}
	if definition.LogGroup == "" {
		definition.LogGroup = "/aws/lambda/" + definition.Name
	}
	current, err := h.loadSettings(definition)
	if err != nil {
		return nil, fmt.Errorf("function %q: %w", definition.Name, err)
	}
	f := &function{Function: definition, host: h, created: time.Now(), accessKeys: newAccessKeys(), lines: &lines{serial: &h.lines}}
	f.settings.Store(current)
	f.code = sync.OnceValues(func() (int64, string) { return codeOf(definition.Bootstrap) })
	f.pool = newPool(f)
	f.backlog = newBacklog(f)
	return f, nil
}

// codeOf is the size of an executable in bytes, and its SHA-256 in base64; nothing if it cannot be read.
func codeOf(bootstrap string) (size int64, sum string) {
	file, err := os.Open(bootstrap)
	if err != nil {
		return 0, ""
	}
	defer file.Close()
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return 0, ""
	}
	return size, base64.StdEncoding.EncodeToString(hash.Sum(nil))
}

// inFlight tells in words what is under way; it is empty if nothing is.
func (f *function) inFlight() string {
	running := f.pool.running()
	waiting, next := f.backlog.waiting()
	if f.pool.isRetired() {
		waiting, next = 0, time.Time{} // they are another's
	}
	var words []string
	if running > 0 {
		words = append(words, strconv.Itoa(running)+" running")
	}
	if waiting > 0 {
		words = append(words, strconv.Itoa(waiting)+" waiting")
	}
	if !next.IsZero() {
		words = append(words, "the next retry at "+next.Format(time.TimeOnly))
	}
	if len(words) == 0 {
		return ""
	}
	return f.Name + ": " + strings.Join(words, ", ")
}

// awaitIdle waits until no invocation is under way, or ctx ends.
func (f *function) awaitIdle(ctx context.Context) {
	select {
	case <-f.pool.drained:
	case <-ctx.Done():
	}
}
