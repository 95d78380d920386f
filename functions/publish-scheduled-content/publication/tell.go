package publication

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/metrics"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// publishedFact is what the bus is told of a channel that the item is out on.
func (c content) publishedFact(is result) events.ContentPublished {
	return events.ContentPublished{
		ContentID:      c.stored.ContentID.value,
		UserID:         c.userID,
		ContentType:    c.stored.ContentType.value,
		Platform:       is.Channel,
		PublishedAt:    events.At(dateOf(is.PublishedAt)),
		ScheduleID:     c.scheduleID,
		PlatformPostID: is.PlatformPostID,
		PublishedURL:   is.PublishedURL,
	}
}

func (c content) failedFact(platforms []string, reason string, failedAt time.Time) events.ContentPublishFailed {
	return events.ContentPublishFailed{
		ContentID:  c.stored.ContentID.value,
		ScheduleID: c.scheduleID,
		UserID:     c.userID,
		Platforms:  platforms,
		Error:      reason,
		FailedAt:   events.At(failedAt),
	}
}

// tell tells the bus what it is still to be told: of each channel that the item is out on, and of its failure when it has
// ended in one. All of it follows from what is stored, and is the same whenever it is told again.
func (w *worker) tell(ctx context.Context) error {
	var untold []events.Fact
	marked := slices.Clone(w.results)
	now := w.Now()
	for i, each := range w.results {
		if !each.Success || each.AnnouncedAt != nil {
			continue
		}
		fact := w.content.publishedFact(each)
		if !valid(fact) { // recorded by someone else, without what we need
			metrics.Add(ctx, metrics.ItemsUnreadable, 1)
			continue
		}
		untold = append(untold, fact)
		marked[i].AnnouncedAt = &table.Date{Time: now}
	}
	if is, _ := w.outcome(); is == failed {
		untold = append(untold, w.failure())
	}
	if len(untold) == 0 {
		return nil
	}
	if err := w.Publisher.Publish(ctx, untold...); err != nil {
		return err
	}
	w.results = marked
	return nil
}

func valid(fact events.Fact) bool { return fact.Validate() == nil }

// failure is what the bus is told of an item that has failed on some channels. It failed when the last of them did.
func (w *worker) failure() events.ContentPublishFailed {
	var platforms, reasons []string
	var failedAt time.Time
	for _, on := range w.content.channels {
		is := w.results.of(on)
		if is.Success {
			continue
		}
		if !slices.Contains(platforms, on.Type) {
			platforms = append(platforms, on.Type)
		}
		if reason := nameOf(on.Type) + ": " + is.Error; !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		if at := dateOf(is.UpdatedAt); at.After(failedAt) {
			failedAt = at
		}
	}
	return w.content.failedFact(platforms, strings.Join(reasons, " "), failedAt)
}

// nameOf is what agents call a platform.
func nameOf(platform string) string {
	switch platform {
	case social.Facebook:
		return "Facebook"
	case social.Instagram:
		return "Instagram"
	case social.LinkedIn:
		return "LinkedIn"
	case social.Twitter:
		return "X"
	case social.Blog:
		return "Blog"
	case social.Newsletter:
		return "Newsletter"
	}
	return platform
}
