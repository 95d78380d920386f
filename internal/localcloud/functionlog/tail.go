package functionlog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
)

// Client is CloudWatch Logs (*cloudwatchlogs.Client).
type Client interface {
	FilterLogEvents(ctx context.Context, input *cloudwatchlogs.FilterLogEventsInput, options ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error)
}

// Group is the log group of a function.
type Group struct{ Name, Function string }

// Tail reads the logs of functions, and tells what happened in the order of their timestamps. All fields are required.
type Tail struct {
	Client Client
	Groups []Group
	Now    func() time.Time
	Pause  func(ctx context.Context) error // between two looks; its error ends Follow
}

// lateness is how long a line may be on its way to CloudWatch. A look goes back as far behind the one before it.
const lateness = time.Minute

// Once tells what happened since a time, up to now.
func (t *Tail) Once(ctx context.Context, since time.Time, tell func(activity.Activity) error) error {
	return t.begin().look(ctx, since, tell)
}

// Follow tells what happened since a time and what happens from then on, until the context or the pause ends it.
func (t *Tail) Follow(ctx context.Context, since time.Time, tell func(activity.Activity) error) error {
	following := t.begin()
	for from := since; ; {
		now := t.Now()
		if err := following.look(ctx, from, tell); err != nil {
			return err
		}
		if late := now.Add(-lateness); late.After(since) {
			from = late
		}
		following.forget(from)
		if err := t.Pause(ctx); err != nil {
			return err
		}
	}
}

// following is where a tail is.
type following struct {
	*Tail
	reading *reading
	told    map[string]time.Time // lines, by their ids
	missing map[string]bool      // log groups that were not there
}

func (t *Tail) begin() *following {
	return &following{Tail: t, reading: newReading(), told: map[string]time.Time{}, missing: map[string]bool{}}
}

// entry is a line that was not told before.
type entry struct {
	function, text string
	at             time.Time
}

func (f *following) look(ctx context.Context, from time.Time, tell func(activity.Activity) error) error {
	var entries []entry
	for _, group := range f.Groups {
		found, err := f.read(ctx, group, from)
		var absent *types.ResourceNotFoundException
		if errors.As(err, &absent) {
			if !f.missing[group.Name] {
				f.missing[group.Name] = true
				warning := activity.Activity{
					At: f.Now(), Kind: activity.Warned, Function: group.Function, Reason: "there is no log group " + group.Name,
				}
				if err := tell(warning); err != nil {
					return err
				}
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("read the log group %s: %w", group.Name, err)
		}
		entries = append(entries, found...)
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })
	for _, entry := range entries {
		happened, ok := f.reading.read(entry.function, entry.text, entry.at)
		if !ok {
			continue
		}
		if err := tell(happened); err != nil {
			return err
		}
	}
	return nil
}

// read reads what is new in a log group, page by page.
func (f *following) read(ctx context.Context, group Group, from time.Time) ([]entry, error) {
	var entries []entry
	input := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group.Name, StartTime: aws.Int64(from.UnixMilli())}
	for {
		page, err := f.Client.FilterLogEvents(ctx, input)
		if err != nil {
			return nil, err
		}
		for _, event := range page.Events {
			id := group.Name + " " + cmp.Or(aws.ToString(event.EventId), fmt.Sprint(aws.ToInt64(event.Timestamp), aws.ToString(event.Message)))
			if _, told := f.told[id]; told {
				continue
			}
			at := time.UnixMilli(aws.ToInt64(event.Timestamp)).UTC()
			f.told[id] = at
			entries = append(entries, entry{group.Function, aws.ToString(event.Message), at})
		}
		if aws.ToString(page.NextToken) == "" {
			return entries, nil
		}
		input.NextToken = page.NextToken
	}
}

// forget lets go of lines that no look reads any more.
func (f *following) forget(before time.Time) {
	for id, at := range f.told {
		if at.Before(before) {
			delete(f.told, id)
		}
	}
}
