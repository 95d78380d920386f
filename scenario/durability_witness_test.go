package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	events "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	durabilityTable = "durability"
	witnessPatience = 5 * time.Minute // far more than anything takes when nothing is killed any more
)

type attributes = map[string]types.AttributeValue

func itemText(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
func itemNumber(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

func versionOf(item attributes) int {
	number, _ := item["version"].(*types.AttributeValueMemberN)
	if number == nil {
		return 0
	}
	version, err := strconv.Atoi(number.Value)
	if err != nil {
		return -1
	}
	return version
}

// record is what an item may hold: the version that was acknowledged last, or one of those that were attempted since. 0 is
// no item.
type record struct{ possible []int }

func (r *record) certain() (int, bool) { return r.possible[0], len(r.possible) == 1 }

// writer writes items that are its own, alone and in batches, with and without conditions.
type writer struct {
	*clients
	name     string
	items    []record
	versions int
	writes   int
}

func (w *writer) key(i int) attributes {
	return attributes{"PK": itemText(w.name), "SK": itemText(strconv.Itoa(i))}
}

func (w *writer) item(i, version int) attributes {
	item := w.key(i)
	item["version"], item["writer"] = itemNumber(version), itemText(w.name)
	return item
}

func (w *writer) work(ctx context.Context) {
	for ctx.Err() == nil {
		i := rand.IntN(len(w.items))
		if len(w.items[i].possible) == 0 {
			w.items[i].possible = []int{0}
		}
		version, certain := w.items[i].certain()
		switch kind := rand.IntN(4); {
		case kind == 0 && certain && version > 0:
			w.update(i, version)
		case kind == 1 && certain && version > 0:
			w.remove(i, version)
		case kind == 2:
			w.batch(i)
		default:
			w.put(i)
		}
	}
}

// attempt notes that an item may become a version, and makes a call that makes it so.
func (w *writer) attempt(version int, items []int, call func() error) {
	for _, i := range items {
		w.items[i].possible = append(w.items[i].possible, version)
	}
	if w.answered(call()) {
		w.writes++
		for _, i := range items {
			w.items[i].possible = []int{version}
		}
	}
}

func (w *writer) next() int {
	w.versions++
	return w.versions
}

func (w *writer) put(i int) {
	version := w.next()
	w.attempt(version, []int{i}, func() error {
		_, err := w.database.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: aws.String(durabilityTable), Item: w.item(i, version)})
		return err
	})
}

func (w *writer) update(i, old int) {
	version := w.next()
	w.attempt(version, []int{i}, func() error {
		_, err := w.database.UpdateItem(context.Background(), &dynamodb.UpdateItemInput{
			TableName: aws.String(durabilityTable), Key: w.key(i),
			UpdateExpression:          aws.String("SET version = :new"),
			ConditionExpression:       aws.String("version = :old"),
			ExpressionAttributeValues: attributes{":new": itemNumber(version), ":old": itemNumber(old)},
		})
		return err
	})
}

func (w *writer) remove(i, old int) {
	w.attempt(0, []int{i}, func() error {
		_, err := w.database.DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
			TableName: aws.String(durabilityTable), Key: w.key(i),
			ConditionExpression:       aws.String("version = :old"),
			ExpressionAttributeValues: attributes{":old": itemNumber(old)},
		})
		return err
	})
}

func (w *writer) batch(i int) {
	version, other := w.next(), (i+1)%len(w.items)
	if len(w.items[other].possible) == 0 {
		w.items[other].possible = []int{0}
	}
	w.attempt(version, []int{i, other}, func() error {
		_, err := w.database.BatchWriteItem(context.Background(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			durabilityTable: {
				{PutRequest: &types.PutRequest{Item: w.item(i, version)}},
				{PutRequest: &types.PutRequest{Item: w.item(other, version)}},
			},
		}})
		return err
	})
}

