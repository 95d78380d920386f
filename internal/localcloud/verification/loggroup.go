package verification

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

func (v *verifier) logGroups() {
	const day = 24 * time.Hour
	for _, group := range v.stack.LogGroups {
		r := v.of("log group", group.Name)
		days := strconv.Itoa(int(group.Retention / day))
		mend := "aws logs put-retention-policy --log-group-name " + group.Name + " --retention-in-days " + days
		answer, err := v.logs.DescribeLogGroups(v.ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group.Name})
		if err != nil {
			r.record(Check{What: "retention", Verdict: Unknown, Reason: reasonOf(err)})
			continue
		}
		found := "no log group"
		for _, is := range answer.LogGroups {
			if aws.ToString(is.LogGroupName) == group.Name {
				found = strconv.Itoa(valueOr(is.RetentionInDays, 0))
			}
		}
		r.same("retention", days, found, mend)
	}
}
