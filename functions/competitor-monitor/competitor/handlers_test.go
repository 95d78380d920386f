package competitor_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bayon-coagent/event-consumers/functions/competitor-monitor/competitor"
	agentsettings "github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/consumer"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// always acts.
type always struct{}

func (always) Once(ctx context.Context, _, _ string, act func(context.Context) error) (bool, error) {
	return true, act(ctx)
}

func TestSamplesAreHandled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	core, logs := observer.New(zap.InfoLevel)
	platform := &awsenv.Platform{
		Logger: zap.New(core), Now: w.Now, Table: table.New(w.Client, platformtest.Table), Publisher: w.Bus.Publisher(),
	}
	config := consumer.Config{Function: "competitor-monitor", Logger: platform.Logger, Metrics: io.Discard, Now: w.Now, Once: always{}}
	function := consumer.New(config, competitor.Handlers(platform)...)
	for _, sample := range []string{"content-published", "check-due", "schedule"} {
		payload, err := os.ReadFile(filepath.Join("..", "testdata", sample+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := function.Invoke(t.Context(), payload); err != nil {
			t.Errorf("%s: %v", sample, err)
		}
		ended := logs.TakeAll()
		if len(ended) != 1 || ended[0].ContextMap()["outcome"] != "handled" {
			t.Errorf("%s: %v", sample, ended)
		}
	}
	var due []string
	for _, event := range eventstest.Published[events.CheckDue](t, w.Bus) {
		due = append(due, event.Identity())
	}
	if diff := cmp.Diff([]string{"Check Due:competitor#agent-1#2026-11-24T08:00:00.000Z"}, due); diff != "" {
		t.Errorf("checks: %s", diff)
	}
}

func TestConcernsThoseWhoWantAnyOfTheTypes(t *testing.T) {
	t.Parallel()
	for _, alertType := range append(alert.Types(), "") {
		ours := alertType == alert.CompetitorNewListing || alertType == alert.CompetitorPriceReduction || alertType == alert.CompetitorWithdrawal
		if got := competitor.Concerns(agentsettings.AlertSettings{Enabled: []alert.Type{alertType}}); got != ours {
			t.Errorf("%q: %v", alertType, got)
		}
	}
	if competitor.Concerns(agentsettings.AlertSettings{}) {
		t.Error("missing settings want something")
	}
}