// check reads all items, from the table and from its index.
func (w *writer) check(ctx context.Context) error {
	read := func(index *string, partition string) (map[string]int, error) {
		found := map[string]int{}
		page, err := w.database.Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(durabilityTable), IndexName: index,
			KeyConditionExpression:    aws.String(partition + " = :name"),
			ExpressionAttributeValues: attributes{":name": itemText(w.name)},
		})
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			found[item["SK"].(*types.AttributeValueMemberS).Value] = versionOf(item)
		}
		return found, nil
	}
	inTable, err := read(nil, "PK")
	if err != nil {
		return err
	}
	inIndex, err := read(aws.String("writers"), "writer")
	if err != nil {
		return err
	}
	for i := range w.items {
		record, name := &w.items[i], strconv.Itoa(i)
		if len(record.possible) > 0 && !slices.Contains(record.possible, inTable[name]) {
			return fmt.Errorf("item %d has version %d, and may have %v", i, inTable[name], record.possible)
		}
		if inIndex[name] != inTable[name] {
			return fmt.Errorf("item %d has version %d, and %d in the index", i, inTable[name], inIndex[name])
		}
		record.possible = []int{inTable[name]}
	}
	return nil
}

func (w *writer) close(ctx context.Context) error { return w.check(ctx) }

func (w *writer) acknowledged() string { return fmt.Sprintf("%d writes", w.writes) }

// pair counts in two items by transactions, each with a token: when nobody knows what came of one, it is made again.
type pair struct {
	*clients
	name    string
	made    int
	pending bool // the transaction after those that were made may have been made, too
}

func (p *pair) key(half string) attributes {
	return attributes{"PK": itemText(p.name), "SK": itemText(half)}
}

func (p *pair) work(ctx context.Context) {
	for ctx.Err() == nil {
		p.count()
	}
}

func (p *pair) count() {
	add := func(half string) types.TransactWriteItem {
		return types.TransactWriteItem{Update: &types.Update{
			TableName: aws.String(durabilityTable), Key: p.key(half), UpdateExpression: aws.String("ADD version :one"),
			ExpressionAttributeValues: attributes{":one": itemNumber(1)},
		}}
	}
	p.pending = true
	_, err := p.database.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: aws.String(fmt.Sprintf("%s-%d", p.name, p.made+1)),
		TransactItems:      []types.TransactWriteItem{add("one"), add("other")},
	})
	if p.answered(err) {
		p.pending = false
		p.made++
	}
}

func (p *pair) check(ctx context.Context) error {
	get := func(half string) types.TransactGetItem {
		return types.TransactGetItem{Get: &types.Get{TableName: aws.String(durabilityTable), Key: p.key(half)}}
	}
	got, err := p.database.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get("one"), get("other")}})
	if err != nil {
		return err
	}
	one, other := versionOf(got.Responses[0].Item), versionOf(got.Responses[1].Item)
	if one != other || one != p.made && (!p.pending || one != p.made+1) {
		return fmt.Errorf("%d and %d of %d transactions are there (one more pending: %v)", one, other, p.made, p.pending)
	}
	return nil
}

func (p *pair) close(ctx context.Context) error {
	for deadline := time.Now().Add(witnessPatience); p.pending; {
		p.count()
		if err := p.refusal(); err != nil {
			return err
		}
		if p.pending && time.Now().After(deadline) {
			return errors.New("the transaction that is pending gets no answer")
		}
	}
	return p.check(ctx)
}

func (p *pair) acknowledged() string { return fmt.Sprintf("%d transactions", p.made) }

// messages sends messages, and receives and deletes some of them.
type messages struct {
	*clients
	queue *string

	mutex    sync.Mutex
	next     int
	sent     map[string]bool      // acknowledged
	deleting map[string]bool      // which may be gone
	deleted  map[string]time.Time // when it was acknowledged
}

func (m *messages) work(ctx context.Context) {
	var working sync.WaitGroup
	for range 2 {
		working.Go(func() {
			for ctx.Err() == nil {
				m.send()
			}
		})
	}
	working.Go(func() {
		for ctx.Err() == nil {
			if _, err := m.take(0, func() bool { return rand.IntN(2) == 0 }); err != nil {
				m.refused.CompareAndSwap(nil, &err)
			}
		}
	})
	working.Wait()
}

