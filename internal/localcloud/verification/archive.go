package verification

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func (v *verifier) archives() {
	const day = 24 * time.Hour
	for _, archive := range v.stack.Archives {
		r := v.of("archive", archive.Name)
		found, err := v.events.DescribeArchive(v.ctx, &eventbridge.DescribeArchiveInput{ArchiveName: &archive.Name})
		if !r.there(err, redeploy+"; what was published meanwhile cannot be replayed") {
			continue
		}
		days := strconv.Itoa(int(archive.Retention / day))
		mend := "aws events update-archive --archive-name " + archive.Name + " --event-pattern '" + string(archive.Pattern) + "' --retention-days " + days
		r.same("state", "ENABLED", string(found.State), mend)
		r.same("bus", r.here(awsapi.ARN("events", "event-bus/"+archive.Bus)), aws.ToString(found.EventSourceArn), redeploy)
		r.sameJSON("pattern", string(archive.Pattern), aws.ToString(found.EventPattern), mend)
		r.same("retention", days, strconv.Itoa(valueOr(found.RetentionDays, 0)), mend)
	}
}
