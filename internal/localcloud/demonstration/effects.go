package demonstration

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/bayon-coagent/event-consumers/internal/price"
)

// Alert is an alert as it lies in the table.
type Alert struct {
	Type      string
	Priority  string
	Subject   string // what it is about
	News      string // what of it
	Published bool
}

// alertData is what the story looks at in the data of alerts of all types.
type alertData struct {
	PropertyAddress       string       `dynamodbav:"propertyAddress"`
	ListingPrice          price.Amount `dynamodbav:"listingPrice"`
	OriginalPrice         price.Amount `dynamodbav:"originalPrice"`
	NewPrice              price.Amount `dynamodbav:"newPrice"`
	PriceReductionPercent float64      `dynamodbav:"priceReductionPercent"`
	Status                string       `dynamodbav:"status"`
	Neighborhood          string       `dynamodbav:"neighborhood"`
	TrendType             string       `dynamodbav:"trendType"`
	PreviousValue         float64      `dynamodbav:"previousValue"`
	CurrentValue          float64      `dynamodbav:"currentValue"`
	ChangePercent         float64      `dynamodbav:"changePercent"`
	ProspectLocation      any          `dynamodbav:"prospectLocation"`
	EventType             string       `dynamodbav:"eventType"`
	LeadScore             int          `dynamodbav:"leadScore"`
	RecommendedAction     string       `dynamodbav:"recommendedAction"`
}

// subjectAndNews say what an alert is about, and what of it.
func (d alertData) subjectAndNews(alertType string) (subject, news string) {
	switch alertType {
	case "life-event-lead":
		return placeOf(d.ProspectLocation) + ": " + d.EventType, fmt.Sprintf("score %d: %s", d.LeadScore, d.RecommendedAction)
	case "competitor-new-listing":
		return d.PropertyAddress, "listed at $" + d.ListingPrice.String()
	case "competitor-withdrawal":
		return d.PropertyAddress, d.Status
	case "neighborhood-trend":
		return d.Neighborhood + ": " + d.TrendType, fmt.Sprintf("%.10g → %.10g (%.4g %%)", d.PreviousValue, d.CurrentValue, d.ChangePercent)
	}
	return d.PropertyAddress, fmt.Sprintf("$%s → $%s (%.4g %%)", d.OriginalPrice, d.NewPrice, d.PriceReductionPercent)
}

// placeOf is a prospect's place: a text, or coordinates.
func placeOf(location any) string {
	if coordinates, ok := location.(fields); ok {
		return fmt.Sprintf("%v, %v", coordinates["lat"], coordinates["lng"])
	}
	return fmt.Sprint(location)
}

