package scheduler_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestProtocol(t *testing.T) {
	const missing = `{"Message":"Schedule hourly does not exist."}`
	summary := func(name, state string) string {
		return `{"Arn":"arn:aws:scheduler:us-east-1:123456789012:schedule/group/` + name + `","CreationDate":946684800,"GroupName":"group",` +
			`"LastModificationDate":946684800,"Name":"` + name + `","State":"` + state + `",` +
			`"Target":{"Arn":"arn:aws:lambda:us-east-1:123456789012:function:price-check"}}`
	}
	tests := []struct {
		request string
		status  int
		errType string
		body    string
	}{
		{"GET /schedules", 200, "", `{"Schedules":[` + summary("daily", "ENABLED") + `,` + summary("weekly", "DISABLED") + `]}`},
		{"GET /schedules?NamePrefix=w&ScheduleGroup=group", 200, "", `{"Schedules":[` + summary("weekly", "DISABLED") + `]}`},
		{"GET /schedules?State=ENABLED", 200, "", `{"Schedules":[` + summary("daily", "ENABLED") + `]}`},
		{"GET /schedules?ScheduleGroup=default", 200, "", `{"Schedules":[]}`},
		{"GET /schedules?MaxResults=1", 200, "",
			`{"NextToken":"arn:aws:scheduler:us-east-1:123456789012:schedule/group/daily","Schedules":[` + summary("daily", "ENABLED") + `]}`},
		{"GET /schedules?MaxResults=1&NextToken=arn:aws:scheduler:us-east-1:123456789012:schedule/group/daily", 200, "",
			`{"Schedules":[` + summary("weekly", "DISABLED") + `]}`},
		{"GET /schedules?MaxResults=0", 400, "ValidationException", `{"Message":"MaxResults must be between 1 and 100."}`},
		{"GET /schedules/daily?groupName=group", 200, "", `{"ActionAfterCompletion":"NONE",` +
			`"Arn":"arn:aws:scheduler:us-east-1:123456789012:schedule/group/daily","CreationDate":946684800,"Description":"",` +
			`"FlexibleTimeWindow":{"Mode":"OFF"},"GroupName":"group","LastModificationDate":946684800,"Name":"daily",` +
			`"ScheduleExpression":"cron(0 6 * * ? *)","ScheduleExpressionTimezone":"UTC","StartDate":1000000000,"State":"ENABLED",` +
			`"Target":{"Arn":"arn:aws:lambda:us-east-1:123456789012:function:price-check","DeadLetterConfig":{"Arn":"dead"},` +
			`"Input":"price at \u003caws.scheduler.scheduled-time\u003e try \u003caws.scheduler.attempt-number\u003e",` +
			`"RetryPolicy":{"MaximumEventAgeInSeconds":3600,"MaximumRetryAttempts":2},"RoleArn":"arn:aws:iam::123456789012:role/r"}}`},
		{"GET /schedules/hourly?groupName=group", 404, "ResourceNotFoundException", missing},
		{"GET /schedules/daily", 404, "ResourceNotFoundException", strings.Replace(missing, "hourly", "daily", 1)},
		{"DELETE /schedules/daily", 400, "UnknownOperationException", `{"Message":"The local cloud does not support DELETE /schedules/daily of Scheduler."}`},
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		first, second := daily, daily
		first.Start, first.DeadLetterARN = moment(t, "2001-09-09T01:46:40Z"), "dead"
		second.Resource = template.Resource{LogicalID: "Weekly", Name: "weekly", ARN: strings.Replace(daily.ARN, "daily", "weekly", 1)}
		second.Enabled = false
		w.start(second, first)
		for _, test := range tests {
			method, target, _ := strings.Cut(test.request, " ")
			answer := httptest.NewRecorder()
			w.scheduler.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(context.Background(), method, target, nil))
			if answer.Code != test.status || answer.Header().Get("X-Amzn-Errortype") != test.errType {
				t.Errorf("%s: got %d %q, want %d %q", test.request, answer.Code, answer.Header().Get("X-Amzn-Errortype"), test.status, test.errType)
			}
			if diff := cmp.Diff(test.body, strings.TrimSpace(answer.Body.String())); diff != "" {
				t.Errorf("%s: %s", test.request, diff)
			}
		}
	})
}
