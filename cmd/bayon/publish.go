package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/pkg/events"
)

type publishCommand struct {
	stackFlags
	Event      string   `arg:"" optional:"" default:"-" help:"Name of a template (--list), or a file with one event or an array of them: as a function receives it (detail-type, source, detail) or in PutEvents' form (DetailType, Source, Detail). - is standard input."`
	Set        []string `help:"Change a field, such as detail.email=dana@example.com. May be given more than once." placeholder:"PATH=VALUE" sep:"none"`
	NoValidate bool     `help:"Publish it even if it is no valid fact." name:"no-validate"`
	List       bool     `help:"List the templates."`
	Bus        string   `help:"Name of the bus; that of the stack where none is given."`
	JSON       bool     `help:"Print the answer as JSON, for programs." name:"json"`
}

// Help is shown with the command's flags.
func (*publishCommand) Help() string {
	var names []string
	for _, entry := range events.Catalogue() {
		names = append(names, templateName(entry))
	}
	return `A template is the example of a fact in docs/events.md: ` + strings.Join(names, ", ") + `.
A fact that is told twice is handled once: to have it handled again, set a field of its identity (--list names them).

Before anything is sent, each event is checked against its fact: the fields that are wrong are named, and nothing is sent.

Examples:
  bayon publish user-created --set detail.userId=agent-7 --set detail.email=agent-7@example.com
  bayon publish integration-sync-completed --set detail.syncId=sync-2 --set detail.itemsSynced=12
  bayon publish functions/price-reduction/testdata/check-due.json
  bayon --aws publish content-published --set detail.contentId=c-1 --environment production`
}

func (c *publishCommand) Run(ctx context.Context, line *commandLine) error {
	if c.List {
		return c.list()
	}
	published, err := readEvents(c.Event)
	if err != nil {
		return err
	}
	entries := make([]types.PutEventsRequestEntry, len(published))
	for i, event := range published {
		if entries[i], err = c.entry(event); err != nil {
			return &usageError{fmt.Sprintf("event %d: %v", i+1, err)}
		}
	}
	config, err := line.clients(ctx)
	if err != nil {
		return err
	}
	bus := c.Bus
	if bus == "" {
		if bus, err = c.busName(ctx, line); err != nil {
			return err
		}
	}
	for i := range entries {
		entries[i].EventBusName = &bus
	}
	answer, err := eventbridge.NewFromConfig(config).PutEvents(ctx, &eventbridge.PutEventsInput{Entries: entries})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return c.show(answer)
}

// list lists the templates.
func (c *publishCommand) list() error {
	type template struct {
		Name        string   `json:"name"`
		DetailType  string   `json:"detailType"`
		Identity    []string `json:"identity"`
		Description string   `json:"description"`
	}
	var templates []template
	for _, entry := range events.Catalogue() {
		templates = append(templates, template{templateName(entry), entry.Fact.DetailType(), entry.Identity, entry.Description})
	}
	if c.JSON {
		return printJSON(templates)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "TEMPLATE\tIDENTITY\tSAYS")
	for _, template := range templates {
		fmt.Fprintf(table, "%s\t%s\t%s\n", template.Name, strings.Join(template.Identity, ", "), template.Description)
	}
	return table.Flush()
}

// entry is what is sent of an event in either form, with the changes that were asked for.
func (c *publishCommand) entry(event eventObject) (types.PutEventsRequestEntry, error) {
	event = asReceived(event)
	if err := setAll(event, c.Set); err != nil {
		return types.PutEventsRequestEntry{}, err
	}
	if !c.NoValidate {
		if err := validate(event); err != nil {
			return types.PutEventsRequestEntry{}, err
		}
	}
	detail, isText := event["detail"].(string) // that is no JSON object: the bus says what is wrong with it
	if !isText && event["detail"] != nil {
		text, err := json.Marshal(event["detail"])
		if err != nil {
			return types.PutEventsRequestEntry{}, err
		}
		detail = string(text)
	}
	source, _ := event["source"].(string)
	detailType, _ := event["detail-type"].(string)
	for name, value := range map[string]string{"detail-type": detailType, "source": source, "detail": detail} {
		if value == "" {
			return types.PutEventsRequestEntry{}, fmt.Errorf("%s is missing", name)
		}
	}
	entry := types.PutEventsRequestEntry{DetailType: &detailType, Source: &source, Detail: &detail}
	resources, _ := event["resources"].([]any)
	for _, resource := range resources {
		if name, isText := resource.(string); isText {
			entry.Resources = append(entry.Resources, name)
		}
	}
	return entry, nil
}

// asReceived gives an event in PutEvents' form the names that it is received with, and opens its detail, which is a text
// there.
func asReceived(event eventObject) eventObject {
	received := eventObject{}
	for name, value := range event {
		name = strings.ToLower(name)
		if name == "detailtype" {
			name = "detail-type"
		}
		received[name] = value
	}
	if text, isText := received["detail"].(string); isText {
		var detail eventObject
		if decodeNumbers([]byte(text), &detail) == nil && detail != nil {
			received["detail"] = detail
		}
	}
	return received
}

// validate checks an event against the fact of its detail type. What is wrong is named by its fields.
func validate(event eventObject) error {
	detailType, _ := event["detail-type"].(string)
	catalogue := events.Catalogue()
	known := slices.IndexFunc(catalogue, func(entry events.Entry) bool { return entry.Fact.DetailType() == detailType })
	if known < 0 {
		return fmt.Errorf("no fact has the detail type %q (bayon publish --list lists them); --no-validate publishes it all the same", detailType)
	}
	entry := catalogue[known]
	if event["source"] != entry.Fact.Source() {
		return fmt.Errorf("source must be %s; --no-validate publishes it all the same", entry.Fact.Source())
	}
	surrounded := maps.Clone(envelope(time.Now()))
	maps.Copy(surrounded, eventObject{"source": event["source"], "detail-type": detailType, "detail": event["detail"]})
	text, err := json.Marshal(surrounded)
	if err != nil {
		return err
	}
	delivery, err := events.ParseDelivery(text)
	if err == nil {
		_, err = entry.Decode(delivery)
	}
	if err != nil {
		return fmt.Errorf("%w; --no-validate publishes it all the same", err)
	}
	return nil
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
