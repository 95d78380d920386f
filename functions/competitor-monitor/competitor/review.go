package competitor

import (
	"context"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/area"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/listing"
	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/review"
	"github.com/bayon-coagent/event-consumers/internal/table"
)

// pass is one pass over the listings of one agent's competitors.
type pass struct {
	*Watcher
	*review.Pass
	userID      string
	settings    agent.AlertSettings
	areas       area.Areas
	competitors []competitor
	looks       map[string]look // by the competitor's id
	listings    *listing.Reader
}

// sighting is a listing that a competitor has. A listing of two competitors with one mlsId is sighted twice.
type sighting struct {
	competitor

	is listing.Listing
}

func (p *pass) keyOf(seen sighting) table.Key {
	return snapshotKey(p.userID, seen.ID, seen.is.MLSNumber)
}

// run looks at all listings, page by page. Only a pass that saw all of them, and could do all that they needed, ends the
// baseline.
func (p *pass) run(ctx context.Context) error {
	pages := deadline.Pages(ctx, p.now, p.listings.Pages(ctx), listing.Page.Size, "listings")
	for page, err := range pages {
		if err != nil {
			return err
		}
		if err := p.page(ctx, page); err != nil {
			return err
		}
	}
	if p.Settled() {
		if err := p.rememberLooks(ctx); err != nil {
			return err
		}
	}
	return p.End()
}

// page follows the changes of one page of listings.
func (p *pass) page(ctx context.Context, page listing.Page) error {
	metrics.Add(ctx, metrics.ItemsUnreadable, page.Unreadable)
	metrics.Add(ctx, metrics.ListingsReviewed, len(page.Listings))
	sightings, err := p.sightings(ctx, page.Listings)
	if err != nil {
		return err
	}
	snapshots, err := p.snapshots(ctx, sightings)
	if err != nil {
		return err
	}
	var steps []review.Step
	for _, seen := range sightings {
		was, readable := snapshots[p.keyOf(seen)]
		if !readable || !changeOf(was, seen.is, p.looks[seen.ID]).differs {
			continue
		}
		next, needed, err := p.Plan(ctx, p.newest(was, seen))
		if err != nil {
			return err
		}
		if needed {
			steps = append(steps, next)
		}
	}
	return p.Apply(ctx, steps)
}

// sightings are the competitors' listings, those of one competitor together.
func (p *pass) sightings(ctx context.Context, listings []listing.Listing) ([]sighting, error) {
	agents, err := p.listings.ListAgents(ctx, listings)
	if err != nil {
		return nil, err
	}
	var sightings []sighting
	for _, tracked := range p.competitors {
		for i, is := range listings {
			if agents[i] == tracked.MLSID {
				p.countLacking(ctx, is)
				sightings = append(sightings, sighting{tracked, is})
			}
		}
	}
	return sightings, nil
}

// countLacking counts what a competitor's listing lacks.
func (p *pass) countLacking(ctx context.Context, is listing.Listing) {
	if p.areas.NeedLocations() && !is.Located() {
		metrics.Add(ctx, metrics.ListingsUnlocated, 1)
	}
	if !is.HasPrice() {
		metrics.Add(ctx, metrics.ListingsUnpriced, 1)
	}
}

func (p *pass) snapshots(ctx context.Context, sightings []sighting) (map[table.Key]snapshot, error) {
	keys := make([]table.Key, len(sightings))
	for i, seen := range sightings {
		keys[i] = p.keyOf(seen)
	}
	return listing.ReadSnapshots(ctx, p.items, keys, snapshotOf)
}

// newest plans what the newest item of a competitor's listing needs against its snapshot.
func (p *pass) newest(was snapshot, seen sighting) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		newest, err := p.listings.Newest(ctx, seen.is)
		if err != nil {
			return review.Step{}, false, err
		}
		return p.step(ctx, was, sighting{seen.competitor, newest})
	}
}

// afresh reads a listing and its snapshot again, and plans what their difference needs.
func (p *pass) afresh(stale sighting) review.Plan {
	return func(ctx context.Context) (review.Step, bool, error) {
		is, found, err := p.listings.Reread(ctx, stale.is)
		if err != nil || !found {
			return review.Step{}, false, err
		}
		was, err := listing.ReadSnapshot(ctx, p.items, p.keyOf(stale), snapshotOf)
		if err != nil {
			return review.Step{}, false, err
		}
		return p.step(ctx, was, sighting{stale.competitor, is})
	}
}

// step plans what the change of a competitor's listing needs, if it needs anything: the snapshot follows, and what is news
// in the agent's areas is an alert, if the agent wants alerts of its type. Listings elsewhere are followed, too: an area that
// the agent adds must not make old ones new. A listing that is another agent's by now needs nothing.
func (p *pass) step(ctx context.Context, was snapshot, seen sighting) (review.Step, bool, error) {
	tracked, is, taken := seen.competitor, seen.is, p.looks[seen.ID]
	agents, err := p.listings.ListAgents(ctx, []listing.Listing{is})
	if err != nil {
		return review.Step{}, false, err
	}
	shown := changeOf(was, is, taken)
	if agents[0] != tracked.MLSID || !shown.differs {
		return review.Step{}, false, nil
	}
	now := p.now()
	step := review.Step{
		Subject: "listing " + is.MLSNumber + " of competitor " + tracked.ID,
		Counts:  metrics.ListingsChanged,
		Again:   p.afresh(seen),
		Changes: []table.Change{
			table.Check{Key: is.Key, Condition: is.Unchanged()},
			table.Save{
				Key:        p.keyOf(seen),
				EntityType: snapshotEntity,
				Data:       was.following(tracked, is, shown, taken.at),
				Now:        now,
				Condition:  was.Unchanged(),
			},
		},
	}
	finding, deserved := findingOf(p.userID, tracked, was, is, shown, now)
	if !deserved || !p.settings.Wants(finding.Type) || !p.areas.Contains(is.Place()) {
		return step, true, nil
	}
	err = p.Raise(ctx, &step, finding)
	return step, true, err
}
