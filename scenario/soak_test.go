package scenario_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventbridgetypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/soak"
)

// How large TestSoak is. make soak asks for 100,000 events of 500 agents, and a kill every minute.
var (
	soakEvents = flag.Int("soak-events", 600, "how many events the soak publishes")
	soakAgents = flag.Int("soak-agents", 10, "how many agents the soak has")
	soakKills  = flag.Duration("soak-kill", 10*time.Second, "how long the local cloud lives before the soak kills it")
	soakAtOnce = flag.Int("soak-concurrency", 0, "how many events a function of the soak handles at once; 0 for what suits the machine")
	soakSeed   = flag.Uint64("soak-seed", 1, "the seed of the soak's load and faults")
	soakScale  = flag.Int("soak-scale", 60, "what the soak divides AWS's waits by")
)

const (
	soakFaults = "duplicate=5%%,throttle=10%%,crash=2%%,delay=100ms,dynamo-throttle=5%%,mail-throttle=2%%,mail-fault=1%%,mail-cut=1%%," +
		"social-limit=1%%,social-fault=2%%,social-cut=1%%,seed=%d"
	soakPatience  = 2 * time.Hour // far more than anything takes on a machine that is busy
	mostUnderWay  = 3_000         // events that are on their way before more are published
	deadLetters   = "bayon-coagent-eventbridge-dlq-development"
	archiveARN    = "arn:aws:events:us-east-1:123456789012:archive/bayon-coagent-event-archive-development"
	eventBusARN   = "arn:aws:events:us-east-1:123456789012:event-bus/" + busName
	mostLaterings = 12
	mostSpoilt    = 10_000 // events of a short soak; the evidence of a longer one takes too long to spoil in each way
)

// Everything at once, for a long day, with all faults: nothing is lost, nothing happens twice.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := &soaking{
		cloud:    start(t, "--time-scale", strconv.Itoa(*soakScale), "--concurrency", strconv.Itoa(*soakAtOnce), "--chaos", fmt.Sprintf(soakFaults, *soakSeed)),
		evidence: soak.Evidence{Prices: map[string]int{}},
		accepted: map[string]bool{},
	}
	plan := soak.Plan{Events: *soakEvents, Agents: *soakAgents, Seed: *soakSeed, Start: time.Now().UTC().Truncate(time.Second), Endpoint: s.endpoint()}
	s.evidence.Plan = plan
	observed := s.observe()

	s.phase("the world", func() { s.build(plan.World()) })
	s.phase("morning", func() { s.play(plan.Morning()); s.quietWithin(soakPatience) })
	s.phase("day", func() { s.underKills(func(ctx context.Context) error { return s.live(ctx, plan.Day()) }) })
	s.phase("schedules", s.schedules)
	s.phase("time passes", s.laterings)
	s.phase("replay", s.replay)
	s.phase("time passes", s.laterings)
	s.phase("reading", func() { s.read(observed) })

	report := soak.Check(s.evidence)
	var printed strings.Builder
	if err := errors.Join(report.Write(&printed), soak.WriteWindows(&printed, soak.Windows(s.evidence))); err != nil {
		t.Fatal(err)
	}
	t.Logf("seed %d, killed %d times\n%s", *soakSeed, s.kills, &printed)
	if !report.Well() {
		t.Error("something was lost, happened twice, or failed too often")
	}
	if *soakEvents > mostSpoilt && s.kills == 0 {
		t.Error("the local cloud was never killed: let it live less long")
	}
	s.checkerFindsFaults()
}

// checkerFindsFaults spoils the evidence in each way, and lets the checker find it.
func (s *soaking) checkerFindsFaults() {
	s.t.Helper()
	if *soakEvents > mostSpoilt {
		return
	}
	for _, spoiling := range soak.Spoilings() {
		spoilt := s.evidence
		if !spoiling.Spoil(&spoilt) {
			s.t.Errorf("%s: there is nothing of the kind", spoiling.Name)
			continue
		}
		if !soak.Check(spoilt).Complains(spoiling.Row) {
			s.t.Errorf("%s: the checker does not find it among %q", spoiling.Name, spoiling.Row)
		}
	}
}

