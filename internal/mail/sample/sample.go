// Package sample holds a mail of each kind, made of invented data: to look at, and to compare with.
package sample

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// Sample is one mail with a name.
type Sample struct {
	Name    string // such as price-reduction or daily-digest
	Content mail.Content
}

// Letter writes the sample, to an invented agent on the American west coast.
func (s Sample) Letter() (mail.Letter, error) {
	composer, err := mail.NewComposer("Bayon CoAgent <alerts@bayon.example>", "https://app.bayon.example")
	if err != nil {
		return mail.Letter{}, err
	}
	signer, err := unsubscribe.NewSigner([]byte("the samples' secret, which signs nothing real"))
	if err != nil {
		return mail.Letter{}, err
	}
	to := mail.Addressee{
		Address: "maria@example.com",
		Name:    "Maria Alvarez",
		Zone:    time.FixedZone("PST", -8*60*60),
	}
	letter, err := composer.Compose(to, s.Content, signer.Token("user-7f3a", s.Content.Kind(), at(0)))
	if err != nil {
		return mail.Letter{}, fmt.Errorf("sample %s: %w", s.Name, err)
	}
	return letter, nil
}

// at is a number of minutes before the time at which the samples are made.
func at(minutes int) time.Time {
	return time.Date(2026, time.November, 24, 17, 0, 0, 0, time.UTC).Add(-time.Duration(minutes) * time.Minute)
}

// All are the samples: one of each kind, and those that need other words.
func All() []Sample {
	alerts := []mail.Alert{
		lead("marriage", 88, "Write a short note of congratulation, and offer a look at what is for sale nearby.", "job-change", "birth"),
		competitorNewListing(), competitorPriceReduction(), competitorWithdrawal(),
		priceTrend(), priceReduction("12 Alder St, Seattle WA 98101", 500_000, 450_000, alert.Medium, 12),
	}
	samples := []Sample{
		{Name: "welcome", Content: mail.Welcome{}},
		{Name: "content-publish-failed", Content: mail.PublishFailed{
			ContentID: "content-42", Platforms: []string{"instagram", "facebook"}, FailedAt: events.At(at(30)),
			Error: "Instagram needs at least one image.",
		}},
		{Name: "ai-job-failed", Content: mail.JobFailed{
			JobType: events.JobBlogPost, CompletedAt: events.At(at(5)), Error: "The model did not answer in time.",
		}},
		{Name: "integration-sync-failed", Content: mail.SyncFailed{
			Provider: events.ProviderMLSGrid, CompletedAt: events.At(at(61)), Error: "The MLS did not accept the sign-in.",
		}},
	}
	for _, told := range alerts {
		samples = append(samples, Sample{Name: told.Kind(), Content: told})
	}
	return append(samples,
		Sample{Name: "life-event-lead-divorce", Content: lead("divorce", 91,
			"Offer a neutral, confidential conversation about what the home is worth.")},
		Sample{Name: "life-event-lead-death", Content: lead("death", 79,
			"Send a short note of condolence. Do not mention the home.", "retirement")},
		Sample{Name: "neighborhood-trend-inventory", Content: inventoryTrend()},
		Sample{Name: "neighborhood-trend-days", Content: daysTrend()},
		Sample{Name: "alert-of-a-new-type", Content: mail.Alert{ID: "a-new", Type: "open-house", Priority: alert.Low, CreatedAt: at(1)}},
		Sample{Name: "daily-digest", Content: mail.Digest{Frequency: mail.Daily, Alerts: append(alerts,
			inventoryTrend(), daysTrend(),
			lead("death", 79, "Send a short note of condolence. Do not mention the home."),
			priceReduction("4410 Fremont Ave N, Seattle WA 98103", 1_249_000, 1_199_950, alert.Low, 44),
			priceReduction("77 Yesler Way, Seattle WA 98104", 2_400_000, 1_980_000, alert.High, 121),
			mail.Alert{ID: "a-new", Type: "open-house", Priority: alert.Low, CreatedAt: at(1)},
		)}},
		Sample{Name: "weekly-digest", Content: mail.Digest{Frequency: mail.Weekly, Alerts: []mail.Alert{competitorWithdrawal()}}},
	)
}

