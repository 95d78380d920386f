package analytics

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// Whatever an item holds, reading it does not panic, and what is read can be stored again.
func FuzzPost(f *testing.F) {
	f.Add("ANALYTICS#a#facebook", "a", "2026-11-24T08:30:00.000Z", "1_2", "5", byte(0))
	f.Add("ANALYTICS#2026-11-24", "", "soon", "", "-1", byte(1))
	f.Add("ANALYTICS#a#b#twitter", "a#b", "1764000000000", "urn:li:share:1", "99999999999999999999", byte(2))
	f.Fuzz(func(t *testing.T, sort, contentID, date, postID, number string, shape byte) {
		values := []types.AttributeValue{
			table.Text(date), &types.AttributeValueMemberN{Value: number}, &types.AttributeValueMemberNULL{Value: true},
			&types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"views": &types.AttributeValueMemberN{Value: number}}},
			&types.AttributeValueMemberL{},
		}
		value := func(offset int) types.AttributeValue { return values[(int(shape)+offset)%len(values)] }
		item, _ := table.ItemOf(map[string]types.AttributeValue{
			"PK": table.Text("USER#u"), "SK": table.Text(sort),
			"Data": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
				"contentId": table.Text(contentID), "publishedAt": value(0), "lastSynced": value(1), "metrics": value(3), "syncFailures": value(1),
				"lastFailed": value(0), "syncStatus": value(2),
				"platformMetrics": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
					"platformPostId": table.Text(postID), "lastExternalSync": value(4),
				}},
			}},
		})
		is, ours, err := postOf(item)
		var malformed *table.MalformedError
		if err != nil && !errors.As(err, &malformed) {
			t.Fatalf("error %v", err)
		}
		if err != nil || !ours {
			return
		}
		if is.key != postKey("u", contentID, is.platform) || is.id != postID {
			t.Errorf("read %+v of %s", is, sort)
		}
		is.stale(time.Unix(1_764_000_000, 0))
		taken := look{syncID: "s", at: time.Unix(1_764_000_000, 0), countsFrom: time.Unix(1_764_000_000, 0)}
		if got := is.synced(taken, social.Metrics{Views: 7}).Fields["metrics"].(map[string]any)["views"]; got != int64(7) {
			t.Errorf("views %v", got)
		}
	})
}
