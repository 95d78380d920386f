package verification

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

func (v *verifier) queues() {
	for _, queue := range v.stack.Queues {
		r := v.of("queue", queue.Name)
		at, err := v.sqs.GetQueueUrl(v.ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(queue.Name)})
		if !r.there(err, redeploy) {
			continue
		}
		answer, err := v.sqs.GetQueueAttributes(v.ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: at.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
		})
		if err != nil {
			r.record(Check{What: "attributes", Verdict: Unknown, Reason: reasonOf(err)})
			continue
		}
		mend := "aws sqs set-queue-attributes --queue-url " + aws.ToString(at.QueueUrl) + " --attributes …, as in the template"
		for _, name := range []string{"MessageRetentionPeriod", "SqsManagedSseEnabled"} {
			if expected, set := queue.Attributes[name]; set {
				r.same(name, expected, answer.Attributes[name], mend)
			}
		}
		expected := statementsOf(r.here(string(queue.Policy)))
		found := statementsOf(answer.Attributes["Policy"])
		if slices.EqualFunc(expected, found, func(a, b statement) bool { return words(a) == words(b) }) {
			r.record(Check{What: "policy", Verdict: OK})
			continue
		}
		r.record(Check{What: "policy", Verdict: Wrong, Expected: words(expected), Found: words(found), Mend: mend})
	}
}
