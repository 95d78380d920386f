package deadletter

import (
	"cmp"
	"slices"
	"time"
)

// Group is messages of one queue that have the same reason and are for the same function.
type Group struct {
	Queue    string    `json:"queue"`
	Reason   string    `json:"reason"`
	Function string    `json:"function"` // its name; empty if none is known
	Messages int       `json:"messages"`
	Oldest   time.Time `json:"oldest"`
	Newest   time.Time `json:"newest"`
	Example  Message   `json:"example"` // the newest one
}

// GroupOf groups messages, the largest group first.
func GroupOf(messages []Message) []Group {
	type key struct{ queue, reason, function string }
	groups := map[key]*Group{}
	for _, message := range messages {
		k := key{message.Queue, message.Reason, message.FunctionName()}
		group := groups[k]
		if group == nil {
			group = &Group{Queue: k.queue, Reason: k.reason, Function: k.function, Oldest: message.SentAt, Newest: message.SentAt, Example: message}
			groups[k] = group
		}
		group.Messages++
		if message.SentAt.Before(group.Oldest) {
			group.Oldest = message.SentAt
		}
		if !message.SentAt.Before(group.Newest) {
			group.Newest, group.Example = message.SentAt, message
		}
	}
	list := make([]Group, 0, len(groups))
	for _, group := range groups {
		list = append(list, *group)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Function, b.Function))
	})
	return list
}
