package mail

import (
	"cmp"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

// Frequency is how often an agent gets a digest.
type Frequency string

// The frequencies of digests.
const (
	Daily  Frequency = "daily"
	Weekly Frequency = "weekly"
)

// Digest tells of all alerts of a day or a week.
type Digest struct {
	Frequency Frequency
	Alerts    []Alert // in any order; none makes a mail that says so, and should rather not be sent
	More      int     // how many alerts there are beside these
}

// Kind is all mail: a digest has alerts of many types.
func (Digest) Kind() string { return unsubscribe.All }

// Path is the page of the agent's alerts.
func (Digest) Path() string { return "/alerts" }

func (Digest) name() string { return "digest" }

// digest is what the templates of digests tell of.
type digest struct {
	Weekly bool
	Count  string // 12 alerts, those that are not listed among them
	Groups []group
	More   string // 3 more alerts; empty if all are listed
}

// group is the alerts of one type.
type group struct {
	Title  string
	Alerts []listed
}

// listed is one alert in a digest.
type listed struct {
	Title   string
	Summary string // may be empty
	When    string
	Link    string
	High    bool // whether it is of high priority

	alert Alert
}

// about groups the alerts by type, and lists each: the most urgent first, then the newest. Alerts of types that are not
// known come last. The same alerts always make the same mail. What each alert says is left to tellAlerts.
func (d Digest) about(*time.Location) any {
	told := digest{Weekly: d.Frequency == Weekly, Count: counted(int64(len(d.Alerts)+d.More), "alert")}
	if d.More > 0 {
		told.More = counted(int64(d.More), "more alert")
	}
	alerts := slices.Clone(d.Alerts)
	slices.SortFunc(alerts, func(a, b Alert) int {
		return cmp.Or(
			cmp.Compare(place(a), place(b)),
			cmp.Compare(urgency(a.Priority), urgency(b.Priority)),
			b.CreatedAt.Compare(a.CreatedAt),
			cmp.Compare(a.ID, b.ID),
		)
	})
	for i, next := range alerts {
		if i == 0 || alerts[i-1].name() != next.name() {
			told.Groups = append(told.Groups, group{})
		}
		last := &told.Groups[len(told.Groups)-1]
		last.Alerts = append(last.Alerts, listed{alert: next})
	}
	return told
}

// tellAlerts puts into a digest what each alert says, in the words of the alert's own mail.
func (c *Composer) tellAlerts(told digest, zone *time.Location) error {
	for g := range told.Groups {
		for i := range told.Groups[g].Alerts {
			title, err := c.tellAlert(&told.Groups[g].Alerts[i], zone)
			if err != nil {
				return err
			}
			told.Groups[g].Title = title
		}
	}
	return nil
}

// tellAlert returns the title of the alert's group.
func (c *Composer) tellAlert(entry *listed, zone *time.Location) (title string, err error) {
	kind, err := c.templates.of(entry.alert.name())
	if err != nil {
		return "", err
	}
	shown := page{About: entry.alert.about(zone)}
	if title, err = kind.words("group", maxBrief, shown); err != nil {
		return "", err
	}
	if entry.Title, err = kind.words("subject", maxSubject, shown); err != nil {
		return "", err
	}
	entry.When = moment(entry.alert.CreatedAt, zone)
	entry.Link = c.base + entry.alert.Path()
	entry.High = entry.alert.Priority == alert.High
	entry.Summary, err = kind.words("summary", maxSummary, shown)
	return title, err
}

// place is where a digest has the alerts of a type.
func place(a Alert) int {
	order := []alert.Type{
		alert.LifeEventLead, alert.PriceReduction, alert.CompetitorPriceReduction, alert.CompetitorNewListing,
		alert.CompetitorWithdrawal, alert.NeighborhoodTrend,
	}
	if found := slices.Index(order, a.Type); found >= 0 {
		return found
	}
	return len(order)
}

func urgency(priority alert.Priority) int {
	switch priority {
	case alert.High:
		return 0
	case alert.Medium:
		return 1
	default:
		return 2
	}
}
