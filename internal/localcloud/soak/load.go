package soak

import (
	"encoding/json"
	"iter"
	"math/rand/v2"
	"slices"
	"time"
)

// The sources of the facts that other services publish.
const (
	userSource        = "bayon.coagent.user"
	contentSource     = "bayon.coagent.content"
	jobSource         = "bayon.coagent.ai"
	integrationSource = "bayon.coagent.integration"
)

// World is what is there before anything happens.
func (p Plan) World() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for _, agent := range p.Everyone() {
			if !yield(Step{Puts: agent.items()}) {
				return
			}
		}
	}
}

// Morning lets the agents join, and the watchers see their markets for the first time.
func (p Plan) Morning() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		for _, agent := range p.Everyone() {
			for _, entry := range []Entry{agent.joined(), agent.marketSynced("morning"), agent.posted("morning", "blog")} {
				if !yield(Step{Entry: &entry}) {
					return
				}
			}
		}
	}
}

// Day is what happens to the agents by chance, Events times in all.
func (p Plan) Day() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		d := day{plan: p, random: rand.New(rand.NewPCG(p.Seed, 0)), prices: map[int][]int{}}
		for n := range p.Events {
			if !yield(d.step(n)) {
				return
			}
		}
		d.end(yield)
	}
}

// end is the day's evening: the last sync of each market, in which a competitor's listing goes and another one comes.
func (d *day) end(yield func(Step) bool) {
	for _, agent := range d.plan.Everyone() {
		synced, posted := agent.marketSynced("evening"), agent.posted("evening", "newsletter")
		puts := d.moves(agent)
		if !agent.New() {
			at := d.plan.Start.Add(time.Hour)
			puts = append(puts, agent.listing(leaving, basePrice(leaving), "Canceled", at), agent.listing(coming, basePrice(coming), "Active", at))
		}
		if !yield(Step{Puts: puts, Entry: &synced}) || !yield(Step{Entry: &posted}) {
			return
		}
	}
}

// day remembers what has happened so far.
type day struct {
	plan   Plan
	random *rand.Rand
	prices map[int][]int // of each agent's listings
	syncs  int           // of markets so far: each is newer than those before
}

// step is the nth thing that happens. Of a hundred, each fact has its share, and one in two hundred cannot be handled.
func (d *day) step(n int) Step {
	agent := d.plan.agent(d.random.IntN(d.plan.Agents))
	mark := text("%06d", n)
	var entry Entry
	var puts []Item
	const twoHundred = 200
	switch chance := d.random.IntN(twoHundred); {
	case n < poisons:
		entry = agent.poison(mark, n) // each kind is there
	case chance < 1:
		entry = agent.poison(mark, d.random.IntN(poisons))
	case chance < 3:
		entry = agent.joined() // told again
	case chance < 70:
		entry = agent.posted(mark, d.oneOf("facebook", "instagram", "linkedin", "twitter", "blog", "newsletter", "threads"))
	case chance < 130:
		entry = agent.written(mark, d.oneOf("blog_post", "social-media", "listing_description", "market_update"))
	case chance < 140:
		entry = agent.notWritten(mark)
	case chance < 180:
		entry = agent.synced(mark, d.oneOf("google", "facebook", "instagram", "linkedin", "twitter"))
	case chance < 190:
		entry, puts = agent.marketSynced(mark), d.moves(agent)
	default:
		entry = agent.notSynced(mark, d.oneOf("mls", "mlsgrid", "bridgeInteractive", "google"))
	}
	return Step{Puts: puts, Entry: &entry}
}

func (d *day) oneOf(values ...string) string { return values[d.random.IntN(len(values))] }

