package soak

import (
	"slices"
	"strings"
)

// posts compares scheduled content with what the networks have.
func (c *checker) posts() []*Row {
	p := postRows{
		checker: c, posts: newRow("posts"), told: newRow("Content Published or Content Publish Failed of a post"),
		posted: map[string]int{}, announcedPosts: map[string]bool{}, announcedFailures: map[string]bool{},
	}
	for _, post := range c.Posts {
		first, _, _ := strings.Cut(post.Text, "\n")
		p.posted[post.Platform+" "+first]++
	}
	for _, event := range c.factsOf("Content Published") {
		p.announcedPosts[event.Detail.ContentID+" "+event.Detail.Platform] = true
	}
	for _, event := range c.factsOf("Content Publish Failed") {
		p.announcedFailures[event.Detail.ScheduleID] = true
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
	posted                            map[string]int  // by network and text; those that are explained are taken out
	announcedPosts, announcedFailures map[string]bool // by content and network; by schedule
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
	case content.Status == "scheduled" || content.Status == "publishing":
		p.posts.missing("waits for the next attempt", name)
	case result.Error != "" && times > 0:
		p.posts.missing("posted, but told as: "+result.Error, name)
	case result.Error != "":
		p.posts.missing("told: "+result.Error, name)
	default:
		p.posts.missing(p.whyOf(publications, content.UserID), name)
	}
	if result.Success {
		p.announced(content, network)
	}
}

// announced looks for what the bus was told of a post.
func (p *postRows) announced(content Content, network string) {
	if p.announcedPosts[content.ContentID+" "+network] {
		p.told.found(1, "")
		return
	}
	why := p.whyOf(publications, content.UserID)
	if content.Status == "scheduled" || content.Status == "publishing" {
		why = "waits to be told"
	}
	p.told.missing(why, network+" "+content.ID)
}

// failure looks for what the bus was told of an item that failed.
func (p *postRows) failure(content Content) {
	if p.announcedFailures[content.ID] {
		p.told.found(1, "")
		return
	}
	p.told.missing(p.whyOf(publications, content.UserID), content.ID+" failed")
}

// figures tells whether each post on a network has its item of figures, and whether what was found out is told.
func (c *checker) figures() []*Row {
	row, told := newRow("figures of a post"), newRow("Integration Sync Completed of figures")
	items, syncs := map[string]bool{}, map[string]bool{}
	for _, event := range c.factsOf("Integration Sync Completed") {
		syncs[event.Detail.SyncID] = true
	}
	for _, item := range c.Table.Analytics {
		items[item.UserID+" "+item.ContentID+" "+item.Channel] = true
		if item.SyncStatus != "synced" {
			continue
		}
		if what := item.ContentID + " on " + item.Channel; syncs[item.SyncID] {
			told.found(1, "")
		} else {
			told.missing(c.whyOf(analytics, item.UserID), what)
		}
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
	return []*Row{row, told}
}
