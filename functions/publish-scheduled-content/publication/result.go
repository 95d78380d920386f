package publication

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// keyOf identifies the post of an item on a channel.
func keyOf(userID, scheduleID string, on channel) string {
	hash := sha256.New()
	for _, part := range []string{userID, scheduleID, on.Type, on.AccountID} {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part)))
		hash.Write(length[:])
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// result is how far an item has come on one channel.
type result struct {
	Channel        string      `dynamodbav:"channel"` // its type
	AccountID      string      `dynamodbav:"accountId"`
	Success        bool        `dynamodbav:"success"`
	PlatformPostID string      `dynamodbav:"platformPostId,omitempty"`
	PublishedURL   string      `dynamodbav:"publishedUrl,omitempty"`
	Error          string      `dynamodbav:"error,omitempty"` // in words that the agent understands
	Attempts       int         `dynamodbav:"attempts"`        // that a network was asked and did not answer with a rate limit
	PublishedAt    *table.Date `dynamodbav:"publishedAt,omitempty"`

	// Not the platform's.
	AnnouncedAt  *table.Date `dynamodbav:"announcedAt,omitempty"`  // when the bus had accepted Content Published
	PostingSince *table.Date `dynamodbav:"postingSince,omitempty"` // from when on it may have been posted
	TriedSince   *table.Date `dynamodbav:"triedSince,omitempty"`   // from when on a try may have posted it that is believed not to have
	Lookups      int         `dynamodbav:"lookups,omitempty"`      // that did not tell whether it was
	RetryAt      *table.Date `dynamodbav:"retryAt,omitempty"`      // when it goes on; absent when it has ended
	UpdatedAt    *table.Date `dynamodbav:"updatedAt,omitempty"`    // when this was found out

	others map[string]types.AttributeValue // what else was stored, which is someone else's
}

// plainResult is a result without its own way of being read and written.
type plainResult result

// UnmarshalDynamoDBAttributeValue reads a result, and keeps what it does not know.
func (r *result) UnmarshalDynamoDBAttributeValue(value types.AttributeValue) error {
	var plain plainResult
	if err := attributevalue.Unmarshal(value, &plain); err != nil {
		return err
	}
	if members, ok := value.(*types.AttributeValueMemberM); ok {
		plain.others = maps.Clone(members.Value)
		maps.DeleteFunc(plain.others, func(name string, _ types.AttributeValue) bool { return isResultField(name) })
	}
	*r = result(plain)
	r.Channel = strings.ToLower(strings.TrimSpace(r.Channel))
	return nil
}

// MarshalDynamoDBAttributeValue writes a result with what it does not know.
func (r result) MarshalDynamoDBAttributeValue() (types.AttributeValue, error) {
	members, err := attributevalue.MarshalMap(plainResult(r))
	if err != nil {
		return nil, err
	}
	maps.Copy(members, r.others)
	return &types.AttributeValueMemberM{Value: members}, nil
}

func isResultField(name string) bool {
	switch name {
	case "channel", "accountId", "success", "platformPostId", "publishedUrl", "error", "attempts", "publishedAt",
		"announcedAt", "postingSince", "triedSince", "lookups", "retryAt", "updatedAt":
		return true
	}
	return false
}

// results are an item's results, in the order in which its channels were first tried.
type results []result

// since leaves out what an earlier wish to publish has failed on: the agent wishes anew. What is out stays out, and what may
// be out is still to be found out.
func (r results) since(startedAt time.Time) results {
	return slices.DeleteFunc(slices.Clone(r), func(each result) bool {
		return !each.Success && each.PostingSince == nil && (each.UpdatedAt == nil || each.UpdatedAt.Before(startedAt))
	})
}

// of is the result of a channel; a success, if there are several.
func (r results) of(on channel) result {
	found := result{Channel: on.Type, AccountID: on.AccountID}
	for _, each := range r {
		if each.is(on) && (!found.Success || each.Success) {
			found = each
		}
	}
	return found
}

// with are the results with one of them in place of what was known of its channel.
func (r results) with(next result) results {
	about := channel{Type: next.Channel, AccountID: next.AccountID}
	var with results
	placed := false
	for _, each := range r {
		switch {
		case !each.is(about):
			with = append(with, each)
		case !placed:
			with, placed = append(with, next), true
		}
	}
	if !placed {
		with = append(with, next)
	}
	return with
}

func (r result) is(on channel) bool { return r.Channel == on.Type && r.AccountID == on.AccountID }

// ended tells whether nothing more is to be done about a channel: it is posted, or cannot be.
func (r result) ended() bool {
	return r.Success || r.UpdatedAt != nil && r.RetryAt == nil && r.PostingSince == nil
}

// waits tells whether a channel is to go on later.
func (r result) waits(now time.Time) bool {
	return !r.ended() && r.RetryAt != nil && r.RetryAt.After(now)
}

// distinct gives a success a time that no other on the same platform has: the bus tells facts apart by it.
func (r results) distinct(is result) result {
	for slices.ContainsFunc(r, func(other result) bool {
		return other.Success && other.Channel == is.Channel && other.AccountID != is.AccountID && dateOf(other.PublishedAt).Equal(is.PublishedAt.Time)
	}) {
		is.PublishedAt = &table.Date{Time: is.PublishedAt.Add(time.Millisecond)}
	}
	return is
}