func (m *messages) send() {
	var entries []sqstypes.SendMessageBatchRequestEntry
	m.mutex.Lock()
	for i := range 1 + rand.IntN(5) {
		m.next++
		entries = append(entries, sqstypes.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(strconv.Itoa(m.next)),
		})
	}
	m.mutex.Unlock()
	answer, err := m.queues.SendMessageBatch(context.Background(), &sqs.SendMessageBatchInput{QueueUrl: m.queue, Entries: entries})
	if !m.answered(err) {
		return
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, success := range answer.Successful {
		i, err := strconv.Atoi(aws.ToString(success.Id))
		if err == nil {
			m.sent[aws.ToString(entries[i].MessageBody)] = true
		}
	}
}

// take receives messages, for which it waits some seconds, and deletes those that wanted says. A message whose deletion was
// acknowledged must not come again.
func (m *messages) take(wait int32, wanted func() bool) ([]string, error) {
	began := time.Now()
	received, err := m.queues.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{
		QueueUrl: m.queue, MaxNumberOfMessages: 10, WaitTimeSeconds: wait,
	})
	if !m.answered(err) {
		return nil, nil
	}
	var bodies []string
	var entries []sqstypes.DeleteMessageBatchRequestEntry
	m.mutex.Lock()
	for _, message := range received.Messages {
		body := aws.ToString(message.Body)
		if at, deleted := m.deleted[body]; deleted && at.Before(began) {
			err = fmt.Errorf("message %s came again after its deletion was acknowledged", body)
		}
		bodies = append(bodies, body)
		if wanted() {
			m.deleting[body] = true
			entries = append(entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(body), ReceiptHandle: message.ReceiptHandle})
		}
	}
	m.mutex.Unlock()
	if err != nil || len(entries) == 0 {
		return bodies, err
	}
	answer, err := m.queues.DeleteMessageBatch(context.Background(), &sqs.DeleteMessageBatchInput{QueueUrl: m.queue, Entries: entries})
	if !m.answered(err) {
		return bodies, nil
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, success := range answer.Successful {
		m.deleted[aws.ToString(success.Id)] = time.Now()
	}
	return bodies, nil
}

// check looks at nothing: which messages are there is seen when all are received.
func (m *messages) check(context.Context) error { return nil }

// close receives all messages that must be there.
func (m *messages) close(context.Context) error {
	missing := map[string]bool{}
	for body := range m.sent {
		if !m.deleting[body] {
			missing[body] = true
		}
	}
	for deadline := time.Now().Add(witnessPatience); len(missing) > 0; {
		bodies, err := m.take(1, func() bool { return true })
		if err = errors.Join(err, m.refusal()); err != nil {
			return err
		}
		for _, body := range bodies {
			delete(missing, body)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d messages are lost, such as %v", len(missing), some(missing))
		}
	}
	return nil
}

func (m *messages) acknowledged() string {
	return fmt.Sprintf("%d sent, %d deleted", len(m.sent), len(m.deleted))
}

func some[K comparable](of map[K]bool) (few []K) {
	for name := range of {
		if few = append(few, name); len(few) == 5 {
			return few
		}
	}
	return few
}

// published publishes events, which a rule brings to a queue, another to a function, and an archive keeps.
type published struct {
	*clients
	arrived *string
	cloud   *cloud // whose clients try again, when there is nothing left to be cut

	next     int
	accepted map[int]bool
}

func (p *published) work(ctx context.Context) {
	pace := time.NewTicker(5 * time.Millisecond) // what comes in a second is delivered in a second
	defer pace.Stop()
	for ctx.Err() == nil {
		p.publish()
		<-pace.C
	}
}

func (p *published) publish() {
	var entries []events.PutEventsRequestEntry
	first := p.next
	for range 1 + rand.IntN(3) {
		entries = append(entries, events.PutEventsRequestEntry{
			EventBusName: aws.String("durability"), Source: aws.String("bayon.coagent.test"), DetailType: aws.String("Counted"),
			Detail: aws.String(fmt.Sprintf(`{"sequence":%d}`, p.next)),
		})
		p.next++
	}
	answer, err := p.bus.PutEvents(context.Background(), &eventbridge.PutEventsInput{Entries: entries})
	if !p.answered(err) {
		return
	}
	for i, entry := range answer.Entries {
		if entry.EventId != nil {
			p.accepted[first+i] = true
		}
	}
}

