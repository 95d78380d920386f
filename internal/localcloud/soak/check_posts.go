package soak

import (
	"maps"
	"slices"
	"strings"
)

// posts compares scheduled content with what the networks have.
func (c *checker) posts() []*Row {
	p := postRows{
		checker: c, posts: newRow("posts"), told: newRow("Content Published or Content Publish Failed of a post"),
		posted: map[string]int{}, announcedPosts: map[string]map[string]bool{}, announcedFailures: map[string]map[string]bool{},
	}
	for _, post := range c.Posts {
		first, _, _ := strings.Cut(post.Text, "\n")
		p.posted[post.Platform+" "+first]++
	}
	for i := range c.Events {
		switch about := c.Events[i].Detail; c.Events[i].DetailType {
		case "Content Published":
			announce(p.announcedPosts, about.ContentID+" "+about.Platform+" "+about.ScheduleID, about.PublishedAt+" "+about.Metadata.EventKey)
		case "Content Publish Failed":
			announce(p.announcedFailures, about.ScheduleID, about.FailedAt+" "+about.Metadata.EventKey)
		}
	}
	if want := c.Plan.Agents * c.Plan.Posts(); len(c.Table.Contents) != want {
		p.posts.missing("", text("there are %d items of scheduled content, of %d", len(c.Table.Contents), want))
	}
	for _, content := range c.Table.Contents {
		for _, channel := range content.Channels {
			p.channel(content, channel.Type)
		}
		if content.Status == "failed" {
			p.failure(content)
		}
	}
	for what := range p.posted {
		p.posts.twice(1, what+" was posted without a reason")
	}
	return []*Row{p.posts, p.told}
}

// postRows are the rows that posts are counted in.
type postRows struct {
	*checker
	posts, told                       *Row
	posted                            map[string]int             // by network and text; those that are explained are taken out
	announcedPosts, announcedFailures map[string]map[string]bool // as which facts; by content, network and schedule; by schedule
}

func announce(announced map[string]map[string]bool, of, as string) {
	if announced[of] == nil {
		announced[of] = map[string]bool{}
	}
	announced[of][as] = true
}

// channel looks at one post.
func (p *postRows) channel(content Content, network string) {
	at := slices.IndexFunc(content.PublishResults, func(result PublishResult) bool { return result.Channel == network })
	var result PublishResult
	if at >= 0 {
		result = content.PublishResults[at]
	}
	name := network + " " + content.ID
	times := p.posted[name]
	delete(p.posted, name)
	if times > 1 {
		p.posts.twice(times-1, name)
	}
	switch {
	case result.Success && times > 0:
		p.posts.found(1, "")
	case result.Success:
		p.posts.missing("", name+" is said to be posted, but is not")
	case content.Status != "published" && content.Status != "failed": // its time has come again and again
		p.posts.missing("", name+" is "+content.Status)
	case result.Error != "" && times > 0:
		p.posts.missing("posted, but told as: "+result.Error, name)
	case result.Error != "" && network == "twitter" && p.agents[content.UserID].Shut():
		p.posts.foreseen("told: "+result.Error, name)
	case result.Error != "":
		p.posts.missing("told: "+result.Error, name)
	default:
		p.posts.missing("", name+" failed without a reason")
	}
	if result.Success {
		p.announced(content, network)
	}
}

// announced looks for what the bus was told of a post. Nothing excuses that it was not: what is not told does not end.
func (p *postRows) announced(content Content, network string) {
	p.toldAs(p.announcedPosts[content.ContentID+" "+network+" "+content.ID], network+" "+content.ID)
}

// failure looks for what the bus was told of an item that failed.
func (p *postRows) failure(content Content) {
	p.toldAs(p.announcedFailures[content.ID], content.ID+" failed")
}

// toldAs counts what was told as one fact, and as another once more.
func (p *postRows) toldAs(facts map[string]bool, what string) {
	if len(facts) == 0 {
		p.told.missing("", what)
		return
	}
	p.told.found(len(facts), text("%s, as %v", what, slices.Sorted(maps.Keys(facts))))
}

// figures tells whether each post on a network has its item of figures, and whether what was found out is told.
func (c *checker) figures() []*Row {
	row, told, numbers := newRow("figures of a post"), newRow("Integration Sync Completed of figures"), newRow("figures that are not all 0")
	published := map[string]*Event{}
	items, syncs := map[string]bool{}, map[string]bool{}
	for _, event := range c.factsOf("Integration Sync Completed") {
		syncs[event.Detail.SyncID] = true
	}
	for _, event := range c.factsOf("Content Published") {
		published[event.Detail.UserID+" "+event.Detail.ContentID+" "+event.Detail.Platform] = event
	}
	for _, item := range c.Table.Analytics {
		items[item.UserID+" "+item.ContentID+" "+item.Channel] = true
		if item.SyncStatus != "synced" {
			continue
		}
		what := item.ContentID + " on " + item.Channel
		if item.Metrics == (Metrics{}) {
			numbers.missing("", what)
		} else {
			numbers.found(1, "")
		}
		if syncs[item.SyncID] {
			told.found(1, "")
			continue
		}
		why := c.whyUnchecked(analytics, "analytics", item.UserID)
		if event := published[item.UserID+" "+item.ContentID+" "+item.Channel]; why == "" && event != nil {
			why = c.why(analytics, event)
		}
		told.missing(why, what)
	}
	for _, event := range c.factsOf("Content Published") {
		about := event.Detail
		if !slices.Contains(networks(), about.Platform) {
			continue
		}
		if what := about.ContentID + " on " + about.Platform; items[about.UserID+" "+about.ContentID+" "+about.Platform] {
			row.found(1, "")
		} else {
			row.missing(c.why(analytics, event), what)
		}
	}
	return []*Row{row, told, numbers}
}
