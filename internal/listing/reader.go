package listing

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/bayon-coagent/event-consumers/internal/table"
)

// clockSkew is how far ahead of the function's clock a sync's may be.
const clockSkew = 24 * time.Hour

// keyPrefix is what the sort keys of all listings begin with. The MLS sync stores a listing at keyPrefix + mlsNumber; the
// app's import at keyPrefix + provider-mlsNumber-milliseconds, anew each time.
const keyPrefix = "LISTING#"

// Items is the part of *table.Table that a Reader calls.
type Items interface {
	Get(ctx context.Context, key table.Key) (table.Item, bool, error)
	GetAll(ctx context.Context, keys []table.Key) ([]table.Item, error)
	Pages(ctx context.Context, query table.Query) iter.Seq2[[]table.Item, error]
}

// Reader reads the listings of one agent. It is safe for concurrent use, and meant for one pass: it remembers which
// providers' imports the agent has, and whose the syncs were.
type Reader struct {
	items     Items
	userID    string
	providers []string
	now       func() time.Time

	looking  *semaphore.Weighted // held by the one who finds out what follows; who waits gives up with the context
	imported map[string]bool

	lookingAtSyncs *semaphore.Weighted // likewise
	syncAgents     map[string]string
}

// NewReader reads the listings of an agent, in whose partition the app may have imported listings of providers; now is the
// clock. What was synced more than a day ahead of the clock is left out everywhere: it would count as the newest for ever.
func NewReader(items Items, userID string, providers []string, now func() time.Time) *Reader {
	return &Reader{
		items: items, userID: userID, providers: providers, now: now,
		looking: semaphore.NewWeighted(1), imported: map[string]bool{},
		lookingAtSyncs: semaphore.NewWeighted(1), syncAgents: map[string]string{},
	}
}

// Page is one page of an agent's listings.
type Page struct {
	Listings   []Listing // of several items of one mlsNumber in the page only the newest
	Unreadable int       // items that are no listings, or of no time that can be
}

// Size is how many items the page tells of.
func (p Page) Size() int { return len(p.Listings) }

// pageSize is how many items are read at a time: a megabyte of them, which DynamoDB would give, takes ten when decoded.
const pageSize = 500

// Pages yields all listings, one page in memory at a time. An error ends the pages.
func (r *Reader) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		query := table.Query{Partition: table.UserPartition(r.userID), Prefix: keyPrefix, Limit: pageSize}
		for items, err := range r.items.Pages(ctx, query) {
			if err != nil {
				yield(Page{}, fmt.Errorf("listings: %w", err))
				return
			}
			if !yield(r.readPage(items), nil) {
				return
			}
		}
	}
}

// newestAtOnce bounds how many listings of a page are looked up together.
const newestAtOnce = 8