// alerts returns the agent's alerts, oldest first, and of each whether the bus has accepted Alert Created.
func (p *play) alerts(ctx context.Context) ([]Alert, error) {
	published, err := p.publishedFacts(ctx)
	if err != nil {
		return nil, err
	}
	found, err := p.query(ctx, "ALERT#")
	if err != nil {
		return nil, err
	}
	alerts := make([]Alert, len(found))
	for i, item := range found {
		var stored struct {
			Data struct {
				ID       string    `dynamodbav:"id"`
				Type     string    `dynamodbav:"type"`
				Priority string    `dynamodbav:"priority"`
				Data     alertData `dynamodbav:"data"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read an alert: %w", err)
		}
		alert := stored.Data
		alerts[i] = Alert{Type: alert.Type, Priority: alert.Priority, Published: published[alert.ID]}
		alerts[i].Subject, alerts[i].News = alert.Data.subjectAndNews(alert.Type)
	}
	return alerts, nil
}

func (p *play) publishedFacts(ctx context.Context) (map[string]bool, error) {
	facts, err := p.query(ctx, "ALERT_FACT#")
	if err != nil {
		return nil, err
	}
	published := map[string]bool{}
	for _, item := range facts {
		var stored struct {
			Data struct {
				AlertID     string `dynamodbav:"alertId"`
				PublishedAt string `dynamodbav:"publishedAt"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read an alert fact: %w", err)
		}
		published[stored.Data.AlertID] = stored.Data.PublishedAt != ""
	}
	return published, nil
}

// lookAtNewAgent tells in words which effects of User Created are not there: default settings, and scored prospects.
func (p *play) lookAtNewAgent(ctx context.Context) (missing []string, err error) {
	settings, err := p.query(ctx, "SETTINGS#")
	if err != nil {
		return nil, err
	}
	if len(settings) != 2 {
		missing = append(missing, fmt.Sprintf("the new agent has %d of 2 default settings", len(settings)))
	}
	prospects, err := p.query(ctx, "PROSPECT#")
	if err != nil {
		return nil, err
	}
	var scores []string
	for _, item := range prospects {
		var stored struct {
			Data struct {
				ID        string `dynamodbav:"id"`
				LeadScore *int   `dynamodbav:"leadScore"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read a prospect: %w", err)
		}
		if stored.Data.LeadScore == nil {
			missing = append(missing, "the prospect has no score: "+stored.Data.ID)
			continue
		}
		scores = append(scores, fmt.Sprintf("%s %d", stored.Data.ID, *stored.Data.LeadScore))
	}
	if len(missing) == 0 {
		p.Tell("She has default settings now, and her prospects have scores: " + strings.Join(scores, ", ") + ".")
	}
	return missing, nil
}

// lookAtPost tells in words which effects of the scheduled post are not there.
func (p *play) lookAtPost(ctx context.Context) (missing []string, err error) {
	posts, err := p.query(ctx, "SCHEDULE#")
	if err != nil {
		return nil, err
	}
	for _, item := range posts {
		var stored struct {
			Data struct {
				Status string `dynamodbav:"status"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read scheduled content: %w", err)
		}
		if stored.Data.Status != "published" {
			missing = append(missing, "the scheduled post is "+stored.Data.Status)
		}
	}
	figures, err := p.query(ctx, "ANALYTICS#")
	if err != nil {
		return nil, err
	}
	synced := 0
	for _, item := range figures {
		var stored struct {
			Data struct {
				LastSynced string `dynamodbav:"lastSynced"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return nil, fmt.Errorf("read figures of a post: %w", err)
		}
		if stored.Data.LastSynced != "" {
			synced++
		}
	}
	if synced != postedOn {
		missing = append(missing, fmt.Sprintf("the figures of %d of %d posts are there", synced, postedOn))
	}
	return missing, nil
}

// Notified is how the agent was told of it all.
type Notified struct {
	InApp   int // notifications inside the application
	Mails   int // that were sent
	Waiting int // mails that wait for the end of a rate limit
}

// notified counts the agent's notifications and mails.
func (p *play) notified(ctx context.Context) (Notified, error) {
	shown, err := p.query(ctx, "NOTIFICATION#")
	if err != nil {
		return Notified{}, err
	}
	jobs, err := p.query(ctx, "NOTIFICATION_JOB#")
	if err != nil {
		return Notified{}, err
	}
	told := Notified{InApp: len(shown)}
	for _, item := range jobs {
		var stored struct {
			Data struct {
				Status string `dynamodbav:"status"`
			}
		}
		if err := attributevalue.UnmarshalMap(item, &stored); err != nil {
			return Notified{}, fmt.Errorf("read a mail's job: %w", err)
		}
		switch stored.Data.Status {
		case "sent":
			told.Mails++
		case "pending":
			told.Waiting++
		}
	}
	return told, nil
}

// postedOn is how many networks the scheduled post goes out on.
const postedOn = 2

// The events of the story beside the alerts: the agent joins, two syncs, two posts, an AI job, and the scheduled post on each
// network. Only the first is mailed.
const (
	otherEvents = 6 + postedOn
	otherMails  = 1
)

// missing tells in words what the agent was not told.
func (n Notified) missing(alerts []Alert) (missing []string) {
	if want := len(alerts) + otherEvents; n.InApp != want {
		missing = append(missing, fmt.Sprintf("%d of %d notifications are in the app", n.InApp, want))
	}
	if want := len(alerts) + otherMails; n.Mails+n.Waiting != want {
		missing = append(missing, fmt.Sprintf("%d of %d mails are sent, and %d wait", n.Mails, want, n.Waiting))
	}
	return missing
}
