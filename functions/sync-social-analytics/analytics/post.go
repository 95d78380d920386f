package analytics

import (
	"errors"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// post is a post on a social network as the platform's item tells of it. What cannot be read counts as missing, so that the
// next sync mends it.
type post struct {
	key         table.Key
	platform    string
	accountID   string // the page or the author; empty where it is not known
	id          string // the network's own; empty where it is not known
	publishedAt time.Time

	status   string
	syncID   string // of the sync that looked at the post last
	syncedAt time.Time
	askedAt  time.Time // when the network was asked for the figures that are stored
	figures  fields

	failedAt time.Time // when the network refused to tell of the post, if it did so the last time
	failures int64     // how often it has done so in a row

	fields fields
}

const (
	postPrefix    = "ANALYTICS#"
	postSeparator = "#"
)

func postKey(userID, contentID, platform string) table.Key {
	return table.UserKey(userID, postPrefix+contentID+postSeparator+platform)
}

// The values of syncStatus.
const (
	statusPending = "pending" // never synced
	statusSynced  = "synced"
	statusFailed  = "failed" // the network refused to tell of the post
)

var errNoDate = errors.New("publishedAt is no date")

// postOf reads a post. It returns false for an item that is another feature's, or on no social network: the same prefix is
// not ours alone. It fails with *table.MalformedError.
func postOf(item table.Item) (is post, ours bool, err error) {
	rest, under := strings.CutPrefix(item.Key.Sort, postPrefix)
	at := strings.LastIndex(rest, postSeparator)
	if !under || at < 0 || !events.IsSocialPlatform(rest[at+1:]) {
		return post{}, false, nil
	}
	var data table.Raw
	if err := table.Decode(item, &data); err != nil {
		return post{}, false, err
	}
	stored := fieldsOf(data.AttributeValue)
	if stored.text("contentId") != rest[:at] {
		return post{}, false, nil
	}
	published := stored.date("publishedAt")
	if published.IsZero() {
		return post{}, true, &table.MalformedError{Key: item.Key, Err: errNoDate}
	}
	own := fieldsOf(stored["platformMetrics"])
	is = post{
		key:         item.Key,
		platform:    rest[at+1:],
		accountID:   stored.text("accountId"),
		id:          own.text("platformPostId"),
		publishedAt: published,
		status:      stored.text("syncStatus"),
		syncID:      stored.text("syncId"),
		syncedAt:    stored.date("lastSynced"),
		askedAt:     own.date("lastExternalSync"),
		figures:     fieldsOf(stored["metrics"]),
		failedAt:    stored.date("lastFailed"),
		failures:    stored.number("syncFailures"),
		fields:      stored,
	}
	if page, _, both := strings.Cut(is.id, "_"); both && is.platform == events.PlatformFacebook {
		is.accountID = page // Facebook's ids of posts are <page>_<post>
	}
	return is, true, nil
}
