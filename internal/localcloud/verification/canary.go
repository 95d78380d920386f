package verification

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Canary publishes an event in the place of the template's canary, the schedule that puts events on a bus, and waits until
// a rule has brought it to its queue or the context ends.
func Canary(ctx context.Context, config aws.Config, stack *template.Stack) Check {
	check := Check{Kind: "canary", What: "comes back", Verdict: OK}
	flight, err := plan(stack)
	if err != nil {
		check.Verdict, check.Reason = Unknown, err.Error()
		return check
	}
	check.Name = flight.detailType
	began := time.Now()
	events, queues := eventbridge.NewFromConfig(config), sqs.NewFromConfig(config)
	id, err := flight.send(ctx, events)
	if err == nil {
		err = flight.await(ctx, queues, id)
	}
	switch {
	case err == nil:
		check.Found = fmt.Sprintf("it came back after %d ms", time.Since(began).Milliseconds())
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, errRefused):
		check.Verdict, check.Expected, check.Found = Wrong, "an event comes to the queue "+flight.queue, err.Error()
		check.Mend = "mend what the checks of bus, rule and queue say; bayon dlq shows what could not be delivered"
	default:
		check.Verdict, check.Reason = Unknown, reasonOf(err)
	}
	return check
}

var errRefused = errors.New("the bus refused it")

// flight is where a canary starts, and where it lands.
type flight struct {
	bus, source, detailType, queue string
}

func plan(stack *template.Stack) (flight, error) {
	for _, schedule := range stack.Schedules {
		if schedule.EventSource == "" {
			continue
		}
		planned := flight{bus: lastOf(schedule.TargetARN), source: schedule.EventSource, detailType: schedule.EventDetailType}
		for _, rule := range stack.Rules {
			for _, target := range rule.Targets {
				if strings.Contains(string(rule.Pattern), `"`+schedule.EventSource+`"`) && strings.Contains(target.ARN, ":sqs:") {
					planned.queue = lastOf(target.ARN)
					return planned, nil
				}
			}
		}
	}
	return flight{}, errors.New("the template has no schedule that puts an event on a bus, and no rule that brings it to a queue")
}

// send publishes the canary, and returns the event's id.
func (f flight) send(ctx context.Context, events *eventbridge.Client) (string, error) {
	answer, err := events.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: &f.bus, Source: &f.source, DetailType: &f.detailType, Detail: aws.String(`{"canary":"verification"}`),
	}}})
	if err != nil {
		return "", err
	}
	entry := answer.Entries[0]
	if answer.FailedEntryCount > 0 {
		return "", fmt.Errorf("%w: %s: %s", errRefused, aws.ToString(entry.ErrorCode), aws.ToString(entry.ErrorMessage))
	}
	return aws.ToString(entry.EventId), nil
}

// await waits for the event of an id, and takes it out of the queue. Other canaries stay.
func (f flight) await(ctx context.Context, queues *sqs.Client, id string) error {
	at, err := queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &f.queue})
	if err != nil {
		return err
	}
	const most, wait, hidden = 10, 2, 5
	for {
		answer, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: at.QueueUrl, MaxNumberOfMessages: most, WaitTimeSeconds: wait, VisibilityTimeout: hidden,
		})
		if ctx.Err() != nil {
			return fmt.Errorf("it did not come: %w", ctx.Err())
		}
		if err != nil {
			return err
		}
		for _, message := range answer.Messages {
			var event struct {
				ID string `json:"id"`
			}
			if json.Unmarshal([]byte(aws.ToString(message.Body)), &event) == nil && event.ID == id {
				_, err := queues.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: at.QueueUrl, ReceiptHandle: message.ReceiptHandle})
				return err
			}
		}
	}
}
