package bus

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func invalid(format string, args ...any) *awsapi.Error {
	return awsapi.Errorf("ValidationException", format, args...)
}

func unsupported(what string) *awsapi.Error {
	return invalid("The local cloud does not support %s.", what)
}

func required(member string) error {
	var c constraints
	c.violated(nil, member, "Member must not be null")
	return c.err()
}

func noSuchBus(name string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Event bus %s does not exist.", name)
}

func noSuchRule(name, bus string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Rule %s does not exist on EventBus %s.", name, bus)
}

func noSuchArchive(name string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Archive %s does not exist.", name)
}

func noSuchReplay(name string) *awsapi.Error {
	return awsapi.Errorf("ResourceNotFoundException", "Replay %s does not exist.", name)
}

func alreadyExists(what, name string) *awsapi.Error {
	return awsapi.Errorf("ResourceAlreadyExistsException", "%s %s already exists.", what, name)
}

func notValid(parameter, reason string) *awsapi.Error {
	return invalid("Parameter %s is not valid. Reason: %s", parameter, reason)
}

func internalFailure(err error) *awsapi.Error {
	return &awsapi.Error{
		Status: http.StatusInternalServerError, Code: "InternalException",
		Message: fmt.Sprintf("The local cloud cannot keep its state: %v.", err),
	}
}

func tooMany() *awsapi.Error {
	return awsapi.Errorf("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

// constraints collects what is wrong with the members of a request, in AWS's words.
type constraints struct {
	violations []string
}

func (c *constraints) violated(value any, member, constraint string) {
	text := "Value null"
	if value != nil {
		text = fmt.Sprintf("Value '%v'", value)
	}
	c.violations = append(c.violations, fmt.Sprintf("%s at '%s' failed to satisfy constraint: %s", text, member, constraint))
}

// name checks a required name of at most limit characters.
func (c *constraints) name(value, member string, limit int) {
	if value == "" {
		c.violated(nil, member, "Member must not be null")
		return
	}
	if !isName(value) {
		c.violated(value, member, `Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+`)
	}
	c.longest(value, member, limit)
}

func (c *constraints) within(value *int, member string, low, high int) {
	switch {
	case value == nil:
	case *value < low:
		c.violated(*value, member, fmt.Sprintf("Member must have value greater than or equal to %d", low))
	case *value > high:
		c.violated(*value, member, fmt.Sprintf("Member must have value less than or equal to %d", high))
	}
}

func (c *constraints) longest(value, member string, limit int) {
	if len(value) > limit {
		c.violated(value, member, fmt.Sprintf("Member must have length less than or equal to %d", limit))
	}
}

// there checks that a required member is given.
func (c *constraints) there(given bool, member string) {
	if !given {
		c.violated(nil, member, "Member must not be null")
	}
}

// oneOf checks an optional value of an enumeration.
func (c *constraints) oneOf(value, member string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		c.violated(value, member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
	}
}

// err is the refusal of the request, or nil.
func (c *constraints) err() error {
	switch len(c.violations) {
	case 0:
		return nil
	case 1:
		return invalid("1 validation error detected: %s", c.violations[0])
	default:
		return invalid("%d validation errors detected: %s", len(c.violations), strings.Join(c.violations, "; "))
	}
}

// isName tells whether text consists of the characters that names of rules, targets and buses may have.
func isName(text string) bool {
	return strings.Trim(text, ".-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}
