package verification

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// condition is when an alarm goes off.
type condition struct {
	MetricName         string
	Threshold          float64
	ComparisonOperator string
	EvaluationPeriods  int32
	DatapointsToAlarm  int32
	TreatMissingData   string
}

func (v *verifier) alarms() {
	for _, alarm := range v.stack.Alarms {
		r := v.of("alarm", alarm.Name)
		answer, err := v.metrics.DescribeAlarms(v.ctx, &cloudwatch.DescribeAlarmsInput{
			AlarmNames: []string{alarm.Name}, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm},
		})
		if err != nil {
			r.record(Check{What: "there", Verdict: Unknown, Reason: reasonOf(err)})
			continue
		}
		if len(answer.MetricAlarms) == 0 {
			r.record(Check{What: "there", Verdict: Wrong, Expected: "it is there", Found: "it is not there", Mend: redeploy})
			continue
		}
		is := answer.MetricAlarms[0]
		var expected condition
		if err := json.Unmarshal(alarm.Properties, &expected); err != nil {
			r.record(Check{What: "condition", Verdict: Unknown, Reason: "the template's cannot be read: " + err.Error()})
			continue
		}
		found := condition{
			MetricName: aws.ToString(is.MetricName), Threshold: aws.ToFloat64(is.Threshold), ComparisonOperator: string(is.ComparisonOperator),
			EvaluationPeriods: aws.ToInt32(is.EvaluationPeriods), DatapointsToAlarm: aws.ToInt32(is.DatapointsToAlarm), TreatMissingData: aws.ToString(is.TreatMissingData),
		}
		mend := "aws cloudwatch put-metric-alarm --alarm-name " + alarm.Name + " …, as in the template"
		r.same("condition", expected, found, mend)
		r.same("tells whom it is to tell", true, aws.ToBool(is.ActionsEnabled), "aws cloudwatch enable-alarm-actions --alarm-names "+alarm.Name)
	}
}