// check looks at nothing: events are under way.
func (p *published) check(context.Context) error { return nil }

// close looks for all events in the queue and in the function's notes, then for those that a replay of the archive brings.
func (p *published) close(ctx context.Context) error {
	if err := p.recorded(ctx); err != nil {
		return err
	}
	if err := p.queued("the rule"); err != nil {
		return err
	}
	if err := p.replay(ctx); err != nil {
		return err
	}
	return p.queued("the replay of the archive")
}

// recorded looks for all events among those that the function noted.
func (p *published) recorded(ctx context.Context) error {
	found := map[int]bool{}
	pages := dynamodb.NewQueryPaginator(p.cloud.database, &dynamodb.QueryInput{
		TableName: aws.String(durabilityTable), KeyConditionExpression: aws.String("PK = :p"),
		ExpressionAttributeValues: attributes{":p": itemText("RECORDED")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			sequence, err := strconv.Atoi(item["SK"].(*types.AttributeValueMemberS).Value)
			if err != nil {
				return err
			}
			found[sequence] = true
		}
	}
	for sequence := range p.accepted {
		if !found[sequence] {
			return fmt.Errorf("event %d never came to the function", sequence)
		}
	}
	return nil
}

// queued receives events from the queue until all have come.
func (p *published) queued(way string) error {
	missing := map[int]bool{}
	for sequence := range p.accepted {
		missing[sequence] = true
	}
	for deadline := time.Now().Add(witnessPatience); len(missing) > 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("by %s, %d events did not come to the queue, such as %v", way, len(missing), some(missing))
		}
		received, err := p.cloud.queues.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{
			QueueUrl: p.arrived, MaxNumberOfMessages: 10, WaitTimeSeconds: 1,
		})
		if err != nil {
			return err
		}
		if len(received.Messages) == 0 {
			continue
		}
		var entries []sqstypes.DeleteMessageBatchRequestEntry
		for i, message := range received.Messages {
			var event struct{ Detail struct{ Sequence int } }
			if err := json.Unmarshal([]byte(aws.ToString(message.Body)), &event); err != nil {
				return err
			}
			delete(missing, event.Detail.Sequence)
			entries = append(entries, sqstypes.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: message.ReceiptHandle})
		}
		if _, err := p.cloud.queues.DeleteMessageBatch(context.Background(), &sqs.DeleteMessageBatchInput{QueueUrl: p.arrived, Entries: entries}); err != nil {
			return err
		}
	}
	return nil
}

// replay brings the rule to the queue what the archive holds. What is left in the queue from before is gone.
func (p *published) replay(ctx context.Context) error {
	if _, err := p.cloud.queues.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: p.arrived}); err != nil {
		return err
	}
	archive, err := p.cloud.bus.DescribeArchive(ctx, &eventbridge.DescribeArchiveInput{ArchiveName: aws.String("durability")})
	if err != nil {
		return err
	}
	rule, err := p.cloud.bus.DescribeRule(ctx, &eventbridge.DescribeRuleInput{EventBusName: aws.String("durability"), Name: aws.String("to-queue")})
	if err != nil {
		return err
	}
	_, err = p.cloud.bus.StartReplay(ctx, &eventbridge.StartReplayInput{
		ReplayName: aws.String("everything"), EventSourceArn: archive.ArchiveArn,
		EventStartTime: aws.Time(time.Now().Add(-24 * time.Hour)), EventEndTime: aws.Time(time.Now().Add(time.Minute)),
		Destination: &events.ReplayDestination{Arn: archive.EventSourceArn, FilterArns: []string{aws.ToString(rule.Arn)}},
	})
	return err
}

func (p *published) acknowledged() string { return fmt.Sprintf("%d accepted", len(p.accepted)) }
