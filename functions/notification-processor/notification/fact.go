package notification

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/pkg/events"
)

// fact is a fact as a job keeps it, for the mail that tells of it.
type fact struct {
	DetailType string `dynamodbav:"detailType"`
	Detail     string `dynamodbav:"detail"` // JSON
}

// What a job keeps of a fact at most: an item has room for 400 KB.
const (
	maxKeptText = 2_000 // characters
	maxKeptList = 20
	maxKeptData = 64 << 10 // bytes of an alert's data; more than that is left away
)

// keep makes what a job keeps of a fact.
func keep(about events.Fact) (*fact, error) {
	switch detail := about.(type) {
	case events.ContentPublishFailed:
		detail.Error = line(detail.Error, maxKeptText)
		detail.Platforms = detail.Platforms[:min(len(detail.Platforms), maxKeptList)]
		about = detail
	case events.AIJobFailed:
		detail.Error = line(detail.Error, maxKeptText)
		about = detail
	case events.IntegrationSyncFailed:
		detail.Error = line(detail.Error, maxKeptText)
		about = detail
	case events.AlertCreated:
		if len(detail.Data) > maxKeptData {
			detail.Data = json.RawMessage("{}")
		}
		about = detail
	}
	encoded, err := json.Marshal(about)
	if err != nil {
		return nil, fmt.Errorf("keep %s: %w", about.DetailType(), err)
	}
	return &fact{DetailType: about.DetailType(), Detail: string(encoded)}, nil
}

// told is what a mail tells of.
type told struct {
	content mail.Content
	alert   *toldAlert // of a mail that tells of an alert
	address string     // that the event brings; empty for most
}

type toldAlert struct {
	alertType alert.Type
	createdAt time.Time
}

// read reads what a job keeps. It fails with a *factError.
func (f *fact) read() (told, error) {
	if f == nil {
		return told{}, &factError{problem: "is missing"}
	}
	var err error
	switch f.DetailType {
	case events.UserCreated{}.DetailType():
		var detail events.UserCreated
		err = json.Unmarshal([]byte(f.Detail), &detail)
		return told{content: mail.Welcome{}, address: detail.Email}, factErrorOf(err)
	case events.ContentPublishFailed{}.DetailType():
		var detail events.ContentPublishFailed
		err = json.Unmarshal([]byte(f.Detail), &detail)
		return told{content: mail.PublishFailed(detail)}, factErrorOf(err)
	case events.AIJobFailed{}.DetailType():
		var detail events.AIJobFailed
		err = json.Unmarshal([]byte(f.Detail), &detail)
		return told{content: mail.JobFailed(detail)}, factErrorOf(err)
	case events.IntegrationSyncFailed{}.DetailType():
		var detail events.IntegrationSyncFailed
		err = json.Unmarshal([]byte(f.Detail), &detail)
		return told{content: mail.SyncFailed(detail)}, factErrorOf(err)
	case events.AlertCreated{}.DetailType():
		var detail events.AlertCreated
		err = json.Unmarshal([]byte(f.Detail), &detail)
		about := toldAlert{alertType: alert.Type(detail.AlertType), createdAt: detail.CreatedAt.Time}
		return told{content: mail.AlertOf(detail), alert: &about}, factErrorOf(err)
	}
	return told{}, &factError{problem: "is of a kind that no mail tells of"}
}

func factErrorOf(err error) error {
	if err != nil {
		return &factError{problem: "is no such fact"}
	}
	return nil
}

// factError says that a job's fact cannot be read. It does not hold the fact, which may be personal.
type factError struct{ problem string }

func (e *factError) Error() string { return "the fact that a mail is to tell of " + e.problem }

// Permanent tells the consumer that a retry would fail alike.
func (e *factError) Permanent() bool { return true }
