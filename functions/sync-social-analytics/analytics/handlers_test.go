package analytics_test

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/bayon-coagent/event-consumers/functions/sync-social-analytics/analytics"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/social"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// function is the whole function but for Lambda, and what it logs.
func function(w *world) (*consumer.Consumer, *strings.Builder) {
	var logged strings.Builder
	logger := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&logged), zapcore.DebugLevel))
	handlers := analytics.Handlers(&awsenv.Platform{
		Table: table.New(w.Client, platformtest.Table), Publisher: w.Bus.Publisher(events.WithLogger(logger)), Now: w.Now,
	}, w.networks)
	return consumer.New(consumer.Config{
		Function: "sync-social-analytics", Environment: "development", Logger: logger, Metrics: &logged, Now: w.Now, Once: always{},
	}, handlers...), &logged
}

// always acts.
type always struct{}

func (always) Once(ctx context.Context, _, _ string, act func(context.Context) error) (bool, error) {
	return true, act(ctx)
}

// sample is a sample event, for the agent of the tests.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	payload, err := os.ReadFile("../testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.ReplaceAll(string(payload), "agent-maria", agent))
}

func TestSampleEventsThroughTheFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f, _ := function(w)
	invoke := func(name string) {
		t.Helper()
		if _, err := f.Invoke(t.Context(), sample(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.post("a", "twitter", nil)
	invoke("content-published")
	w.want("facebook completed 1")
	invoke("check-due")
	w.want("facebook completed 1", "twitter completed 1")
	if got := w.stored("content-42", "facebook"); got["syncStatus"] != "synced" || w.accounts[0] != "1112223334445" {
		t.Errorf("stored %v, asked %v", got, w.accounts)
	}
	for _, event := range eventstest.Published[events.IntegrationSyncCompleted](t, w.Bus) {
		if event.Metadata.Hops != 1 || event.Metadata.CausationID == "" {
			t.Errorf("metadata %+v", event.Metadata)
		}
	}
}

func TestScheduleTellsTheOwnersOfConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // whose agent has connected all networks
	put := func(partition, sort string) {
		item, err := attributevalue.MarshalMap(fields{
			"PK": partition, "SK": sort, "EntityType": "SocialConnection", "CreatedAt": 1, "UpdatedAt": 1, "Data": fields{"platform": "x"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	put("USER#one", "SOCIAL#LINKEDIN")
	put("USER#google", "SOCIAL#GOOGLE")
	put("USER#lower", "SOCIAL#facebook")
	put("USER#other", "OAUTH#FACEBOOK")
	put("TEAM#x", "SOCIAL#FACEBOOK")
	put("USER#", "SOCIAL#FACEBOOK")
	f, _ := function(w)
	for range 2 {
		if _, err := f.Invoke(t.Context(), sample(t, "schedule")); err != nil {
			t.Fatal(err)
		}
	}
	told := map[string]int{}
	for _, event := range eventstest.Published[events.CheckDue](t, w.Bus) {
		told[event.Detail.UserID+" "+event.Detail.Check]++
	}
	if len(told) != 2 || told[agent+" analytics"] != 1 || told["one analytics"] != 1 {
		t.Errorf("told %v", told)
	}
}

// Whatever goes wrong, no token is in a log, an error, an event or an item.
func TestTokensAreToldToNobody(t *testing.T) {
	t.Parallel()
	for name, problem := range map[string]error{
		"nothing":      nil,
		"unauthorized": &social.UnauthorizedError{Reason: "No."},
		"refused":      &social.RefusedError{Reason: "No."},
		"limited":      &social.RateLimitedError{Network: "Facebook", RetryAfter: 1},
		"unavailable":  &social.UnavailableError{Network: "Facebook", Problem: "status 503"},
	} {
		for shape, connection := range map[string]fields{
			"good":        nil,
			"expired":     {"expiresAt": 1},
			"malformed":   {"expiresAt": secret},
			"encoded":     {"platform": "facebook", "provider": nil}, // though the token is no base64
			"encrypted":   {"platform": "facebook", "accessToken": "AQICAHh" + secret},
			"in the page": {"metadata": fields{"pages": []fields{{"id": "1112223334445", "access_token": secret}}}},
		} {
			w := newWorld(t)
			w.connect("facebook", connection)
			w.post("a", "facebook", nil)
			w.fails("a", problem)
			w.fails("1112223334445_9988776655", problem)
			f, said := function(w)
			for _, event := range []string{"check-due", "content-published"} {
				if _, err := f.Invoke(t.Context(), sample(t, event)); err != nil {
					said.WriteString(err.Error())
				}
			}
			for _, delivery := range w.Bus.Accepted() {
				said.Write(delivery.Detail)
			}
			for _, prefix := range []string{"ANALYTICS#", "SYNC#"} {
				stored, err := json.Marshal(w.Data(prefix))
				if err != nil {
					t.Fatal(err)
				}
				said.Write(stored)
			}
			if !strings.Contains(said.String(), "content-42") || strings.Contains(said.String(), secret) {
				t.Errorf("%s, %s connection: %s", name, shape, said.String())
			}
		}
	}
}
