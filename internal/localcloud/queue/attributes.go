package queue

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// settings are what a queue's attributes mean.
type settings struct {
	values map[string]string // all attributes that have a value, set or SQS's own

	delay          time.Duration
	maximumSize    int
	retention      time.Duration
	receiveWait    time.Duration
	visibility     time.Duration
	policy         iam.Policy
	redrive        redrivePolicy
	hasDeadLetters bool
}

// redrivePolicy says when messages are given up and where to.
type redrivePolicy struct {
	queue           string // name
	maximumReceives int
}

// number is an attribute that is a whole number.
type number struct {
	name                      string
	standard, least, greatest int
	set                       func(*settings, int)
}

// numbers are SQS's attributes that are whole numbers.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func numbers() []number {
	return []number{
		{"DelaySeconds", 0, 0, 900, func(s *settings, n int) { s.delay = seconds(n) }},
		{"MaximumMessageSize", 1 << 20, 1 << 10, 1 << 20, func(s *settings, n int) { s.maximumSize = n }},
		{"MessageRetentionPeriod", 345600, 60, 1209600, func(s *settings, n int) { s.retention = seconds(n) }},
		{"ReceiveMessageWaitTimeSeconds", 0, 0, 20, func(s *settings, n int) { s.receiveWait = seconds(n) }},
		{"VisibilityTimeout", 30, 0, 43200, func(s *settings, n int) { s.visibility = seconds(n) }},
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// settable tells whether a queue has an attribute of this name that can be set. Those that say how AWS encrypts the queue
// change nothing here, but are kept and shown.
func settable(name string) bool {
	switch name {
	case "Policy", "RedrivePolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled":
		return true
	}
	return slices.ContainsFunc(numbers(), func(n number) bool { return n.name == name })
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// validate checks the name and the attributes of a new queue.
func validate(name string, attributes map[string]string) (settings, error) {
	if strings.HasSuffix(name, ".fifo") || attributes["FifoQueue"] == "true" {
		return settings{}, refuse(unsupportedOperation, "The local cloud has standard queues only: %q cannot be a FIFO queue.", name)
	}
	if !queueName.MatchString(name) {
		return settings{}, refuse(invalidParameterValue,
			"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return parseSettings(attributes)
}

// parseSettings reads the attributes that are set; an empty value is as none.
func parseSettings(attributes map[string]string) (settings, error) {
	parsed := settings{values: map[string]string{"SqsManagedSseEnabled": "true"}}
	for _, number := range numbers() {
		if err := number.read(&parsed, attributes[number.name]); err != nil {
			return settings{}, err
		}
	}
	for name, value := range attributes {
		if !settable(name) {
			return settings{}, refuse(invalidAttributeName, "Unknown Attribute %s.", name)
		}
		if value != "" {
			parsed.values[name] = value
		}
	}
	if attributes["KmsMasterKeyId"] != "" {
		parsed.values["SqsManagedSseEnabled"] = "false" // a queue is encrypted in one way
	}
	if err := parsed.readPolicy(attributes["Policy"]); err != nil {
		return settings{}, err
	}
	return parsed, parsed.readRedrivePolicy(attributes["RedrivePolicy"])
}

func (n number) read(into *settings, text string) error {
	value := n.standard
	if text != "" {
		var err error
		if value, err = strconv.Atoi(text); err != nil || value < n.least || value > n.greatest {
			return refuse(invalidAttributeValue, "Invalid value for the parameter %s. Reason: %q is not from %d to %d.",
				n.name, text, n.least, n.greatest)
		}
	}
	into.values[n.name] = strconv.Itoa(value)
	n.set(into, value)
	return nil
}

func (s *settings) readPolicy(document string) (err error) {
	if document == "" {
		return nil
	}
	if s.policy, err = iam.ParsePolicy([]byte(document)); err != nil {
		return refuse(invalidAttributeValue, "Invalid value for the parameter Policy. Reason: %v.", err)
	}
	s.values["Policy"] = compact(document)
	return nil
}

func (s *settings) readRedrivePolicy(document string) error {
	if document == "" {
		return nil
	}
	var policy struct {
		DeadLetterTargetARN string      `json:"deadLetterTargetArn"`
		MaxReceiveCount     json.Number `json:"maxReceiveCount"` // AWS takes a number and a string
	}
	invalid := func(reason string) error {
		return refuse(invalidParameterValue, "Value %s for parameter RedrivePolicy is invalid. Reason: %s.", document, reason)
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return invalid("not a JSON object of deadLetterTargetArn and maxReceiveCount")
	}
	name, ours := strings.CutPrefix(policy.DeadLetterTargetARN, awsapi.ARN("sqs", ""))
	if !ours || name == "" {
		return invalid("deadLetterTargetArn is no queue of this account")
	}
	const most = 1000
	receives, err := strconv.Atoi(policy.MaxReceiveCount.String())
	if err != nil || receives < 1 || receives > most {
		return invalid("Invalid value for maxReceiveCount: valid values are from 1 to 1000 both inclusive")
	}
	s.redrive, s.hasDeadLetters = redrivePolicy{queue: name, maximumReceives: receives}, true
	s.values["RedrivePolicy"] = compact(document)
	return nil
}

// compact is a JSON text without its insignificant blanks.
func compact(document string) string {
	var buffer bytes.Buffer
	if json.Compact(&buffer, []byte(document)) != nil {
		return document
	}
	return buffer.String()
}
