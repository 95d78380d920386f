package scenario_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/traces"
)

func TestHandlingAndEachCallAreTraced(t *testing.T) {
	t.Parallel()
	c, err := localcloud.Start(t.Context(), localcloud.Options{
		Template: "../template.yaml", State: t.TempDir(), Address: "127.0.0.1:0", TimeScale: 1, Progress: func(string) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	bus := eventbridge.New(eventbridge.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(c.Endpoint()), Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	const trace = "1-6924a1b2-0123456789abcdef01234567"
	_, err = bus.PutEvents(t.Context(), &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		EventBusName: aws.String(busName), Source: aws.String("bayon.coagent.schedule"), DetailType: aws.String("Check Due"),
		Detail:      aws.String(`{"check":"price","userId":"nobody","dueAt":"2026-11-24T08:30:00.000Z"}`),
		TraceHeader: aws.String("Root=" + trace + ";Parent=0123456789abcdef;Sampled=1"),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitQuiet(t.Context()); err != nil {
		t.Fatal(err)
	}
	var names []string
	var handling *traces.Segment
	var visit func(segments []traces.Segment)
	visit = func(segments []traces.Segment) {
		for i, segment := range segments {
			names = append(names, segment.Name)
			if segment.Name == "handle" {
				handling = &segments[i]
			}
			visit(segment.Subsegments)
		}
	}
	visit(c.Trace(trace))
	if handling == nil {
		t.Fatalf("the handling is not traced: %v", names)
	}
	want := map[string]any{"function": "price-reduction", "handler": "Check Due", "outcome": "handled"}
	if fmt.Sprint(handling.Annotations) != fmt.Sprint(want) {
		t.Errorf("annotations %v", handling.Annotations)
	}
	calls := 0
	for _, name := range names {
		if name == "DynamoDB" {
			calls++
		}
	}
	if calls != 4 { // claim, settings, forgotten alerts, complete
		t.Errorf("%d calls of DynamoDB are traced: %v", calls, names)
	}
}
