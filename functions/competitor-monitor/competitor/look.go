package competitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// look is the look that a pass takes at a competitor.
type look struct {
	at    time.Time
	first bool // it is the baseline
}

// freshFor is how long before the first look a listing may have been listed to be new (rules: Competitors).
const freshFor = 24 * time.Hour

// takesForNew tells whether a listing that was never seen before is a new one. At the first look that is only one whose
// listing date is known, and not long ago.
func (l look) takesForNew(is listing.Listing) bool {
	if is.Status != listing.Active {
		return false
	}
	return !l.first || (!is.ListDate.IsZero() && l.at.Sub(is.ListDate) <= freshFor)
}

// firstLook remembers that a competitor has been looked at. Whoever is tracked by another mlsId is looked at first anew.
type firstLook struct {
	CompetitorID  string     `dynamodbav:"competitorId"`
	MLSID         string     `dynamodbav:"mlsId"`
	FirstLookedAt table.Date `dynamodbav:"firstLookedAt"`
}

func lookKey(userID, competitorID string) table.Key {
	return table.UserKey(userID, snapshotPrefix+competitorID)
}

// looks are the looks that a pass which begins now takes at competitors, by their ids.
func (w *Watcher) looks(ctx context.Context, userID string, competitors []competitor) (map[string]look, error) {
	began := w.now()
	keys := make([]table.Key, len(competitors))
	for i, tracked := range competitors {
		keys[i] = lookKey(userID, tracked.ID)
	}
	found, err := w.items.GetAll(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("first looks: %w", err)
	}
	looked := map[table.Key]string{}
	for _, item := range found {
		var was struct {
			MLSID string `dynamodbav:"mlsId"`
		}
		if err := table.Decode(item, &was); err != nil {
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
		}
		looked[item.Key] = was.MLSID
	}
	looks := make(map[string]look, len(competitors))
	for i, tracked := range competitors {
		looks[tracked.ID] = look{at: began, first: looked[keys[i]] != tracked.MLSID}
	}
	return looks, nil
}

// rememberLooks ends the baseline of competitors whom this pass looked at first. Where another pass was faster, its word
// is kept.
func (p *pass) rememberLooks(ctx context.Context) error {
	for _, tracked := range p.competitors {
		taken := p.looks[tracked.ID]
		if !taken.first {
			continue
		}
		err := p.items.Save(ctx, table.Save{
			Key:        lookKey(p.userID, tracked.ID),
			EntityType: snapshotEntity,
			Data:       firstLook{CompetitorID: tracked.ID, MLSID: tracked.MLSID, FirstLookedAt: table.Date{Time: taken.at}},
			Now:        p.now(),
			Condition:  table.DataIsNot("mlsId", table.Text(tracked.MLSID)),
		})
		if err != nil && !errors.Is(err, table.ErrConflict) {
			return fmt.Errorf("remember the first look: %w", err)
		}
	}
	return nil
}
