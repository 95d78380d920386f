package verification

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestAlarmsAreComparedInAll(t *testing.T) {
	t.Parallel()
	const topic = `"arn:aws:sns:us-east-1:123456789012:alarms"`
	const (
		onQueue = `{"AlarmName":"a","Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible",
			"Dimensions":[{"Name":"QueueName","Value":"q"},{"Name":"More","Value":"m"}],"Statistic":"Maximum","Period":300,"Threshold":0.5,
			"EvaluationPeriods":3,"ComparisonOperator":"GreaterThanThreshold","AlarmActions":[` + topic + `],"OKActions":[` + topic + `]}`
		onQueueFound = `{"AlarmName":"a","Namespace":"AWS/SQS","MetricName":"ApproximateNumberOfMessagesVisible",
			"Dimensions":[{"Name":"More","Value":"m"},{"Name":"QueueName","Value":"q"}],"Statistic":"Maximum","Period":300,"Threshold":0.5,
			"EvaluationPeriods":3,"DatapointsToAlarm":3,"ComparisonOperator":"GreaterThanThreshold","TreatMissingData":"missing","ActionsEnabled":true,
			"AlarmActions":["arn:aws:sns:eu-west-1:999999999999:alarms"],"OKActions":["arn:aws:sns:eu-west-1:999999999999:alarms"],"InsufficientDataActions":[]}`
		onQueries = `{"Metrics":[{"Id":"rate","Label":"errors","Expression":"100 * errors / calls"},{"Id":"errors","ReturnData":false,"MetricStat":{"Stat":"Sum","Period":60,
			"Metric":{"Namespace":"AWS/Lambda","MetricName":"Errors","Dimensions":[{"Name":"FunctionName","Value":"price"}]}}}],
			"Threshold":10,"EvaluationPeriods":3,"DatapointsToAlarm":2,"ComparisonOperator":"GreaterThanThreshold","TreatMissingData":"notBreaching"}`
		onQueriesFound = `{"Metrics":[{"Id":"errors","ReturnData":false,"MetricStat":{"Stat":"Sum","Period":60,
			"Metric":{"Namespace":"AWS/Lambda","MetricName":"Errors","Dimensions":[{"Name":"FunctionName","Value":"price"}]}}},
			{"Id":"rate","Label":"errors","Expression":"100 * errors / calls","ReturnData":true}],
			"Threshold":10,"EvaluationPeriods":3,"DatapointsToAlarm":2,"ComparisonOperator":"GreaterThanThreshold","TreatMissingData":"notBreaching","ActionsEnabled":true}`
	)
	for _, test := range []struct{ properties, found, was, is, want string }{
		{onQueue, onQueueFound, "", "", ""},
		{onQueue, onQueueFound, `"Value":"q"`, `"Value":"another"`, "wrong what it watches"},
		{onQueue, onQueueFound, "AWS/SQS", "AWS/SNS", "wrong what it watches"},
		{onQueue, onQueueFound, "NumberOfMessagesVisible", "AgeOfOldestMessage", "wrong what it watches"},
		{onQueue, onQueueFound, "Maximum", "Minimum", "wrong what it watches"},
		{onQueue, onQueueFound, `"Period":300`, `"Period":60`, "wrong what it watches"},
		{onQueue, onQueueFound, `"Threshold":0.5`, `"Threshold":50`, "wrong condition"},
		{onQueue, onQueueFound, `"DatapointsToAlarm":3`, `"DatapointsToAlarm":1`, "wrong condition"},
		{onQueue, onQueueFound, `"TreatMissingData":"missing"`, `"TreatMissingData":"ignore"`, "wrong condition"},
		{onQueue, onQueueFound, `"ActionsEnabled":true`, `"ActionsEnabled":false`, "wrong whom it tells"},
		{onQueue, onQueueFound, `"AlarmActions":["arn:aws:sns:eu-west-1:999999999999:alarms"]`, `"AlarmActions":[]`, "wrong whom it tells"},
		{onQueue, onQueueFound, `"OKActions":["arn:aws:sns:eu-west-1:999999999999:alarms"]`, `"OKActions":["arn:aws:sns:eu-west-1:999999999999:x"]`, "wrong whom it tells"},
		{onQueries, onQueriesFound, "", "", ""},
		{onQueries, onQueriesFound, "100 * errors", "1 * errors", "wrong what it watches"},
		{onQueries, onQueriesFound, `"ReturnData":true`, `"ReturnData":false`, "wrong what it watches"},
		{onQueries, onQueriesFound, `"Value":"price"`, `"Value":"trend"`, "wrong what it watches"},
		{onQueries, onQueriesFound, `"Stat":"Sum"`, `"Stat":"Average"`, "wrong what it watches"},
		{onQueries, onQueriesFound, `"Period":60`, `"Period":300`, "wrong what it watches"},
		{onQueries, "", "", "", "wrong there"},
		{`{"Threshold":"ten"}`, onQueriesFound, "", "", "unknown condition"},
	} {
		changed := strings.Replace(test.found, test.was, test.is, 1)
		if test.was != "" && changed == test.found {
			t.Fatalf("the alarm has no %s", test.was)
		}
		v := fake{"DescribeAlarms": `{"MetricAlarms":[` + changed + `]}`}.on(t, &template.Stack{
			Alarms: []template.Alarm{{Resource: template.Resource{Name: "a"}, Properties: json.RawMessage(test.properties)}},
		})
		v.alarms()
		if got := problems(v.checks); got != test.want || len(v.checks) == 0 {
			t.Errorf("%s instead of %s: %q of %d checks, want %q", test.is, test.was, got, len(v.checks), test.want)
		}
	}
}
