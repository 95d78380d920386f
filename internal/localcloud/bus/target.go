package bus

import (
	"fmt"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

// Target is where a rule brings events to: a Lambda function or an SQS queue. Its JSON is that of AWS.
type Target struct {
	ID               string            `json:"Id"`
	ARN              string            `json:"Arn"`
	Input            string            `json:",omitempty"` // JSON that is delivered instead of the event
	InputPath        string            `json:",omitempty"` // of the part of the event that is delivered
	InputTransformer *InputTransformer `json:",omitempty"`
	DeadLetterConfig *DeadLetterConfig `json:",omitempty"`
	RetryPolicy      *RetryPolicy      `json:",omitempty"`
}

// InputTransformer makes a text of parts of the event.
type InputTransformer struct {
	InputPathsMap map[string]string `json:",omitempty"` // names of parts, and their paths
	InputTemplate string            // with the names between < and >
}

// DeadLetterConfig names the queue that gets what cannot be delivered.
type DeadLetterConfig struct {
	ARN string `json:"Arn,omitempty"`
}

// RetryPolicy says when a delivery is given up.
//
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html
type RetryPolicy struct {
	MaximumRetryAttempts     *int `json:",omitempty"` // 0–185, by default 185
	MaximumEventAgeInSeconds *int `json:",omitempty"` // 60–86400, by default 86400
}

const (
	mostRetries = 185
	leastAge    = 60           // seconds
	greatestAge = 24 * 60 * 60 // seconds
)

func (t *Target) retries() int {
	if t.RetryPolicy == nil || t.RetryPolicy.MaximumRetryAttempts == nil {
		return mostRetries
	}
	return *t.RetryPolicy.MaximumRetryAttempts
}

func (t *Target) maximumAge() time.Duration {
	if t.RetryPolicy == nil || t.RetryPolicy.MaximumEventAgeInSeconds == nil {
		return greatestAge * time.Second
	}
	return time.Duration(*t.RetryPolicy.MaximumEventAgeInSeconds) * time.Second
}

func (t *Target) deadLetterQueue() string {
	if t.DeadLetterConfig == nil {
		return ""
	}
	return t.DeadLetterConfig.ARN
}

// check adds what AWS finds wrong with the target's members; member is what the target is called.
func (t *Target) check(c *constraints, member string) {
	const maxID, maxARN, maxInput, maxInputPath = 64, 1600, 8192, 256
	c.name(t.ID, member+".id", maxID)
	if t.ARN == "" {
		c.violated(nil, member+".arn", "Member must not be null")
	}
	c.longest(t.ARN, member+".arn", maxARN)
	c.longest(t.Input, member+".input", maxInput)
	c.longest(t.InputPath, member+".inputPath", maxInputPath)
	if t.InputTransformer != nil {
		c.longest(t.InputTransformer.InputTemplate, member+".inputTransformer.inputTemplate", maxInput)
	}
	if t.RetryPolicy != nil {
		c.within(t.RetryPolicy.MaximumRetryAttempts, member+".retryPolicy.maximumRetryAttempts", 0, mostRetries)
		c.within(t.RetryPolicy.MaximumEventAgeInSeconds, member+".retryPolicy.maximumEventAgeInSeconds", leastAge, greatestAge)
	}
}

// ruleID names a rule.
type ruleID struct {
	name, bus string
}

func (r ruleID) arn() string {
	if r.bus == DefaultBus {
		return awsapi.ARN("events", "rule/"+r.name)
	}
	return awsapi.ARN("events", "rule/"+r.bus+"/"+r.name)
}

// routedTarget is a target with what its lane needs to know.
type routedTarget struct {
	Target
	rule      ruleID
	caller    iam.Caller // on whose behalf it is called
	function  string     // the name of the function, or empty
	queue     string     // the name of the queue, or empty
	transform transform
	workers   int // how many deliver at the same time
	atOnce    int // how many events one of them takes
}

// routed prepares a target of a rule, or refuses it.
func (t Target) routed(rule ruleID) (*routedTarget, error) {
	r := &routedTarget{Target: t, rule: rule, caller: iam.Caller{Service: "events.amazonaws.com", SourceARN: rule.arn()}}
	function, isFunction := strings.CutPrefix(t.ARN, awsapi.ARN("lambda", "function:"))
	queue, isQueue := strings.CutPrefix(t.ARN, awsapi.ARN("sqs", ""))
	switch {
	case isFunction && function != "":
		r.function, _, _ = strings.Cut(function, ":")
		r.workers, r.atOnce = 16, 1
	case isQueue && isName(queue) && queue != "":
		r.queue = queue
		r.workers, r.atOnce = 2, 64
	case !strings.HasPrefix(t.ARN, "arn:"):
		return nil, invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", t.ARN)
	default:
		return nil, unsupported(fmt.Sprintf("the target %s: it brings events to Lambda functions and SQS queues of account %s in %s",
			t.ARN, awsapi.Account, awsapi.Region))
	}
	if strings.HasSuffix(queue, ".fifo") {
		return nil, unsupported("FIFO queues, such as the target " + t.ARN)
	}
	if t.DeadLetterConfig != nil {
		if err := checkDeadLetterQueue(t.deadLetterQueue()); err != nil {
			return nil, err
		}
	}
	var err error
	r.transform, err = newTransform(&r.Target, rule)
	return r, err
}

func checkDeadLetterQueue(arn string) error {
	queue, found := strings.CutPrefix(arn, awsapi.ARN("sqs", ""))
	if !found || queue == "" || !isName(queue) || strings.HasSuffix(queue, ".fifo") {
		return invalid("Parameter DeadLetterConfig is not valid. Reason: %s is not the ARN of a standard SQS queue in the rule's Region.", arn)
	}
	return nil
}

// nameOf is the last part of the ARN of a queue.
func nameOf(queueARN string) string { return queueARN[strings.LastIndexByte(queueARN, ':')+1:] }