// soaking is a soak under way.
type soaking struct {
	*cloud
	evidence soak.Evidence
	pricing  sync.Mutex      // guards the evidence's prices
	accepted map[string]bool // what went in, by detail
	kills    int
	lastTick time.Time // of those that come round again and again
}

// phase tells how long a part of the day takes.
func (s *soaking) phase(name string, run func()) {
	s.t.Helper()
	begun := time.Now()
	run()
	s.t.Logf("%s: %s", name, time.Since(begun).Round(time.Second))
}

// play does steps while nothing is killed.
func (s *soaking) play(steps iter.Seq[soak.Step]) {
	s.t.Helper()
	if err := s.steps(s.t.Context(), steps); err != nil {
		s.t.Fatal(err)
	}
}

// build writes what is there before anything happens.
func (s *soaking) build(world iter.Seq[soak.Step]) {
	s.t.Helper()
	const writers = 8
	writing, ctx := errgroup.WithContext(s.t.Context())
	writing.SetLimit(writers)
	for step := range world {
		writing.Go(func() error { return s.write(ctx, step.Puts) })
	}
	if err := writing.Wait(); err != nil {
		s.t.Fatal(err)
	}
}

// live does steps and waits until all that they lead to has happened.
func (s *soaking) live(ctx context.Context, steps iter.Seq[soak.Step]) error {
	if err := s.steps(ctx, steps); err != nil {
		return err
	}
	return s.awaitQuiet(ctx)
}

// awaitQuiet waits until nothing is under way, however often the local cloud is started again.
func (s *soaking) awaitQuiet(ctx context.Context) error {
	return s.insist(ctx, func() error {
		left, err := s.console().AwaitQuiet(ctx)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("still under way: %v", left)
		}
		return err
	})
}

// underKills works while the local cloud is killed and started again, again and again.
func (s *soaking) underKills(work func(context.Context) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), soakPatience)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				s.t.Fatal(err)
			}
			return
		case <-time.After(*soakKills): // since it was ready
			s.kill(syscall.SIGKILL)
			s.up()
			s.kills++
		}
	}
}

// insist does something until it succeeds: whenever it fails it waits until the local cloud is there.
func (s *soaking) insist(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil {
			return nil
		}
		if _, away := s.console().AwaitReady(ctx); away != nil {
			return errors.Join(err, away)
		}
	}
}

// steps does steps in their order; events are published ten at a time, but never before what was written before them.
func (s *soaking) steps(ctx context.Context, steps iter.Seq[soak.Step]) error {
	const atOnce, lookEvery = 10, 500
	var batch []soak.Entry
	count := 0
	flush := func() error {
		err := s.send(ctx, batch)
		batch = batch[:0]
		return err
	}
	for step := range steps {
		if len(step.Puts) > 0 {
			if err := flush(); err != nil {
				return err
			}
			if err := s.write(ctx, step.Puts); err != nil {
				return err
			}
		}
		if step.Entry != nil {
			batch = append(batch, *step.Entry)
		}
		if len(batch) == atOnce {
			if err := flush(); err != nil {
				return err
			}
		}
		if count++; count%lookEvery == 0 {
			if err := s.awaitRoom(ctx); err != nil {
				return err
			}
		}
	}
	return flush()
}

// write stores items as another service does.
func (s *soaking) write(ctx context.Context, items []soak.Item) error {
	for _, item := range items {
		encoded, err := attributevalue.MarshalMap(item)
		if err != nil {
			return err
		}
		if err := s.insist(ctx, func() error {
			_, err := s.database.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: encoded})
			return err
		}); err != nil {
			return err
		}
		if number, listed := strings.CutPrefix(item.SK, "LISTING#"); listed {
			s.pricing.Lock()
			s.evidence.Prices[strings.TrimPrefix(item.PK, "USER#")+" "+number] = item.Data["price"].(int)
			s.pricing.Unlock()
		}
	}
	return nil
}

