package verification

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

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
		// The template's properties have the names that CloudWatch's API has.
		found, expected := answer.MetricAlarms[0], types.MetricAlarm{ActionsEnabled: aws.Bool(true)}
		if err := json.Unmarshal([]byte(r.here(string(alarm.Properties))), &expected); err != nil {
			r.record(Check{What: "condition", Verdict: Unknown, Reason: "the template's cannot be read: " + err.Error()})
			continue
		}
		mend := "aws cloudwatch put-metric-alarm --alarm-name " + alarm.Name + " …, as in the template"
		r.same("what it watches", watchedBy(expected), watchedBy(found), mend)
		r.same("condition", conditionOf(expected), conditionOf(found), mend)
		if expected, found := aws.ToBool(expected.ActionsEnabled), aws.ToBool(found.ActionsEnabled); expected != found {
			verb := "enable"
			if !expected {
				verb = "disable"
			}
			mend = "aws cloudwatch " + verb + "-alarm-actions --alarm-names " + alarm.Name
		}
		r.same("whom it tells", actionsOf(expected), actionsOf(found), mend)
	}
}

// condition is when an alarm goes off.
type condition struct {
	Threshold          float64
	ThresholdMetric    string `json:",omitempty"` // the query that the threshold comes from
	ComparisonOperator string
	EvaluationPeriods  int32
	DatapointsToAlarm  int32 // as many as there are periods, unless it says less
	TreatMissingData   string
}

func conditionOf(alarm types.MetricAlarm) condition {
	return condition{
		Threshold: aws.ToFloat64(alarm.Threshold), ThresholdMetric: aws.ToString(alarm.ThresholdMetricId), ComparisonOperator: string(alarm.ComparisonOperator),
		EvaluationPeriods: aws.ToInt32(alarm.EvaluationPeriods), DatapointsToAlarm: cmp.Or(aws.ToInt32(alarm.DatapointsToAlarm), aws.ToInt32(alarm.EvaluationPeriods)),
		TreatMissingData: cmp.Or(aws.ToString(alarm.TreatMissingData), "missing"),
	}
}

// metric is a metric, and how its data points are put together.
type metric struct {
	Namespace  string   `json:",omitempty"`
	MetricName string   `json:",omitempty"`
	Dimensions []string `json:",omitempty"` // sorted, as name=value
	Statistic  string   `json:",omitempty"`
	Period     int32    `json:",omitempty"` // seconds
	Unit       string   `json:",omitempty"`
}

func dimensionsOf(dimensions []types.Dimension) (all []string) {
	for _, dimension := range dimensions {
		all = append(all, aws.ToString(dimension.Name)+"="+aws.ToString(dimension.Value))
	}
	slices.Sort(all)
	return all
}

// query is one of several metrics, or what is computed from them.
type query struct {
	ID         string
	Expression string `json:",omitempty"`
	Returned   bool   // whether the alarm looks at it
	metric
}

// watched is what an alarm looks at: one metric, or queries in the order of their ids.
type watched struct {
	metric

	Queries []query `json:",omitempty"`
}

func watchedBy(alarm types.MetricAlarm) watched {
	all := watched{metric: metric{
		Namespace: aws.ToString(alarm.Namespace), MetricName: aws.ToString(alarm.MetricName), Dimensions: dimensionsOf(alarm.Dimensions),
		Statistic: cmp.Or(string(alarm.Statistic), aws.ToString(alarm.ExtendedStatistic)), Period: aws.ToInt32(alarm.Period), Unit: string(alarm.Unit),
	}}
	for _, written := range alarm.Metrics {
		read := query{
			ID: aws.ToString(written.Id), Expression: aws.ToString(written.Expression), Returned: written.ReturnData == nil || *written.ReturnData,
			metric: metric{Period: aws.ToInt32(written.Period)},
		}
		if stat := written.MetricStat; stat != nil {
			read.Statistic, read.Period, read.Unit = aws.ToString(stat.Stat), aws.ToInt32(stat.Period), string(stat.Unit)
			if of := stat.Metric; of != nil {
				read.Namespace, read.MetricName, read.Dimensions = aws.ToString(of.Namespace), aws.ToString(of.MetricName), dimensionsOf(of.Dimensions)
			}
		}
		all.Queries = append(all.Queries, read)
	}
	slices.SortFunc(all.Queries, func(a, b query) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// actions are whom an alarm tells of its states, sorted.
type actions struct {
	Enabled          bool
	Alarm            []string `json:",omitempty"`
	OK               []string `json:",omitempty"`
	InsufficientData []string `json:",omitempty"`
}

func actionsOf(alarm types.MetricAlarm) actions {
	sorted := func(arns []string) []string { return slices.Sorted(slices.Values(arns)) }
	return actions{
		Enabled: aws.ToBool(alarm.ActionsEnabled), Alarm: sorted(alarm.AlarmActions), OK: sorted(alarm.OKActions),
		InsufficientData: sorted(alarm.InsufficientDataActions),
	}
}
