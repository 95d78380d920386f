package template

import (
	"encoding/json"
	"strconv"
)

func (r *reader) readQueue(res *resource, p *properties) {
	p.ignore(tags, "QueueName")
	p.refuse("the local cloud has standard queues only", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope",
		"FifoThroughputLimit")
	queue := Queue{Resource: r.header(res), URL: r.identityOf(res).ref, Attributes: map[string]string{}}
	for _, bound := range []struct {
		name            string
		lowest, highest int
	}{
		{"DelaySeconds", 0, 900},
		{"MaximumMessageSize", 1024, 1 << 20},
		{"MessageRetentionPeriod", 60, 1209600},
		{"ReceiveMessageWaitTimeSeconds", 0, 20},
		{"VisibilityTimeout", 0, 43200},
	} {
		if p.has(bound.name) {
			queue.Attributes[bound.name] = strconv.Itoa(p.integer(bound.name, 0, bound.lowest, bound.highest))
		}
	}
	p.ignore("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds") // what is encrypted at rest reads the same here
	if p.has("SqsManagedSseEnabled") {
		queue.Attributes["SqsManagedSseEnabled"] = strconv.FormatBool(p.boolean("SqsManagedSseEnabled", true))
	}
	r.stack.Queues = append(r.stack.Queues, queue)
}

// queuePolicy is a policy that one resource puts on a queue of another.
type queuePolicy struct {
	at       place
	line     int
	queueURL string
	document json.RawMessage
}

func (r *reader) readQueuePolicy(_ *resource, p *properties) {
	r.readStatements(p.object("PolicyDocument"))
	document, line := p.jsonObject("PolicyDocument")
	if document == nil {
		p.require("PolicyDocument")
	}
	urls := p.texts("Queues")
	if len(urls) == 0 {
		p.require("Queues")
	}
	for _, url := range urls {
		r.queuePolicies = append(r.queuePolicies, queuePolicy{p.at.field("Queues"), line, url, document})
	}
}

func (r *reader) attachQueuePolicies() {
	for _, policy := range r.queuePolicies {
		queue := find(r.stack.Queues, func(q *Queue) bool { return q.URL == policy.queueURL })
		switch {
		case queue == nil:
			r.report(policy.at, policy.line, "the template has no queue %s", policy.queueURL)
		case queue.Policy != nil:
			r.report(policy.at, policy.line, "the queue %s has another policy already, and each overwrites the other", queue.LogicalID)
		default:
			queue.Policy = policy.document
		}
	}
}

// find returns the first of some resources that fits, or nil.
func find[T any](all []T, fits func(*T) bool) *T {
	for i := range all {
		if fits(&all[i]) {
			return &all[i]
		}
	}
	return nil
}
