package benchmark

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
)

// The aims of a sync, in units of the smallest size: time per listing and memory stay what they are.
const (
	linearAim = 1.5
	flatAim   = 1.5
)

// syncChapter is one sync of an agent's listings.
type syncChapter struct {
	name    string
	changed func(listings int) (count, price int) // the first so many listings are stored anew at this price
}

func syncChapters() []syncChapter {
	const first, reduced = 500_000, 450_000
	return []syncChapter{
		{"first sight", func(listings int) (int, int) { return listings, first }},
		{"unchanged", func(int) (int, int) { return 0, first }},
		{"1 % reduced", func(listings int) (int, int) { return onePercent(listings), reduced }},
	}
}

// sync measures how long each function takes for a listing in syncs of rising sizes, and the most memory that it ever had.
func (b *bench) sync(ctx context.Context) (figures []Figure, err error) {
	cloud, err := b.project(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	return b.ofEach(watchers(b.subjects()), func(subject subject) ([]Figure, error) { return b.syncOf(ctx, cloud, subject) })
}

func (b *bench) syncOf(ctx context.Context, cloud *localcloud.Cloud, subject subject) (figures []Figure, err error) {
	smallest := map[string]float64{} // figures of the smallest size, by name
	for _, listings := range b.Effort.Listings {
		measured, err := b.syncsOf(ctx, cloud, subject, listings)
		if err != nil {
			return nil, err
		}
		for i, figure := range measured {
			name := figure.Name
			measured[i].Name = fmt.Sprintf("sync of %s: %s", number(float64(listings)), name)
			if of, known := smallest[name]; known {
				measured[i].Baseline = &Baseline{of, fmt.Sprintf("the same with %s listings", number(float64(b.Effort.Listings[0])))}
				continue
			}
			smallest[name] = figure.Value
			measured[i].Aim = nil // there is nothing to compare with
		}
		figures = append(figures, measured...)
	}
	return figures, nil
}

// syncsOf measures syncs of one size with a process of their own.
func (b *bench) syncsOf(ctx context.Context, cloud *localcloud.Cloud, subject subject, listings int) ([]Figure, error) {
	function, err := b.function(subject.functionID, cloud.Endpoint())
	if err != nil {
		return nil, err
	}
	process, err := function.start(ctx)
	if err != nil {
		return nil, err
	}
	defer process.stop()
	chapters := syncChapters()
	took := make([][]time.Duration, len(chapters))
	for agent := range max(1, b.Effort.ListingsInAll/listings) {
		market, err := newMarket(ctx, cloud, subject, fmt.Sprintf("sync-%s-%d-%d", subject.name, listings, agent))
		if err != nil {
			return nil, err
		}
		for i, chapter := range chapters {
			if agent == 0 {
				b.progress("%s listings, %s", number(float64(listings)), chapter.name)
			}
			duration, err := market.sync(ctx, process, subject, chapter, listings)
			if err != nil {
				return nil, err
			}
			took[i] = append(took[i], duration)
		}
		if err := market.expect(ctx, subject.afterSyncs(listings)); err != nil {
			return nil, err
		}
	}
	peak, err := process.memoryKB(residentPeak)
	if err != nil {
		return nil, err
	}
	figures := make([]Figure, 0, len(chapters)+1)
	for i, chapter := range chapters {
		perListing := float64(median(took[i])) / float64(time.Microsecond) / float64(listings)
		figures = append(figures, Figure{Name: chapter.name, Value: perListing, Unit: "µs/listing", Aim: atMostTimes(linearAim)})
	}
	return append(figures, Figure{Name: "peak memory", Value: megabytes(peak), Unit: "MB", Aim: atMostTimes(flatAim)}), nil
}

// sync stores what has changed, and returns how long the function takes to find it.
func (m *market) sync(ctx context.Context, process *running, subject subject, chapter syncChapter, listings int) (time.Duration, error) {
	count, price := chapter.changed(listings)
	if err := m.list(ctx, count, price); err != nil {
		return 0, err
	}
	event, err := subject.event(m)
	if err != nil {
		return 0, err
	}
	return process.invoke(ctx, event)
}
