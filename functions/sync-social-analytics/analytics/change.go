package analytics

import (
	"time"

	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// look is one look at a post.
type look struct {
	syncID     string
	at         time.Time // when the network was asked
	countsFrom time.Time // from when the post rests
}

// unchanged holds as long as no one else has synced the post or put another in its place.
func (p post) unchanged() table.Condition {
	return table.DataIs("lastSynced", p.fields["lastSynced"]).And(table.DataIs("platformMetrics", p.fields["platformMetrics"]))
}

// outdates tells whether what is stored is newer than a look.
func (p post) outdates(l look) bool { return p.askedAt.After(l.at) && p.askedAt.Sub(l.at) <= day }

// figuresOf are the figures of a post as they are stored.
func figuresOf(found social.Metrics) map[string]any {
	return map[string]any{
		"views":          found.Views,
		"likes":          found.Likes,
		"shares":         found.Shares,
		"comments":       found.Comments,
		"clicks":         found.Clicks,
		"saves":          found.Saves,
		"reach":          found.Reach,
		"impressions":    found.Impressions,
		"engagementRate": found.EngagementRate(),
	}
}

// synced stores what a look has found.
func (p post) synced(l look, found social.Metrics) table.Amend {
	asked, counts := table.Date{Time: l.at}, table.Date{Time: l.countsFrom}
	amend := table.Amend{
		Key:       p.key,
		Now:       l.at,
		Condition: p.unchanged(),
		Fields: map[string]any{
			"metrics":         p.figures.with(figuresOf(found)),
			"platformMetrics": fieldsOf(p.fields["platformMetrics"]).with(map[string]any{"lastExternalSync": asked}),
			"lastSynced":      counts,
			"syncStatus":      statusSynced,
			"syncId":          l.syncID,
		},
		Remove: []string{"lastFailed", "syncFailures", "syncError"},
	}
	leaps := map[string]leap{}
	if !p.syncedAt.IsZero() {
		leaps = leapsOf(p.figures, found)
	}
	if len(leaps) == 0 {
		amend.Remove = append(amend.Remove, "anomaly")
	} else {
		amend.Fields["anomaly"] = leaps
	}
	return amend
}

// refused stores that the network does not tell of the post, and why. The figures stay as they were.
func (p post) refused(l look, reason string) table.Amend {
	return table.Amend{
		Key:       p.key,
		Now:       l.at,
		Condition: p.unchanged(),
		Fields: map[string]any{
			"syncStatus":   statusFailed,
			"syncError":    reason,
			"syncFailures": max(p.failures, 0) + 1,
			"lastFailed":   table.Date{Time: l.countsFrom},
			"syncId":       l.syncID,
		},
	}
}
