package benchmark

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
)

// The aims of the bus, in events a second.
const (
	archivedAim = 40_000
	queuedAim   = 20_000
)

// busLoad is one way to load a bus.
type busLoad struct {
	body      []byte
	accepted  []float64 // events a second, of each run
	delivered []float64 // likewise, until the last had arrived
	drain     []time.Duration
}

// bus measures how many events a second the bus accepts and archives where no rule matches, and where five rules are looked
// at and one delivers to a queue. Between them runs a server that does nothing with the same requests.
func (b *bench) bus(ctx context.Context) (figures []Figure, err error) {
	cloud, err := b.busCloud(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	baseline, err := serveConstant(ctx)
	if err != nil {
		return nil, err
	}
	defer baseline.close()
	archived, err := newBusLoad("bayon.coagent.content")
	if err != nil {
		return nil, err
	}
	queued, err := newBusLoad("bayon.coagent.integration")
	if err != nil {
		return nil, err
	}
	var constantly []float64
	for run := range b.Effort.BusRuns {
		b.progress("run %d of %d", run+1, b.Effort.BusRuns)
		took, err := drive(ctx, baseline.endpoint, b.Effort.BusRequests, queued.request)
		if err != nil {
			return nil, err
		}
		constantly = append(constantly, perSecond(b.busEvents(), took))
		for _, load := range []*busLoad{archived, queued} {
			if err := b.put(ctx, cloud, load); err != nil {
				return nil, err
			}
		}
	}
	if err := expectMessages(ctx, cloud, b.Effort.BusRuns*b.busEvents()); err != nil {
		return nil, err
	}
	http := &Baseline{median(constantly), "a net/http server that reads the same requests and answers a constant"}
	const unit = "events/s"
	return []Figure{
		{Name: "accepted and archived, no rule matches", Value: median(archived.accepted), Unit: unit, Baseline: http, Aim: atLeast(archivedAim)},
		{Name: "accepted, five rules, one to a queue", Value: median(queued.accepted), Unit: unit, Baseline: http, Aim: atLeast(queuedAim)},
		{Name: "… until all are in the queue", Value: median(queued.delivered), Unit: unit, Baseline: http},
		{Name: "… from the last accepted to the last in the queue", Value: milliseconds(median(queued.drain)), Unit: "ms"},
	}, nil
}

func (b *bench) busEvents() int { return b.Effort.BusRequests * entriesPerRequest }

func newBusLoad(source string) (*busLoad, error) {
	entries, err := syncEntries(source)
	if err != nil {
		return nil, err
	}
	body, err := putEvents(entries)
	return &busLoad{body: body}, err
}

func (l *busLoad) request(int) ([]byte, error) { return l.body, nil }

// put loads the bus once, and waits until everything that follows has happened.
func (b *bench) put(ctx context.Context, cloud *localcloud.Cloud, load *busLoad) error {
	begun := time.Now()
	took, err := drive(ctx, cloud.Endpoint(), b.Effort.BusRequests, load.request)
	if err != nil {
		return err
	}
	if err := awaitQuiet(ctx, cloud); err != nil {
		return err
	}
	all := time.Since(begun)
	load.accepted = append(load.accepted, perSecond(b.busEvents(), took))
	load.delivered = append(load.delivered, perSecond(b.busEvents(), all))
	load.drain = append(load.drain, all-took)
	return nil
}

// expectMessages fails unless the queue holds as many messages.
func expectMessages(ctx context.Context, cloud *localcloud.Cloud, messages int) error {
	const name = types.QueueAttributeNameApproximateNumberOfMessages
	answer, err := sqs.NewFromConfig(clientConfig(cloud.Endpoint())).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       aws.String(cloud.Endpoint() + "/123456789012/benchmark"),
		AttributeNames: []types.QueueAttributeName{name},
	})
	if err != nil {
		return fmt.Errorf("count the messages: %w", err)
	}
	if found := answer.Attributes[string(name)]; found != strconv.Itoa(messages) {
		return fmt.Errorf("the queue holds %s messages of %d", found, messages)
	}
	return nil
}