// send publishes events until all are accepted. One whose answer was lost is published again, as producers do.
func (s *soaking) send(ctx context.Context, entries []soak.Entry) error {
	left := entries
	for len(left) > 0 {
		request := make([]eventbridgetypes.PutEventsRequestEntry, len(left))
		for i, entry := range left {
			request[i] = eventbridgetypes.PutEventsRequestEntry{
				EventBusName: aws.String(busName), Source: &entry.Source, DetailType: &entry.DetailType, Detail: &entry.Detail,
			}
		}
		var answer *eventbridge.PutEventsOutput
		if err := s.insist(ctx, func() (err error) {
			answer, err = s.bus.PutEvents(ctx, &eventbridge.PutEventsInput{Entries: request})
			return err
		}); err != nil {
			return err
		}
		var refused []soak.Entry
		for i, result := range answer.Entries {
			switch {
			case result.EventId == nil:
				refused = append(refused, left[i])
			case !s.accepted[left[i].Detail]:
				s.accepted[left[i].Detail] = true
				s.evidence.WentIn = append(s.evidence.WentIn, left[i])
			}
		}
		left = refused
	}
	return nil
}

// awaitRoom waits until not too much is under way: a day is long, and producers are not all at once.
func (s *soaking) awaitRoom(ctx context.Context) error {
	for {
		var left []string
		now, cancel := context.WithCancel(ctx)
		cancel() // one look is enough
		if err := s.insist(ctx, func() (err error) { left, err = s.console().AwaitQuiet(now); return err }); err != nil {
			return err
		}
		if underWay(left) < mostUnderWay {
			return nil
		}
		if err := untilNextLook(ctx); err != nil {
			return err
		}
	}
}

// untilNextLook waits between two looks at what goes on for long, so that looking does not take the machine from it.
func untilNextLook(ctx context.Context) error {
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// underWay adds up what the local cloud says is under way, as in "price: 1 running, 2 waiting" and "3 deliveries of the rule".
func underWay(left []string) (events int) {
	for _, line := range left {
		words := strings.Fields(line)
		for i := 1; i < len(words); i++ {
			switch strings.TrimSuffix(words[i], ",") {
			case "running", "waiting", "deliveries":
				n, _ := strconv.Atoi(words[i-1]) // another word counts nothing
				events += n
			}
		}
	}
	return events
}

// observe takes from a queue of its own all that the bus brings, until what it returns is called.
func (s *soaking) observe() (stop func() []soak.Event) {
	s.t.Helper()
	url := s.watchPattern("soak-observer", `{"source":[{"prefix":"bayon.coagent."}]}`)
	ctx, cancel := context.WithCancel(s.t.Context())
	events := map[string]soak.Event{}
	var failure error
	var reading sync.WaitGroup
	reading.Go(func() {
		for ctx.Err() == nil {
			messages, err := s.takeSome(s.t.Context(), url)
			if err != nil {
				failure = err
				return
			}
			for _, message := range messages {
				event, err := soak.ParseEvent([]byte(*message.Body))
				if err != nil {
					failure = err
					return
				}
				events[event.ID] = event
			}
		}
	})
	return func() []soak.Event {
		s.t.Helper()
		cancel()
		reading.Wait()
		for {
			messages, err := s.takeSome(s.t.Context(), url)
			if err = errors.Join(failure, err); err != nil {
				s.t.Fatal(err)
			}
			if len(messages) == 0 {
				break
			}
			for _, message := range messages {
				event, err := soak.ParseEvent([]byte(*message.Body))
				if err != nil {
					s.t.Fatal(err)
				}
				events[event.ID] = event
			}
		}
		return collect(maps.Values(events))
	}
}

func collect[T any](values iter.Seq[T]) (list []T) {
	for value := range values {
		list = append(list, value)
	}
	return list
}

// takeSome takes messages out of a queue; none are left when it returns none. Those of an answer that got lost are hidden for a
// while, and then come again.
func (s *soaking) takeSome(ctx context.Context, url string) (messages []sqstypes.Message, err error) {
	err = s.insist(ctx, func() error {
		answer, err := s.queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &url, MaxNumberOfMessages: 10, WaitTimeSeconds: 3, MessageAttributeNames: []string{"All"},
		})
		if err == nil && len(answer.Messages) == 0 && len(messages) == 0 {
			return s.nothingHidden(ctx, url)
		}
		if err != nil || len(answer.Messages) == 0 {
			return err
		}
		messages = append(messages, answer.Messages...) // those of a try before were received, and may be gone
		taken := make([]sqstypes.DeleteMessageBatchRequestEntry, len(answer.Messages))
		for i, message := range answer.Messages {
			taken[i] = sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle}
		}
		_, err = s.queues.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &url, Entries: taken})
		return err
	})
	return messages, err
}

