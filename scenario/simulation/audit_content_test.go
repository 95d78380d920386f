package simulation_test

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// contentAudit is what is known of posts and their figures.
type contentAudit struct {
	published     map[string]bool // contents by platform that the bus was told of
	publishFailed map[string]bool // items
	posts         map[string]int  // by platform and item; no item has two accounts of one platform
	read          uint64          // number of the post that was read last
	followed      []followed
	alertOf       map[string]string // by the envelope's id
	troubleOf     map[string]string
	reasons       map[string]int // why channels failed
}

// followed is a post whose figures are to be kept up to date.
type followed struct {
	agent                        *agent
	contentID, platform, account string
	publishedAt                  time.Time
}

func newContentAudit() contentAudit {
	return contentAudit{
		published: map[string]bool{}, publishFailed: map[string]bool{}, posts: map[string]int{}, alertOf: map[string]string{}, troubleOf: map[string]string{},
		reasons: map[string]int{},
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
		if now.Before(end) || a.w.ledger.inTrouble(item.agent.id, item.publishTime) && now.Sub(end) < aDay {
			return false
		}
		a.checkItem(item)
		return true
	})
	a.checkFigures(now)
}

// readPosts: nothing is posted twice on a channel, and nothing before its time.
func (a *audit) readPosts() {
	posts, err := a.w.networks.Posts()
	must(a.w.t, err)
	times := map[string]time.Time{}
	for _, item := range a.w.ledger.scheduled {
		times[item.id] = item.publishTime
	}
	for _, post := range posts {
		if post.Number <= a.content.read {
			continue
		}
		a.content.read = post.Number
		a.counts.posts++
		match := postedItem.FindStringSubmatch(post.Text)
		if match == nil {
			a.complain("%s has a post that nobody asked for: %s", post.Platform, post.Text)
			continue
		}
		name := post.Platform + " " + match[1]
		if a.content.posts[name]++; a.content.posts[name] > 1 {
			a.complain("%s is posted %d times", name, a.content.posts[name])
		}
		if at, known := times[match[1]]; known && post.PostedAt.Before(at) {
			a.complain("%s is posted at %s, before %s", name, iso(post.PostedAt), iso(at))
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
	failed := false
	for _, on := range item.channels {
		result := results[on.platform]
		posts := a.content.posts[on.platform+" "+item.id]
		succeeded, _ := result["success"].(bool)
		reason, _ := result["error"].(string)
		switch {
		case succeeded && posts != 1:
			a.complain("%s is said to be out on %s, and is there %d times", item.id, on.platform, posts)
		case succeeded && !a.content.published["content-"+item.id+" "+on.platform]:
			a.complain("the bus was never told that %s is out on %s", item.id, on.platform)
		case succeeded:
			at, _ := result["publishedAt"].(string)
			publishedAt, err := time.Parse(time.RFC3339, at)
			if err != nil {
				a.complain("%s was posted on %s at %q", item.id, on.platform, at)
			}
			if slices.Contains([]string{"facebook", "instagram", "linkedin", "twitter"}, on.platform) {
				a.content.followed = append(a.content.followed, followed{item.agent, "content-" + item.id, on.platform, on.account, publishedAt})
			}
		case reason == "":
			a.complain("%s is not out on %s, and nobody says why", item.id, on.platform)
		case posts > 0:
			failed = true
			a.counts.openChannels++
			if !strings.Contains(reason, "could not find out") {
				a.complain("%s is out on %s, and said to have failed: %s", item.id, on.platform, reason)
			}
		default:
			failed = true
			a.counts.failedChannels++
			a.content.reasons[reason]++
		}
	}
	switch {
	case failed != (status == "failed"):
		a.complain("%s is %s, with the results %v", item.id, status, list)
	case failed && !a.content.publishFailed[item.id]:
		a.complain("the bus was never told that %s failed", item.id)
	}
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
		case age < followedFor && now.Sub(asked) <= 26*time.Hour:
			a.counts.synced++
		case age < followedFor && !excused:
			a.complain("the figures of %s on %s were fetched at %s last", post.contentID, post.platform, iso(asked))
		case age < followedFor:
			a.counts.excused++
		}
	}
}

func troubleless(account string) bool {
	return !slices.ContainsFunc([]string{"limited", "broken", "forbidden", "cut", "slow"}, func(prefix string) bool { return strings.HasPrefix(account, prefix) })
}