func lead(eventType string, score int, action string, others ...string) mail.Alert {
	return made("lead-"+eventType, alert.LifeEventLead, alert.High, 90, map[string]any{
		"prospectLocation": "98101", "eventType": eventType, "eventDate": "2026-10-03T00:00:00.000Z", "leadScore": score,
		"recommendedAction": action, "additionalEvents": others,
	})
}

func priceReduction(address string, was, is int, priority alert.Priority, days int) mail.Alert {
	return made("cut-"+address[:2], alert.PriceReduction, priority, days, map[string]any{
		"propertyAddress": address, "originalPrice": was, "newPrice": is, "priceReduction": was - is,
		"priceReductionPercent": float64((was-is)*10_000/was) / 100, "daysOnMarket": days,
		"propertyDetails": map[string]any{"bedrooms": 3, "bathrooms": 2.5, "squareFeet": 1850, "propertyType": "Single Family"},
	})
}

func competitorNewListing() mail.Alert {
	return made("new-1", alert.CompetitorNewListing, alert.Medium, 240, map[string]any{
		"competitorName": "Harbor & Pine Realty", "propertyAddress": "9 Pike Pl, Seattle WA 98101", "listingPrice": 985_000,
	})
}

func competitorPriceReduction() mail.Alert {
	return made("rival-1", alert.CompetitorPriceReduction, alert.High, 15, map[string]any{
		"competitorName": "Jean O'Neill", "propertyAddress": "230 Boren Ave N, Seattle WA 98109", "originalPrice": 815_000,
		"newPrice": 684_600, "priceReduction": 130_400, "priceReductionPercent": 16, "daysOnMarket": 1,
	})
}

func competitorWithdrawal() mail.Alert {
	return made("gone-1", alert.CompetitorWithdrawal, alert.High, 400, map[string]any{
		"competitorName": "Harbor & Pine Realty", "propertyAddress": "3 Denny Way, Seattle WA 98109", "daysOnMarket": 18,
		"status": "withdrawn",
	})
}

func priceTrend() mail.Alert {
	return made("trend-1", alert.NeighborhoodTrend, alert.Medium, 700, map[string]any{
		"neighborhood": "Queen Anne", "trendType": "price-increase", "currentValue": 1_012_500, "previousValue": 900_000,
		"changePercent": 12.5, "historicalContext": map[string]any{"avg90Day": 934_166.67, "avg365Day": 889_250},
	})
}

func inventoryTrend() mail.Alert {
	return made("trend-2", alert.NeighborhoodTrend, alert.Medium, 701, map[string]any{
		"neighborhood": "Ballard", "trendType": "inventory-decrease", "currentValue": 31, "previousValue": 41,
		"changePercent": 24.39, "historicalContext": map[string]any{"avg90Day": 37.5, "avg365Day": 44},
	})
}

func daysTrend() mail.Alert {
	return made("trend-3", alert.NeighborhoodTrend, alert.High, 702, map[string]any{
		"neighborhood": "98103", "trendType": "dom-decrease", "currentValue": 17.25, "previousValue": 25,
		"changePercent": 31, "historicalContext": map[string]any{"avg90Day": 22},
	})
}

func made(id string, alertType alert.Type, priority alert.Priority, minutes int, data map[string]any) mail.Alert {
	encoded, err := json.Marshal(data)
	if err != nil {
		encoded = nil // the data above always has a form in JSON; a mail can do without
	}
	return mail.Alert{ID: id, Type: alertType, Priority: priority, CreatedAt: at(minutes), Data: encoded}
}