// NewestPages yields all listings as Pages does, but of each mlsNumber only the item that counts. Where the agent has
// imports, each listing costs a look at the other items of its mlsNumber.
func (r *Reader) NewestPages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for page, err := range r.Pages(ctx) {
			if err == nil {
				page.Listings, err = r.thoseThatCount(ctx, page.Listings)
			}
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// thoseThatCount leaves out the listings of which a newer item lies elsewhere.
func (r *Reader) thoseThatCount(ctx context.Context, listings []Listing) ([]Listing, error) {
	counts := make([]bool, len(listings))
	var lookups errgroup.Group
	lookups.SetLimit(newestAtOnce)
	for i, listing := range listings {
		lookups.Go(func() error {
			newest, err := r.Newest(ctx, listing)
			counts[i] = newest.Key == listing.Key
			return err
		})
	}
	if err := lookups.Wait(); err != nil {
		return nil, err
	}
	counting := listings[:0]
	for i, listing := range listings {
		if counts[i] {
			counting = append(counting, listing)
		}
	}
	return counting, nil
}

func (r *Reader) readPage(items []table.Item) Page {
	var page Page
	places := make(map[string]int, len(items))
	for _, item := range items {
		listing, usable := r.read(item)
		if !usable {
			page.Unreadable++
			continue
		}
		place, seen := places[listing.MLSNumber]
		if !seen {
			places[listing.MLSNumber] = len(page.Listings)
			page.Listings = append(page.Listings, listing)
		} else if listing.NewerThan(page.Listings[place]) {
			page.Listings[place] = listing
		}
	}
	return page
}

// read reads a listing from its item, and tells whether it is one of a time that can be.
func (r *Reader) read(item table.Item) (Listing, bool) {
	listing, err := Of(item)
	return listing, err == nil && !listing.SyncedAt.Date().After(r.now().Add(clockSkew))
}

// Newest returns the item that counts among the items of a listing's mlsNumber: those of the MLS sync, and those imported
// under the names of the reader's providers and of the listing's own. It reads nothing where the listing can be the only
// one.
func (r *Reader) Newest(ctx context.Context, listing Listing) (Listing, error) {
	if !listing.Imported() {
		others, err := r.anyImported(ctx, listing.Provider)
		if err != nil || !others {
			return listing, err
		}
	}
	newest, found, err := r.Reread(ctx, listing)
	if err != nil || !found {
		return listing, err
	}
	return newest, nil
}

// Reread reads those items of a listing's mlsNumber again and returns the one that counts, and whether there is one.
func (r *Reader) Reread(ctx context.Context, listing Listing) (newest Listing, found bool, err error) {
	consider := func(item table.Item) {
		read, usable := r.read(item)
		if !usable || read.MLSNumber != listing.MLSNumber {
			return
		}
		if !found || read.NewerThan(newest) {
			newest, found = read, true
		}
	}
	item, exists, err := r.items.Get(ctx, table.UserKey(r.userID, keyPrefix+listing.MLSNumber))
	if err != nil {
		return Listing{}, false, fmt.Errorf("listing: %w", err)
	}
	if exists {
		consider(item)
	}
	for _, provider := range r.providersOf(listing.Provider) {
		imported, err := r.hasImported(ctx, provider)
		if err != nil {
			return Listing{}, false, err
		}
		if !imported {
			continue
		}
		query := table.Query{Partition: table.UserPartition(r.userID), Prefix: importPrefix(provider) + listing.MLSNumber + "-"}
		for items, err := range r.items.Pages(ctx, query) {
			if err != nil {
				return Listing{}, false, fmt.Errorf("imported listings: %w", err)
			}
			for _, item := range items {
				consider(item)
			}
		}
	}
	return newest, found, nil
}

func importPrefix(provider string) string { return keyPrefix + provider + "-" }

// providersOf are the providers under whose names a listing may have been imported.
func (r *Reader) providersOf(own string) []string {
	if own == "" || slices.Contains(r.providers, own) {
		return r.providers
	}
	return append(r.providers[:len(r.providers):len(r.providers)], own)
}

func (r *Reader) anyImported(ctx context.Context, own string) (bool, error) {
	for _, provider := range r.providersOf(own) {
		if imported, err := r.hasImported(ctx, provider); err != nil || imported {
			return imported, err
		}
	}
	return false, nil
}

// hasImported tells whether the agent has any listing that was imported under the provider's name.
func (r *Reader) hasImported(ctx context.Context, provider string) (bool, error) {
	if err := r.looking.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("imported listings: %w", err)
	}
	defer r.looking.Release(1)
	if imported, known := r.imported[provider]; known {
		return imported, nil
	}
	query := table.Query{Partition: table.UserPartition(r.userID), Prefix: importPrefix(provider), Limit: 10}
	imported := false
	for items, err := range r.items.Pages(ctx, query) {
		if err != nil {
			return false, fmt.Errorf("imported listings: %w", err)
		}
		if imported = len(items) > 0; imported {
			break
		}
	}
	r.imported[provider] = imported
	return imported, nil
}
