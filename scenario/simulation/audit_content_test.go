package simulation_test

import (
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// contentAudit is what is known of posts and their figures.
type contentAudit struct {
	published     map[string]published     // what the bus was told of, by content, platform and item
	publishFailed map[string]publishFailed // what the bus was told of items
	posts         map[string][]post        // by platform and item; no item has two accounts of one platform
	read          uint64                   // number of the post that was read last
	followed      []followed
	alertOf       map[string]string // by the envelope's id
	troubleOf     map[string]string
	reasons       map[string]int // why channels failed
}

// published is that the bus was told that something is out.
type published struct {
	eventKey, postID string
	at               time.Time
}

// publishFailed is that the bus was told that an item has failed.
type publishFailed struct {
	eventKey  string
	platforms []string
	at        time.Time
}

// post is a post as a network has it.
type post struct {
	account, id string
	at          time.Time
}

// followed is a post whose figures are to be kept up to date.
type followed struct {
	agent                        *agent
	contentID, platform, account string
	publishedAt                  time.Time
}

func newContentAudit() contentAudit {
	return contentAudit{
		published: map[string]published{}, publishFailed: map[string]publishFailed{}, posts: map[string][]post{}, alertOf: map[string]string{},
		troubleOf: map[string]string{}, reasons: map[string]int{},
	}
}

var (
	postedItem  = regexp.MustCompile(`Open house (agent-\d+-\d+)\.`)
	contentLink = regexp.MustCompile(regexp.QuoteMeta(appURL) + `/content/(\S+)`)
)

func (a *audit) checkContent(now time.Time) {
	a.readPosts()
	a.w.ledger.scheduled = slices.DeleteFunc(a.w.ledger.scheduled, func(item *scheduled) bool {
		end := item.publishTime.Add(26 * time.Hour)
		if now.Before(end) || a.w.ledger.gaveUp(item.agent.id, publisher, item.publishTime, now) && now.Sub(end) < untilDrivenBack {
			return false
		}
		a.checkItem(item)
		return true
	})
	a.checkFigures(now)
	const settled = 5 * 24 * time.Hour
	a.w.ledger.forgetFaults(now.Add(-settled))
}

// learnPublished: the bus is told of one thing only, however often, of an item on a platform.
func (a *audit) learnPublished(event *archived) {
	about := event.Detail
	name, key := nameOf(about.ContentID, about.Platform, about.ScheduleID), about.Metadata.EventKey
	if was, known := a.content.published[name]; known && was.eventKey != key {
		a.complain("the bus is told of %s on %s as %s and as %s", about.ScheduleID, about.Platform, was.eventKey, key)
	}
	a.content.published[name] = published{key, about.PlatformPostID, about.PublishedAt}
}

// learnPublishFailed: an item fails once, and its agent is to be told.
func (a *audit) learnPublishFailed(event *archived) {
	about := event.Detail
	key := about.Metadata.EventKey
	name := nameOf("content", about.ContentID)
	a.content.troubleOf[event.ID] = name
	was, known := a.content.publishFailed[about.ScheduleID]
	if known && was.eventKey != key {
		a.complain("the bus is told that %s failed as %s and as %s", about.ScheduleID, was.eventKey, key)
	}
	if !known {
		a.w.ledger.troubles = append(a.w.ledger.troubles, trouble{a.w.byID[about.UserID], name, event.Time, 1})
	}
	a.content.publishFailed[about.ScheduleID] = publishFailed{key, about.Platforms, about.FailedAt}
}

func nameOf(parts ...string) string { return strings.Join(parts, " ") }

const (
	// latestPost is how long after its time an item may be posted; a post that is under way then comes a moment later.
	latestPost = 24*time.Hour + underWay
	// underWay is how old what a post goes by may be when the post is made: tokens, and that they are still good.
	underWay = 3 * time.Minute
)

// readPosts: nothing is posted twice on a channel, nor where nobody asked for it, nor before its time or long after it.
func (a *audit) readPosts() {
	posts, err := a.w.networks.PostsAfter(a.content.read)
	must(a.w.t, err)
	items := map[string]*scheduled{}
	for _, item := range a.w.ledger.scheduled {
		items[item.id] = item
	}
	for _, made := range posts {
		a.content.read = made.Number
		a.counts.posts++
		match := postedItem.FindStringSubmatch(made.Text)
		if match == nil {
			a.complain("%s has a post that nobody asked for: %s", made.Platform, made.Text)
			continue
		}
		item := items[match[1]]
		if item == nil {
			a.complain("%s is posted on %s at %s, when it was settled, or never to be", match[1], made.Platform, iso(made.PostedAt))
			continue
		}
		name := nameOf(made.Platform, item.id)
		a.content.posts[name] = append(a.content.posts[name], post{made.AccountID, made.PostID, made.PostedAt})
		if times := len(a.content.posts[name]); times > 1 {
			a.complain("%s is posted %d times", name, times)
		}
		if made.PostedAt.Before(item.publishTime) || made.PostedAt.After(item.publishTime.Add(latestPost)) {
			a.complain("%s is posted at %s, and its time is %s", name, iso(made.PostedAt), iso(item.publishTime))
		}
		if !slices.ContainsFunc(item.channels, func(on channelOf) bool { return on.platform == made.Platform }) {
			a.complain("%s is not for %s, and posted there", item.id, made.Platform)
		}
	}
}

// checkItem: a day after its time an item has ended; what it says of each channel is true, and the bus was told.
func (a *audit) checkItem(item *scheduled) {
	data := a.w.get(item.agent.id, "SCHEDULE#"+item.id)
	status, _ := data["status"].(string)
	if status != "published" && status != "failed" {
		a.complain("%s of %s is still %s: %v", item.id, iso(item.publishTime), status, data["publishResults"])
		return
	}
	results := map[string]fields{}
	list, _ := data["publishResults"].([]any)
	for _, each := range list {
		result := each.(fields)
		results[result["channel"].(string)] = result
	}
	var failed []string
	for _, on := range item.channels {
		result := results[on.platform]
		posts := a.content.posts[nameOf(on.platform, item.id)]
		for _, made := range posts {
			a.checkPost(item, on, made)
		}
		told := a.content.published[nameOf("content-"+item.id, on.platform, item.id)]
		succeeded, _ := result["success"].(bool)
		reason, _ := result["error"].(string)
		switch {
		case succeeded && len(posts) != 1:
			a.complain("%s is said to be out on %s, and is there %d times", item.id, on.platform, len(posts))
		case succeeded && told.eventKey == "":
			a.complain("the bus was never told that %s is out on %s", item.id, on.platform)
		case succeeded && told.postID != posts[0].id:
			a.complain("the bus was told that %s is out on %s as %q, and it is there as %q", item.id, on.platform, told.postID, posts[0].id)
		case succeeded:
			at, _ := result["publishedAt"].(string)
			publishedAt, err := time.Parse(time.RFC3339, at)
			if err != nil || !publishedAt.Equal(told.at) {
				a.complain("%s was posted on %s at %q, and the bus was told %s", item.id, on.platform, at, iso(told.at))
			}
			if isNetwork(on.platform) {
				if publishedAt.After(posts[0].at) || publishedAt.Before(posts[0].at.Add(-underWay)) {
					a.complain("%s was posted on %s at %s, and is said to be out since %s", item.id, on.platform, iso(posts[0].at), at)
				}
				a.content.followed = append(a.content.followed, followed{item.agent, "content-" + item.id, on.platform, on.account, publishedAt})
			}
		case reason == "":
			a.complain("%s is not out on %s, and nobody says why", item.id, on.platform)
		case len(posts) > 0:
			failed = append(failed, on.platform)
			a.counts.openChannels++
			if !strings.Contains(reason, "could not find out") || !a.mayFail(item, on) {
				a.complain("%s is out on %s, and said to have failed: %s", item.id, on.platform, reason)
			}
		default:
			failed = append(failed, on.platform)
			a.counts.failedChannels++
			a.content.reasons[reason]++
			if !a.mayFail(item, on) {
				a.complain("%s of %s is not out on %s, without a reason that there is: %s", item.id, iso(item.publishTime), on.platform, reason)
			}
		}
	}
	told := a.content.publishFailed[item.id].platforms
	switch {
	case len(failed) > 0 != (status == "failed"):
		a.complain("%s is %s, with the results %v", item.id, status, list)
	case len(failed) > 0 && told == nil:
		a.complain("the bus was never told that %s failed", item.id)
	case !slices.Equal(failed, told):
		a.complain("the bus was told that %s failed on %v, and it failed on %v", item.id, told, failed)
	}
}

// checkPost: a post is on a channel that is to be used, on its account, and made with a connection that was good.
func (a *audit) checkPost(item *scheduled, on channelOf, made post) {
	if !on.usable {
		a.complain("%s is out on %s, which is switched off or not connected", item.id, on.platform)
	}
	if !isNetwork(on.platform) {
		return // the platform's own services need no connection, and are told no account
	}
	good, right := false, on.platform != "twitter" && made.account == on.account
	for c, span := range item.agent.connectionsTo(on.platform) {
		if !span.meets(made.at.Add(-underWay), made.at) {
			continue
		}
		good = good || c.expiresAt.IsZero() || c.expiresAt.After(made.at.Add(-underWay))
		right = right || on.platform == "twitter" && made.account == c.account // X posts for the owner of the token
	}
	if !good {
		a.complain("%s is out on %s at %s, over a connection that had expired", item.id, on.platform, iso(made.at))
	}
	if !right {
		a.complain("%s is out on %s, on the account %s, in place of %s", item.id, on.platform, made.account, on.account)
	}
}

// mayFail tells whether there is a reason for which a channel can have failed, or for which nobody could find out whether it did.
func (a *audit) mayFail(item *scheduled, on channelOf) bool {
	const tries = 3
	until := a.content.publishFailed[item.id].at.Add(time.Millisecond) // events count in milliseconds
	switch {
	case !on.usable, on.platform == "instagram" && !item.hasImage, !troubleless(on.account):
		return true
	case a.w.ledger.faulty(item.agent.id, on.platform, item.publishTime, until) >= tries:
		return true
	case !isNetwork(on.platform):
		return false
	}
	connected := false
	for c, span := range item.agent.connectionsTo(on.platform) {
		if !span.meets(item.publishTime, until) {
			continue
		}
		connected = true
		expired := !c.expiresAt.IsZero() && span.since(c.expiresAt).meets(item.publishTime, until)
		if expired || on.platform == "twitter" && !troubleless(c.account) {
			return true
		}
	}
	return !connected
}

func isNetwork(platform string) bool {
	return slices.Contains([]string{"facebook", "instagram", "linkedin", "twitter"}, platform)
}

// span is a time with its beginning, and without its end; a zero end is open.
type span struct{ from, to time.Time }

// meets tells whether some of the time lies between two moments, or on one of them.
func (s span) meets(from, to time.Time) bool {
	return !s.from.After(to) && (s.to.IsZero() || s.to.After(from) && s.to.After(s.from))
}

func (s span) since(at time.Time) span { return span{later(s.from, at), s.to} }

// connectionsTo are the connections that an agent ever had to a platform, each with when it was the one.
func (a *agent) connectionsTo(platform string) iter.Seq2[*connection, span] {
	return func(yield func(*connection, span) bool) {
		var was *connection
		for _, c := range a.connected {
			if c.platform != platform {
				continue
			}
			if was != nil && !yield(was, span{was.madeAt, c.madeAt}) {
				return
			}
			was = c
		}
		if was != nil {
			yield(was, span{was.madeAt, time.Time{}})
		}
	}
}

// forget lets go of what is older than a time: by then its item has been looked at.
func (c *contentAudit) forget(before time.Time) {
	maps.DeleteFunc(c.published, func(_ string, told published) bool { return told.at.Before(before) })
	maps.DeleteFunc(c.publishFailed, func(_ string, told publishFailed) bool { return told.at.Before(before) })
	maps.DeleteFunc(c.posts, func(_ string, made []post) bool { return made[0].at.Before(before) })
}

// checkFigures: the figures of a post are fetched each day for ninety days, while the network can be asked. Of all posts a
// tenth is looked at.
func (a *audit) checkFigures(now time.Time) {
	const day, followedFor, sample = 24 * time.Hour, 90 * 24 * time.Hour, 10
	a.content.followed = slices.DeleteFunc(a.content.followed, func(post followed) bool { return now.Sub(post.publishedAt) > followedFor+2*day })
	chance := a.w.chance("figures", now.Format(time.DateOnly))
	for _, post := range a.content.followed {
		age := now.Sub(post.publishedAt)
		if chance.IntN(sample) != 0 || age < 36*time.Hour {
			continue
		}
		data := a.w.get(post.agent.id, "ANALYTICS#"+post.contentID+"#"+post.platform)
		own, _ := data["platformMetrics"].(fields)
		text, _ := own["lastExternalSync"].(string)
		asked, _ := time.Parse(time.RFC3339, text)
		c := post.agent.connections[post.platform]
		const mostFaults = 8 * day // one after the other, on a network that is asked for many posts
		excused := c == nil || c.account != post.account || now.Sub(c.madeAt) < 2*day || !troubleless(post.account) ||
			!c.expiresAt.IsZero() && now.After(c.expiresAt) ||
			now.Sub(a.w.ledger.lastFault(post.agent.id, post.platform)) < 2*day && now.Sub(later(asked, c.madeAt)) < mostFaults
		switch {
		case data == nil:
			a.complain("%s of %s has no figures on %s", post.contentID, iso(post.publishedAt), post.platform)
		case age > followedFor+day && asked.Sub(post.publishedAt) > followedFor+time.Hour:
			a.complain("the figures of %s on %s were fetched at %s, more than 90 days after %s", post.contentID, post.platform, iso(asked), iso(post.publishedAt))
		case age < followedFor && !now.After(figuresDue(asked).Add(2*time.Hour)):
			a.counts.synced++
		case age < followedFor && !excused:
			a.complain("the figures of %s on %s were fetched at %s last", post.contentID, post.platform, iso(asked))
		case age < followedFor:
			a.counts.excused++
		}
	}
}

// figuresDue is when figures are fetched again: by the first check that finds them a day old. Those that a check fetched within
// an hour are as old as the check.
func figuresDue(asked time.Time) time.Time {
	const day, clock = 24 * time.Hour, 2 * time.Hour
	check := asked.UTC().Truncate(day).Add(clock)
	if late := asked.Sub(check); late >= 0 && late <= time.Hour {
		return check.Add(day)
	}
	for !check.After(asked.Add(day)) {
		check = check.Add(day)
	}
	return check
}

func troubleless(account string) bool {
	return !slices.ContainsFunc([]string{"limited", "broken", "forbidden", "cut", "slow"}, func(prefix string) bool { return strings.HasPrefix(account, prefix) })
}
