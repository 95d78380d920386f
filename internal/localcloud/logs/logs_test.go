package logs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/logs"
)

type functions map[string][]lambdahost.Line

func (f functions) LogGroups() map[string]string {
	groups := map[string]string{}
	for name := range f {
		groups[name] = "/aws/lambda/" + name
	}
	return groups
}

func (f functions) Lines(function string) []lambdahost.Line { return f[function] }

func TestReading(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	service := logs.New(logs.Config{
		Functions: functions{"price": {
			{Serial: 7, At: at, Stream: "s/1", Text: "ERROR first"}, {Serial: 8, At: at.Add(time.Second), Stream: "s/2", Text: "second line"}, {Serial: 9, At: at.Add(2 * time.Second), Stream: "s/1", Text: "third ERROR timed out"},
		}, "twin": {
			{Serial: 3, At: at, Stream: "s/1", Text: "one"}, {Serial: 4, At: at, Stream: "s/1", Text: "at the same time"},
		}},
		Declared: func() map[string]time.Duration {
			return map[string]time.Duration{"/aws/lambda/price": 7 * 24 * time.Hour, "other": 0}
		},
	})
	const group = `"logGroupName":"/aws/lambda/price"`
	for _, test := range []struct {
		operation, body string
		want            string // in the answer, in this order
	}{
		{"FilterLogEvents", `{` + group + `,"interleaved":true}`, `first|"timestamp":1795651200000|second|third`},
		{"FilterLogEvents", `{` + group + `,"startTime":1795651201000,"endTime":1795651202000}`, `"events":[{|second line|}],"searched`},
		{"FilterLogEvents", `{` + group + `,"logStreamNames":["s/2"]}`, `"events":[{|s/2|}],"searched`},
		{"FilterLogEvents", `{` + group + `,"filterPattern":"ERROR -first"}`, `"events":[{|third|}],"searched`},
		{"FilterLogEvents", `{` + group + `,"filterPattern":"\"timed out\""}`, `"events":[{|third|}],"searched`},
		{"FilterLogEvents", `{` + group + `,"filterPattern":"?first ?second"}`, `first|second line"|}],"searched`},
		{"FilterLogEvents", `{` + group + `,"filterPattern":"{ $.level = \"ERROR\" }"}`, `InvalidParameterException`},
		{"FilterLogEvents", `{` + group + `,"limit":1}`, `first|"nextToken":"7"`},
		{"FilterLogEvents", `{` + group + `,"limit":1,"nextToken":"7"}`, `"events":[{|second|"nextToken":"8"`},
		{"FilterLogEvents", `{"logGroupName":"/aws/lambda/twin","limit":1,"nextToken":"3"}`, `"events":[{|"eventId":"4"|at the same time`},
		{"FilterLogEvents", `{"logGroupIdentifier":"arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/price"}`, `first`},
		{"FilterLogEvents", `{"logGroupName":"nowhere"}`, `ResourceNotFoundException`},
		{"FilterLogEvents", `{"logGroupName":"other"}`, `"events":[]`},
		{"FilterLogEvents", `{` + group + `,"limit":0}`, `InvalidParameterException`},
		{"DescribeLogGroups", `{}`, `/aws/lambda/price|"retentionInDays":7|other`},
		{"DescribeLogGroups", `{"logGroupNamePrefix":"oth"}`, `"logGroups":[{|other|}]`},
		{"DescribeLogStreams", `{` + group + `,"orderBy":"LastEventTime","descending":true}`, `"logStreamName":"s/1"|"lastEventTimestamp":1795651202000|"logStreamName":"s/2"`},
		{"PutLogEvents", `{}`, `UnknownOperationException`},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(test.body))
		request.Header.Set("X-Amz-Target", "Logs_20140328."+test.operation)
		answer := httptest.NewRecorder()
		service.Handler().ServeHTTP(answer, request)
		rest := answer.Body.String()
		for _, part := range strings.Split(test.want, "|") {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Errorf("%s %s: no %s in %s", test.operation, test.body, part, answer.Body)
				break
			}
			rest = after
		}
	}
}
