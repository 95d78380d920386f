package events

// The checks that schedules make due.
const (
	CheckLifeEvent     = "life-event"
	CheckCompetitor    = "competitor"
	CheckTrend         = "trend"
	CheckPrice         = "price"
	CheckPublishing    = "publishing"
	CheckNotifications = "notifications"
	CheckAnalytics     = "analytics"
)

// Checks are the checks that schedules make due.
func Checks() []string {
	return []string{
		CheckLifeEvent, CheckCompetitor, CheckTrend, CheckPrice, CheckPublishing, CheckNotifications, CheckAnalytics,
	}
}

// CheckDue says that a check is due for one agent.
type CheckDue struct {
	Check  string  `json:"check" doc:"What is to be checked."`
	UserID string  `json:"userId" doc:"The agent whom it is due for."`
	DueAt  Instant `json:"dueAt" doc:"The time that the schedule was to run at."`
}

// DetailType is "Check Due".
func (CheckDue) DetailType() string { return "Check Due" }

// Source is "bayon.coagent.schedule".
func (CheckDue) Source() string { return sourceSchedule }

// Identity is the check, the agent and the time.
func (f CheckDue) Identity() string { return identityOf(f.Check, f.UserID, f.DueAt.String()) }

// Validate returns nil or an *InvalidError.
func (f CheckDue) Validate() error {
	var found findings
	found.oneOf("check", f.Check, Checks()...)
	found.id("userId", f.UserID)
	found.instant("dueAt", f.DueAt)
	return found.of(f)
}

func checkDueEntry() Entry {
	return entryOf(Entry{
		Description: "A check is due for one agent.",
		PublishedBy: []string{
			lifeEventProcessor, competitorMonitor, trendDetector, priceReduction, publishScheduledContent, notificationProcessor,
			syncSocialAnalytics,
		},
		Identity: []string{"check", "userId", "dueAt"},
		Values:   map[string][]string{"check": Checks()},
	}, CheckDue{Check: CheckPrice, UserID: "user-7f3a", DueAt: exampleTime()})
}