// nothingHidden fails as long as there are messages in a queue that somebody has received.
func (s *soaking) nothingHidden(ctx context.Context, url string) error {
	const hidden = sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible // the local cloud counts them exactly
	answer, err := s.queues.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{hidden}})
	if err == nil && answer.Attributes[string(hidden)] != "0" {
		err = fmt.Errorf("messages of %s are hidden: %v", url, answer.Attributes)
	}
	return err
}

// schedules lets every schedule come round once, and the digests of the day fall due.
func (s *soaking) schedules() {
	s.t.Helper()
	for _, check := range []struct{ function, check string }{
		{"life-event-processor", "life-event"}, {"competitor-monitor", "competitor"}, {"trend-detector", "trend"},
		{"price-reduction-monitor", "price"}, {"sync-social-analytics", "analytics"},
	} {
		s.tickFor(check.function, soak.Tick{Check: check.check}, time.Now(), func(soak.Agent) bool { return true }) // all have alert settings and connections
	}
	s.quietWithin(soakPatience)
	s.evidence.DigestAt = time.Now().UTC().Truncate(time.Minute).Add(time.Minute)
	var preferences []soak.Item
	for _, agent := range s.evidence.Plan.Everyone() {
		if agent.Daily() {
			preferences = append(preferences, agent.Preferences(minuteOf(s.evidence.DigestAt)))
		}
	}
	if err := s.write(s.t.Context(), preferences); err != nil {
		s.t.Fatal(err)
	}
	s.tickFor("notification-processor", soak.Tick{Check: "notifications"}, s.evidence.DigestAt, soak.Agent.Daily)
	s.lastTick = s.evidence.DigestAt
	s.quietWithin(soakPatience)
}

// tickFor lets a function's schedule come round, which must come to some agents.
func (s *soaking) tickFor(function string, tick soak.Tick, at time.Time, concerns func(soak.Agent) bool) {
	s.t.Helper()
	tick.DueAt = iso(at)
	for _, agent := range s.evidence.Plan.Everyone() {
		if concerns(agent) {
			tick.Concerns = append(tick.Concerns, agent.ID())
		}
	}
	s.evidence.Ticks = append(s.evidence.Ticks, tick)
	s.tick(function, tick.Check, at)
}

// laterings lets time pass until nothing waits any more, or waits in vain: each time what waits for its time has it, and the
// schedules come round.
func (s *soaking) laterings() {
	s.t.Helper()
	const limitedMails = 3 // rounds; the windows of hours and days do not end meanwhile
	for round := range mostLaterings {
		open, posts, mails := 0, map[string]bool{}, map[string]bool{}
		for _, agent := range s.evidence.Plan.Everyone() {
			items := s.laterOn(agent.ID())
			soon, due := s.laterMails(agent.ID(), round < limitedMails)
			open += items + soon
			posts[agent.ID()], mails[agent.ID()] = items > 0, due > 0
		}
		if open == 0 {
			return
		}
		at := time.Now()
		if !at.After(s.lastTick) { // the digests' tick may be ahead of the clock, and the same tick is handled once
			at = s.lastTick.Add(time.Second)
		}
		s.lastTick = at
		s.tickFor("publish-scheduled-content", soak.Tick{Check: "publishing", OrNear: true}, at, func(agent soak.Agent) bool { return posts[agent.ID()] })
		s.tickFor("notification-processor", soak.Tick{Check: "notifications", OrNear: true}, at, func(agent soak.Agent) bool { return mails[agent.ID()] })
		s.quietWithin(soakPatience)
	}
}

