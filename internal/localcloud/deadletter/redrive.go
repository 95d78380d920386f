package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// Lambda is the part of *lambda.Client that is needed.
type Lambda interface {
	Invoke(context.Context, *lambda.InvokeInput, ...func(*lambda.Options)) (*lambda.InvokeOutput, error)
}

// Outcome is what became of a message that was to be driven back.
type Outcome struct {
	Message Message
	Err     error // nil if the message is gone
}

// FunctionError says that a function has failed on an event that was driven back.
type FunctionError struct{ Type, Message string }

func (e *FunctionError) Error() string {
	if e.Type == "" {
		return e.Message
	}
	return e.Type + ": " + e.Message
}

// The bounds of how many messages a second are driven back, if there is a limit.
const (
	LowestRate  = 1e-6
	HighestRate = 1e6
)

// Redrive invokes the function of each wanted message with its event, one after the other, so many a second at most (from
// LowestRate to HighestRate, or 0 for no limit), and tells of each. A message is deleted only when its function has succeeded; nobody else gets the event. A
// function that was interrupted before it could be deleted gets it once more, and acknowledges what it has done already.
func (q *Queue) Redrive(ctx context.Context, functions Lambda, wanted map[string]bool, perSecond float64, tell func(Outcome)) error {
	var ticks <-chan time.Time
	if perSecond != 0 {
		if !(perSecond >= LowestRate && perSecond <= HighestRate) { // it may be no number
			return fmt.Errorf("%g messages a second are not from %g to %g", perSecond, LowestRate, HighestRate)
		}
		ticker := time.NewTicker(time.Duration(float64(time.Second) / perSecond))
		defer ticker.Stop()
		ticks = ticker.C
	}
	first := true
	return q.Take(ctx, wanted, func(ctx context.Context, message Message) (begun bool, err error) {
		if !first && ticks != nil {
			select {
			case <-ticks:
			case <-ctx.Done():
				return false, nil
			}
		}
		first = false
		return true, invoke(ctx, functions, message)
	}, tell)
}

// invoke runs a function on an event and waits for it.
func invoke(ctx context.Context, functions Lambda, message Message) error {
	if message.Stuck != "" {
		return errors.New(message.Stuck)
	}
	answer, err := functions.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &message.Function, InvocationType: types.InvocationTypeRequestResponse, Payload: message.Event,
	})
	if err != nil {
		return fmt.Errorf("invoke %s: %w", message.FunctionName(), err)
	}
	if answer.FunctionError == nil {
		return nil
	}
	var described struct {
		ErrorType    string `json:"errorType"`
		ErrorMessage string `json:"errorMessage"`
	}
	if json.Unmarshal(answer.Payload, &described) != nil || described.ErrorType+described.ErrorMessage == "" {
		return &FunctionError{Type: aws.ToString(answer.FunctionError), Message: oneLine(string(answer.Payload))}
	}
	return &FunctionError{Type: oneLine(described.ErrorType), Message: oneLine(described.ErrorMessage)}
}

// Purge deletes the wanted messages, and tells of each.
func (q *Queue) Purge(ctx context.Context, wanted map[string]bool, tell func(Outcome)) error {
	return q.Take(ctx, wanted, func(context.Context, Message) (begun bool, err error) { return true, nil }, tell)
}
