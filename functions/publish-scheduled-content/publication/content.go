package publication

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// status is how far an item has come. What is cancelled, or unknown, is left alone.
type status string

const (
	scheduled  status = "scheduled"
	publishing status = "publishing"
	published  status = "published"
	failed     status = "failed"
	cancelled  status = "cancelled"
)

// maybe is a field that may be of a wrong type, which spoils no other field.
type maybe[T any] struct {
	value T
	wrong bool
}

// UnmarshalDynamoDBAttributeValue reads the field, if it can.
func (m *maybe[T]) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var read T
	m.wrong = attributevalue.Unmarshal(value, &read) != nil
	if !m.wrong {
		m.value = read
	}
	return nil
}

// content is an item of scheduled content.
type content struct {
	userID, scheduleID string // as its key says
	size               int    // of its Data, in bytes
	stored             stored
	channels           []channel // each once
}

type stored struct {
	ContentID   maybe[string]           `dynamodbav:"contentId"`
	Title       maybe[string]           `dynamodbav:"title"`
	Content     maybe[string]           `dynamodbav:"content"`
	ContentType maybe[string]           `dynamodbav:"contentType"`
	PublishTime maybe[table.Date]       `dynamodbav:"publishTime"`
	Channels    maybe[[]maybe[channel]] `dynamodbav:"channels"`
	Status      maybe[string]           `dynamodbav:"status"`
	Metadata    maybe[metadata]         `dynamodbav:"metadata"`
	Results     maybe[results]          `dynamodbav:"publishResults"`
	RetryCount  maybe[int64]            `dynamodbav:"retryCount"`
	LeaseUntil  maybe[table.Date]       `dynamodbav:"leaseUntil"`

	NextAttemptAt maybe[table.Date] `dynamodbav:"nextAttemptAt"`

	// Not the platform's: who works at it, or did last; and when the agent's wish to publish it was first taken up. What
	// failed before then was an earlier wish.
	LeaseOwner maybe[string]     `dynamodbav:"leaseOwner"`
	StartedAt  maybe[table.Date] `dynamodbav:"startedAt"`
}

type metadata struct {
	MediaURLs        []string `dynamodbav:"mediaUrls"`
	Hashtags         []string `dynamodbav:"hashtags"`
	HTMLContent      string   `dynamodbav:"htmlContent"`
	PlainTextContent string   `dynamodbav:"plainTextContent"`
	Recipients       []string `dynamodbav:"recipients"`
}

// channel is where an item is to be posted. Its type and account together tell it from others.
type channel struct {
	Type             string `dynamodbav:"type"`
	AccountID        string `dynamodbav:"accountId"`
	IsActive         *bool  `dynamodbav:"isActive"` // what is not told is no reason not to post
	ConnectionStatus string `dynamodbav:"connectionStatus"`
}

// unknownType is the type of a channel that does not say what it is.
const unknownType = "unknown"

// contentOf reads an item, whatever is wrong with it: problem tells.
func contentOf(item table.Item) (content, error) {
	userID, _ := table.UserOf(item.Key)
	read := content{userID: userID, scheduleID: strings.TrimPrefix(item.Key.Sort, itemPrefix), size: item.Size()}
	if err := table.Decode(item, &read.stored); err != nil {
		return content{}, err
	}
	for _, each := range read.stored.Channels.value {
		next := each.value
		next.Type = strings.ToLower(strings.TrimSpace(next.Type))
		if next.Type == "" || len(next.Type) > maxType {
			next.Type = unknownType
		}
		if !slices.ContainsFunc(read.channels, next.same) {
			read.channels = append(read.channels, next)
		}
	}
	return read, nil
}

func (c channel) same(other channel) bool {
	return c.Type == other.Type && c.AccountID == other.AccountID
}

// What can be posted at most. An item may have 400 KB in all, and needs room for its results.
const (
	maxSize     = 300 << 10
	maxChannels = 50
	maxType     = 128 // bytes, as events allow
	maxAccount  = 512
)

// problem is what makes an item one that cannot be posted anywhere, in words; empty if nothing does.
func (c content) problem() string {
	is := c.stored
	wrong := []struct {
		field string
		is    bool
	}{
		{"publishTime", is.PublishTime.wrong || is.PublishTime.value.IsZero()},
		{"channels", is.Channels.wrong},
		{"publishResults", is.Results.wrong}, // tells where it was posted already
		{"metadata", is.Metadata.wrong},
		{"title", is.Title.wrong},
		{"content", is.Content.wrong},
	}
	for _, field := range wrong {
		if field.is {
			return fmt.Sprintf("The field %s of the scheduled content cannot be read.", field.field)
		}
	}
	var invalid *events.InvalidError
	if errors.As(c.publishedFact(result{Channel: unknownType, PublishedAt: &is.PublishTime.value}).Validate(), &invalid) {
		return fmt.Sprintf("The scheduled content is not complete: %s.", invalid.Fields[0])
	}
	switch {
	case len(c.channels) == 0:
		return "The scheduled content names no channel to be posted on."
	case len(c.channels) > maxChannels:
		return fmt.Sprintf("The scheduled content names %d channels; %d is the most.", len(c.channels), maxChannels)
	case c.size > maxSize:
		return fmt.Sprintf("The scheduled content has %d KB; %d KB is the most.", (c.size+1023)>>10, maxSize>>10)
	}
	for _, each := range c.channels {
		if len(each.AccountID) > maxAccount {
			return fmt.Sprintf("The account of a %s channel has more than %d bytes.", each.Type, maxAccount)
		}
	}
	return ""
}

func (c content) status() status { return status(c.stored.Status.value) }

// leaseUntil is until when the item is somebody's. Without a lease, or with one that cannot be read, it is nobody's.
func (c content) leaseUntil() time.Time { return c.stored.LeaseUntil.value.Time }

func (c content) publishTime() time.Time { return c.stored.PublishTime.value.Time }

// dueAt is when the item is to be worked at: the agent may have put it off since it was to be tried again.
func (c content) dueAt() time.Time {
	at := c.publishTime()
	if next := c.stored.NextAttemptAt.value.Time; next.After(at) {
		return next
	}
	return at
}

// afresh tells whether the item was not taken up since the agent wished it to be published. Whoever gives an item back says
// when it is to be tried next.
func (c content) afresh() bool {
	return c.stored.StartedAt.value.IsZero() || c.status() == scheduled && c.stored.NextAttemptAt.value.IsZero()
}

// lateAfter is how long after its time an item may still be posted.
const lateAfter = 24 * time.Hour

// late tells whether it is too late to post the item at a point in time.
func (c content) late(at time.Time) bool { return !at.Before(c.publishTime().Add(lateAfter)) }

// post is what is to be posted on a channel.
func (c content) post(on channel) (post social.Post, hashtags int) {
	about := c.stored.Metadata.value
	tags := social.Hashtags(about.Hashtags)
	plain := about.PlainTextContent
	if plain == "" {
		plain = c.stored.Content.value
	}
	return social.Post{
		Key:        keyOf(c.userID, c.scheduleID, on),
		Text:       social.TextOf(c.stored.Content.value, tags),
		Images:     about.MediaURLs,
		Title:      c.stored.Title.value,
		HTML:       about.HTMLContent,
		Plain:      plain,
		Recipients: about.Recipients,
	}, len(tags)
}