// laterMails makes due what an agent's mails wait for, those over a limit as well if that is wanted, and returns how many are
// due, and how many of these waited for something that comes soon.
func (s *soaking) laterMails(agent string, limited bool) (soon, due int) {
	s.t.Helper()
	past := iso(time.Now().Add(-time.Second))
	for _, item := range s.items(agent, "NOTIFICATION_JOB#") {
		job := item["Data"].(fields)
		reason, _ := job["reason"].(string)
		overLimit := job["status"] == "pending" && strings.HasPrefix(reason, "limit of ")
		if overLimit && !limited {
			continue
		}
		switch job["status"] {
		case "pending":
			job["scheduledFor"] = past
		case "processing": // for whatever it had waited before
			job["leaseUntil"] = past
			soon++
		default:
			if job["untold"] != nil {
				soon++
				due++
			}
			continue
		}
		s.replace(item)
		due++
		if job["status"] == "pending" && !overLimit {
			soon++
		}
	}
	return soon, due
}

// replay brings everything again that has happened, while the local cloud is killed.
func (s *soaking) replay() {
	s.t.Helper()
	s.evidence.Replayed = time.Now().Truncate(time.Second)
	name := "soak"
	_, err := s.bus.StartReplay(s.t.Context(), &eventbridge.StartReplayInput{
		ReplayName: &name, EventSourceArn: aws.String(archiveARN), Destination: &eventbridgetypes.ReplayDestination{Arn: aws.String(eventBusARN)},
		EventStartTime: aws.Time(s.evidence.Plan.Start.Add(-time.Hour)), EventEndTime: &s.evidence.Replayed,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.underKills(func(ctx context.Context) error {
		for {
			var state eventbridgetypes.ReplayState
			if err := s.insist(ctx, func() error {
				answer, err := s.bus.DescribeReplay(ctx, &eventbridge.DescribeReplayInput{ReplayName: &name})
				if err == nil {
					state = answer.State
				}
				return err
			}); err != nil {
				return err
			}
			switch state {
			case eventbridgetypes.ReplayStateCompleted:
				return s.awaitQuiet(ctx)
			case eventbridgetypes.ReplayStateFailed, eventbridgetypes.ReplayStateCancelled:
				return fmt.Errorf("the replay ended as %s", state)
			default: // it is under way
			}
			if err := untilNextLook(ctx); err != nil {
				return err
			}
		}
	})
}

// read reads what is there.
func (s *soaking) read(observed func() []soak.Event) {
	s.t.Helper()
	s.evidence.Events = observed()
	var err error
	if s.evidence.Table, err = soak.ReadTable(s.t.Context(), s.database, tableName); err != nil {
		s.t.Fatal(err)
	}
	if s.evidence.Mails, err = s.console().Mails(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	if s.evidence.Posts, err = s.console().Posts(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	for _, queue := range []string{failureQueue, deadLetters} {
		for _, message := range s.takeAll(queue) {
			var failure soak.Failure
			if queue == failureQueue {
				failure, err = soak.ParseFailure([]byte(*message.Body))
			} else {
				attributes := map[string]string{}
				for name, value := range message.MessageAttributes {
					attributes[name] = *value.StringValue
				}
				failure, err = soak.ParseDeadLetter([]byte(*message.Body), attributes)
			}
			if err != nil {
				s.t.Fatal(err)
			}
			s.evidence.Failures = append(s.evidence.Failures, failure)
		}
	}
}

// takeAll takes all messages out of a queue.
func (s *soaking) takeAll(queue string) (all []sqstypes.Message) {
	s.t.Helper()
	url, err := s.queues.GetQueueUrl(s.t.Context(), &sqs.GetQueueUrlInput{QueueName: &queue})
	if err != nil {
		s.t.Fatal(err)
	}
	for {
		messages, err := s.takeSome(s.t.Context(), *url.QueueUrl)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(messages) == 0 {
			return all
		}
		all = append(all, messages...)
	}
}
