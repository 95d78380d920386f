package demonstration_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/demonstration"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
)

// deaf accepts every event and does nothing with it.
type deaf struct{}

func (deaf) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(`{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`)),
	}, nil
}

func TestMissingEffectsAreNamed(t *testing.T) {
	t.Parallel()
	database, _ := platformtest.Database(t)
	story := demonstration.Story{
		Database: database,
		Bus: eventbridge.New(eventbridge.Options{
			Region: "us-east-1", HTTPClient: deaf{}, BaseEndpoint: aws.String("http://bus.test"),
			Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""),
		}),
		TableName: platformtest.Table, BusName: "bus", Now: time.Now,
		Quiet: func(context.Context) error { return nil },
		Tell:  func(string) {},
	}
	outcome, err := story.Play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Falls != 30 || len(outcome.Alerts) != 0 || outcome.Outside+outcome.Withheld != 22 {
		t.Errorf("outcome %+v", outcome)
	}
	kinds := map[string]int{}
	for _, missing := range outcome.Missing {
		kind, _, _ := strings.Cut(missing, ",")
		kinds[kind]++
	}
	want := map[string]int{
		"the new agent has 0 of 2 default settings":        1,
		"the prospect has no score: ng":                    1,
		"the prospect has no score: ortiz":                 1,
		"the prospect has no score: young":                 1,
		"the prospect has no score: zhao":                  1,
		"the alert is missing: life-event-lead":            2,
		"the alert is missing: competitor-new-listing":     1,
		"the alert is missing: competitor-price-reduction": 2,
		"the alert is missing: competitor-withdrawal":      1,
		"the alert is missing: neighborhood-trend":         4,
		"0 of 8 notifications are in the app":              1,
		"0 of 1 mails are sent":                            1,
		"the scheduled post is scheduled":                  1,
		"the figures of 0 of 2 posts are there":            1,
		"the alert is missing: price-reduction":            8,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}
