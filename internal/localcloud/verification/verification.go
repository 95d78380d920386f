// Package verification compares a deployment, on AWS or on the local cloud, with the template that it was made of. It reads
// with AWS's own clients, and changes nothing. Each kind of resource has a file of its own.
package verification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/schemas"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Verdict is what a check comes to.
type Verdict string

// A check is unknown when the deployment does not say how it is: a permission is missing, or the service is not there.
const (
	OK      Verdict = "ok"
	Wrong   Verdict = "wrong"
	Unknown Verdict = "unknown"
)

// Check is one thing that was looked at.
type Check struct {
	Kind     string  `json:"kind"` // of the resource, such as rule
	Name     string  `json:"name"` // of the resource
	What     string  `json:"what"` // such as pattern
	Verdict  Verdict `json:"verdict"`
	Expected string  `json:"expected,omitempty"`
	Found    string  `json:"found,omitempty"`
	Mend     string  `json:"mend,omitempty"`   // how what is wrong is put right
	Reason   string  `json:"reason,omitempty"` // why it is unknown
}

// Deployment compares a deployment with a stack. The configuration says where it is, and who looks.
func Deployment(ctx context.Context, config aws.Config, stack *template.Stack) []Check {
	v := newVerifier(ctx, config, stack)
	v.buses()
	v.rules()
	v.queues()
	v.functions()
	v.archives()
	v.schedules()
	v.tables()
	v.registries()
	v.logGroups()
	v.alarms()
	return v.checks
}

type verifier struct {
	ctx      context.Context //nolint:containedctx // of one verification
	stack    *template.Stack
	region   string
	account  string
	checks   []Check
	events   *eventbridge.Client
	lambda   *lambda.Client
	sqs      *sqs.Client
	database *dynamodb.Client
	schedule *scheduler.Client
	schemas  *schemas.Client
	logs     *cloudwatchlogs.Client
	metrics  *cloudwatch.Client
}

func newVerifier(ctx context.Context, config aws.Config, stack *template.Stack) *verifier {
	return &verifier{
		ctx: ctx, stack: stack, region: config.Region, account: awsapi.Account,
		events: eventbridge.NewFromConfig(config), lambda: lambda.NewFromConfig(config), sqs: sqs.NewFromConfig(config),
		database: dynamodb.NewFromConfig(config), schedule: scheduler.NewFromConfig(config), schemas: schemas.NewFromConfig(config),
		logs: cloudwatchlogs.NewFromConfig(config), metrics: cloudwatch.NewFromConfig(config),
	}
}

// here puts a text of the template, which is made for the local cloud's account and region, where the deployment is.
func (v *verifier) here(text string) string {
	text = strings.ReplaceAll(text, ":"+awsapi.Region+":"+awsapi.Account+":", ":"+v.region+":"+v.account+":")
	text = strings.ReplaceAll(text, "::"+awsapi.Account+":", "::"+v.account+":") // IAM's, which are in no region
	return strings.ReplaceAll(text, `"`+awsapi.Account+`"`, `"`+v.account+`"`)
}

// resource adds checks of one resource.
type resource struct {
	*verifier

	kind, name string
}

func (v *verifier) of(kind, name string) resource { return resource{v, kind, name} }

func (v *verifier) appendCheck(check Check) { v.checks = append(v.checks, check) }

// same adds a check of something that must be as expected.
func (r resource) same(what string, expected, found any, mend string) {
	check := Check{What: what, Verdict: OK}
	if !reflect.DeepEqual(expected, found) {
		check.Verdict, check.Expected, check.Found, check.Mend = Wrong, words(expected), words(found), mend
	}
	r.record(check)
}

// sameJSON compares two JSON texts by what they say. An absent one is an empty text.
func (r resource) sameJSON(what, expected, found, mend string) {
	r.same(what, decoded(expected), decoded(found), mend)
}

func (r resource) record(check Check) {
	check.Kind, check.Name = r.kind, r.name
	r.appendCheck(check)
}

// decoded is what a JSON text says, or the text itself.
func decoded(text string) any {
	var value any
	if json.Unmarshal([]byte(text), &value) != nil {
		return text
	}
	return value
}

// words are a value as people read it.
func words(value any) string {
	switch value := value.(type) {
	case nil:
		return "nothing"
	case string:
		if value == "" {
			return "nothing"
		}
		return value
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}

// there adds the check that a resource is there, given how asking for it ended, and tells whether it is.
func (r resource) there(err error, mend string) bool { return r.answered("there", err, mend) }

// answered adds a check of something that is asked for in a call of its own, given how the call ended. It tells whether there
// is an answer to look at.
func (r resource) answered(what string, err error, mend string) bool {
	if err == nil {
		r.record(Check{What: what, Verdict: OK})
		return true
	}
	if isMissing(err) {
		r.record(Check{What: what, Verdict: Wrong, Expected: "it is there", Found: "it is not there", Mend: mend})
		return false
	}
	r.record(Check{What: what, Verdict: Unknown, Reason: reasonOf(err)})
	return false
}

// isMissing tells whether a call ended because what it asks for is not there.
func isMissing(err error) bool {
	var refusal smithy.APIError
	return errors.As(err, &refusal) && slices.Contains([]string{
		"ResourceNotFoundException", "NotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
	}, refusal.ErrorCode())
}

// reasonOf says why a call has brought no answer.
func reasonOf(err error) string {
	var refusal smithy.APIError
	if !errors.As(err, &refusal) {
		return err.Error()
	}
	switch code := refusal.ErrorCode(); {
	case strings.HasPrefix(code, "AccessDenied"), code == "AuthorizationError":
		return "you have no permission: " + refusal.ErrorMessage()
	case code == "UnknownOperationException":
		return "it is not served: " + refusal.ErrorMessage()
	default:
		return code + ": " + refusal.ErrorMessage()
	}
}

// redeploy is how most things are made anew. CloudFormation makes only what a template changes, so that it must first be
// told what has drifted.
const redeploy = "make it as the template says, by hand or by a new deployment (on the local cloud: bayon down, bayon up)"