// moves lets the prices of three of an agent's listings fall, each by 6 to 10 %.
func (d *day) moves(agent Agent) (puts []Item) {
	if agent.New() {
		return nil
	}
	if d.prices[agent.Number] == nil {
		for n := range openListings + competitorListings {
			d.prices[agent.Number] = append(d.prices[agent.Number], basePrice(n))
		}
	}
	d.syncs++
	const several, lowest = 3, 10_000
	for _, n := range d.random.Perm(leaving)[:several] {
		price := d.prices[agent.Number][n]
		price = price * (90 + d.random.IntN(5)) / 100
		if price < lowest {
			continue
		}
		d.prices[agent.Number][n] = price
		puts = append(puts, agent.listing(n, price, "Active", d.plan.Start.Add(time.Duration(d.syncs)*time.Millisecond)))
	}
	return puts
}

func (a Agent) entry(source, detailType string, detail fields) Entry {
	encoded, _ := json.Marshal(detail) // texts and numbers
	return Entry{DetailType: detailType, Source: source, Detail: string(encoded), UserID: a.ID()}
}

func (a Agent) joined() Entry {
	return a.entry(userSource, "User Created", fields{"userId": a.ID(), "email": a.ID() + "@example.com", "createdAt": iso(a.plan.Start)})
}

func (a Agent) posted(mark, platform string) Entry {
	detail := fields{
		"contentId": "content-" + a.ID() + "-" + mark, "userId": a.ID(), "contentType": "blog_post", "platform": platform, "publishedAt": iso(a.plan.Start),
	}
	if slices.Contains(networks(), platform) {
		detail["platformPostId"] = "post-" + a.ID() + "-" + mark
	}
	return a.entry(contentSource, "Content Published", detail)
}

func (a Agent) written(mark, jobType string) Entry {
	return a.entry(jobSource, "AI Job Completed", fields{
		"jobId": "job-" + a.ID() + "-" + mark, "userId": a.ID(), "jobType": jobType, "status": "completed", "completedAt": iso(a.plan.Start),
	})
}

func (a Agent) notWritten(mark string) Entry {
	return a.entry(jobSource, "AI Job Failed", fields{
		"jobId": "job-" + a.ID() + "-" + mark, "userId": a.ID(), "jobType": "blog_post", "status": "failed", "completedAt": iso(a.plan.Start),
		"error": "The text " + a.ID() + "-" + mark + " could not be written.",
	})
}

func (a Agent) synced(mark, provider string) Entry {
	return a.entry(integrationSource, "Integration Sync Completed", fields{
		"syncId": "sync-" + a.ID() + "-" + mark, "userId": a.ID(), "provider": provider, "status": "completed", "completedAt": iso(a.plan.Start),
		"itemsSynced": 3,
	})
}

// marketSynced says that the agent's listings are up to date.
func (a Agent) marketSynced(mark string) Entry {
	return a.synced(mark, []string{"mls", "mlsgrid", "bridgeInteractive"}[a.Number%3])
}

func (a Agent) notSynced(mark, provider string) Entry {
	return a.entry(integrationSource, "Integration Sync Failed", fields{
		"syncId": "sync-" + a.ID() + "-" + mark, "userId": a.ID(), "provider": provider, "status": "failed", "completedAt": iso(a.plan.Start),
		"error": "The sync " + a.ID() + "-" + mark + " failed.",
	})
}

// poisons is how many kinds of events there are that cannot be handled.
const poisons = 4

// poison is an event that nobody can handle.
func (a Agent) poison(mark string, kind int) Entry {
	detail := fields{
		"syncId": "poison-" + a.ID() + "-" + mark, "userId": a.ID(), "provider": "mls", "status": "completed", "completedAt": iso(a.plan.Start),
	}
	all := &Poison{Functions: []string{"trend-detector", "price-reduction-monitor", "notification-processor"}}
	switch kind {
	case 0: // undecodable
		detail["itemsSynced"], all.Word = "many", "itemsSynced"
	case 1: // invalid
		detail["userId"], all.Word = "", "userId"
	case 2: // has come too far
		detail["metadata"], all.Word = fields{"hops": 9, "eventKey": "poison-" + mark}, "loop"
	default: // a status that this fact does not have, which no rule for syncs lets through
		detail["status"], all.Word = "failed", "status"
		all.Functions = []string{"notification-processor"}
	}
	entry := a.entry(integrationSource, "Integration Sync Completed", detail)
	entry.Poison = all
	return entry
}
