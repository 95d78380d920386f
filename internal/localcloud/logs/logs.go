// Package logs is the CloudWatch Logs of the local cloud: it shows what functions print, and what Lambda writes down about
// them, in the log groups that the template gives them. It keeps the last lines of each function since the local cloud was
// started; it takes no lines from others.
package logs

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

// Functions is Lambda, as far as its logs are read.
type Functions interface {
	// LogGroups names the log group of each function, by the function's name.
	LogGroups() map[string]string
	// Lines are the last lines of a function, oldest first.
	Lines(function string) []lambdahost.Line
}

// Config is what Logs need.
type Config struct {
	Functions Functions
	// Declared are the log groups of the stacks, and how long they keep lines.
	Declared func() map[string]time.Duration
}

// Logs are all log groups of the account.
type Logs struct{ config Config }

// New makes the log groups of some functions.
func New(config Config) *Logs { return &Logs{config} }

// Handler serves CloudWatch Logs' JSON protocol, as far as reading goes.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
func (l *Logs) Handler() http.Handler {
	return &awsapi.JSON{
		Version: "1.1",
		MaxBody: 1 << 20,
		Operations: map[string]awsapi.Operation{
			"DescribeLogGroups":  l.describeLogGroups,
			"DescribeLogStreams": l.describeLogStreams,
			"FilterLogEvents":    l.filterLogEvents,
		},
	}
}

// Line is a line with the stream that it is in.
type line struct {
	lambdahost.Line
	function string
}

// groups lists the names of the log groups that there are.
func (l *Logs) groups() []string {
	var names []string
	for _, group := range l.config.Functions.LogGroups() {
		names = append(names, group)
	}
	for group := range l.config.Declared() {
		names = append(names, group)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// lines are all lines of a group, oldest first.
func (l *Logs) lines(group string) ([]line, error) {
	if !slices.Contains(l.groups(), group) {
		return nil, awsapi.Errorf("ResourceNotFoundException", "The specified log group does not exist.")
	}
	var all []line
	for function, of := range l.config.Functions.LogGroups() {
		if of != group {
			continue
		}
		for _, printed := range l.config.Functions.Lines(function) {
			all = append(all, line{printed, function})
		}
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.Serial, b.Serial) })
	return all, nil
}

// groupOf is the name of a group, which a request may give as an ARN.
func groupOf(name, identifier string) string {
	if name == "" {
		name = identifier
	}
	return strings.TrimSuffix(strings.TrimPrefix(name, groupARN("")), ":*")
}

func groupARN(name string) string { return awsapi.ARN("logs", "log-group:"+name) }
