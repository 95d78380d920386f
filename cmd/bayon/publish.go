package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

type publishCommand struct {
	File string `arg:"" optional:"" default:"-" help:"File with one event or an array of them: as a function receives it (detail-type, source, detail) or in PutEvents' form (DetailType, Source, Detail). - is standard input."`
	Bus  string `help:"Name of the bus; that of the stack where none is given."`
	JSON bool   `help:"Print the answer as JSON, for programs." name:"json"`
}

// publishedEvent is an event in either form; encoding/json does not mind the case of names, only hyphens differ.
type publishedEvent struct {
	Source       string
	Detail       json.RawMessage
	Resources    []string
	DetailType   string
	ReceivedType string `json:"detail-type"`
}

func (c *publishCommand) Run(ctx context.Context, line *commandLine) error {
	published, err := c.read()
	if err != nil {
		return err
	}
	health, err := line.console().Health(ctx)
	if err != nil {
		return err
	}
	bus := c.Bus
	if bus == "" {
		bus = health.Bus
	}
	entries := make([]types.PutEventsRequestEntry, len(published))
	for i, event := range published {
		if entries[i], err = event.entry(bus); err != nil {
			return &usageError{fmt.Sprintf("event %d: %v", i+1, err)}
		}
	}
	answer, err := busClient(line.endpoint()).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return c.show(answer)
}

func (c *publishCommand) read() ([]publishedEvent, error) {
	input := io.Reader(os.Stdin)
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, &usageError{err.Error()}
		}
		defer file.Close()
		input = file
	}
	content, err := io.ReadAll(input)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.File, err)
	}
	var many []publishedEvent
	if err := json.Unmarshal(content, &many); err == nil {
		return many, nil
	}
	var one publishedEvent
	if err := json.Unmarshal(content, &one); err != nil {
		return nil, &usageError{fmt.Sprintf("%s holds no event in JSON: %v", c.File, err)}
	}
	return []publishedEvent{one}, nil
}

func (e publishedEvent) entry(bus string) (types.PutEventsRequestEntry, error) {
	detailType := e.DetailType
	if detailType == "" {
		detailType = e.ReceivedType
	}
	detail := string(e.Detail)
	var quoted string // PutEvents' form has the detail as a text
	if json.Unmarshal(e.Detail, &quoted) == nil {
		detail = quoted
	}
	for name, value := range map[string]string{"detail-type": detailType, "source": e.Source, "detail": detail} {
		if value == "" {
			return types.PutEventsRequestEntry{}, fmt.Errorf("%s is missing", name)
		}
	}
	return types.PutEventsRequestEntry{
		EventBusName: &bus,
		DetailType:   &detailType,
		Source:       &e.Source,
		Detail:       &detail,
		Resources:    e.Resources,
	}, nil
}

// show prints a line for each event, and fails if one was refused.
func (c *publishCommand) show(answer *eventbridge.PutEventsOutput) error {
	if c.JSON {
		if err := json.NewEncoder(os.Stdout).Encode(answer.Entries); err != nil {
			return err
		}
	}
	for _, entry := range answer.Entries {
		switch {
		case c.JSON:
		case entry.ErrorCode != nil:
			fmt.Printf("refused   %s: %s\n", aws.ToString(entry.ErrorCode), aws.ToString(entry.ErrorMessage))
		default:
			fmt.Printf("accepted  %s\n", aws.ToString(entry.EventId))
		}
	}
	if answer.FailedEntryCount > 0 {
		return fmt.Errorf("%d of %d events were refused", answer.FailedEntryCount, len(answer.Entries))
	}
	return nil
}
