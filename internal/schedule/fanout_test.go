package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/bayon-coagent/event-consumers/internal/agent"
	"github.com/bayon-coagent/event-consumers/internal/alert"
	"github.com/bayon-coagent/event-consumers/internal/deadline"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/internal/schedule"
	"github.com/bayon-coagent/event-consumers/internal/table"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

var tick = schedule.Tick{Check: "price", DueAt: time.Date(2026, 11, 24, 8, 30, 0, 0, time.UTC)}

// told counts how often each agent's check was published.
func told(t *testing.T, bus *eventstest.Bus) map[string]int {
	t.Helper()
	told := map[string]int{}
	for _, event := range eventstest.Published[events.CheckDue](t, bus) {
		told[event.Detail.UserID]++
	}
	return told
}

// fanOut is a fan-out over agents of whom every other wants price alerts.
func fanOut(t *testing.T, agents int) (*schedule.FanOut, *eventstest.Bus) {
	t.Helper()
	client, _ := platformtest.Database(t)
	put := func(partition, sort string, created int, data any) {
		item, err := attributevalue.MarshalMap(map[string]any{
			"PK": partition, "SK": sort, "EntityType": "AlertSettings", "CreatedAt": created, "UpdatedAt": created, "Data": data,
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range agents {
		enabled := []string{"neighborhood-trend"}
		if i%2 == 0 {
			enabled = append(enabled, "price-reduction")
		}
		put(fmt.Sprintf("USER#u%d", i), "SETTINGS#ALERTS", i, map[string]any{"enabledAlertTypes": enabled})
	}
	put("USER#other", "SETTINGS#SOMETHING", 1, map[string]any{"enabledAlertTypes": []string{"price-reduction"}})
	put("TEAM#x", "SETTINGS#ALERTS", 1, map[string]any{"enabledAlertTypes": []string{"price-reduction"}})
	put("USER# ", "SETTINGS#ALERTS", 1, map[string]any{"enabledAlertTypes": []string{"price-reduction"}})
	put("USER#"+strings.Repeat("9", 600), "SETTINGS#ALERTS", 1, map[string]any{"enabledAlertTypes": []string{"price-reduction"}})
	put("USER#unreadable", "SETTINGS#ALERTS", 1, map[string]any{"enabledAlertTypes": "price-reduction"})
	bus := eventstest.NewBus()
	clock := func() time.Time { return tick.DueAt }
	concerns := func(s agent.AlertSettings) bool { return s.Wants(alert.PriceReduction) }
	return agent.FanOut(table.New(client, platformtest.Table), bus.Publisher(), clock, concerns), bus
}

// wantAll compares who was told with who is concerned: every other agent, and the one whose settings cannot be read.
func wantAll(t *testing.T, published map[string]int, agents int) {
	t.Helper()
	if got, want := len(published), agents/2+1; got != want {
		t.Errorf("%d agents were told, want %d", got, want)
	}
	for userID, times := range published {
		if times != 1 {
			t.Errorf("%s was told %d times", userID, times)
		}
	}
	if published["unreadable"] != 1 || published["u0"] != 1 || published["u1"] != 0 {
		t.Error("the wrong agents were told")
	}
}

func TestEachAgentConcernedIsToldOnce(t *testing.T) {
	t.Parallel()
	f, bus := fanOut(t, 10)
	for range 2 { // the second time there is nothing left
		if err := f.Run(t.Context(), tick); err != nil {
			t.Fatal(err)
		}
	}
	wantAll(t, told(t, bus), 10)
}

func TestRetryGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	const agents = 900 // several pages
	f, bus := fanOut(t, agents)
	bus.RefuseThose(1, "AccessDeniedException", func(entry types.PutEventsRequestEntry) bool {
		return strings.Contains(*entry.Detail, `"u600"`)
	})
	if err := f.Run(t.Context(), tick); err == nil {
		t.Fatal("no error")
	}
	if before := len(told(t, bus)); before == 0 || before > agents/2 {
		t.Fatalf("%d agents were told before the failure", before)
	}
	if err := f.Run(t.Context(), tick); err != nil {
		t.Fatal(err)
	}
	after := told(t, bus)
	if len(after) != agents/2+1 {
		t.Errorf("%d agents were told", len(after))
	}
	// The page that was interrupted is told again, the same; those before it are not.
	if after["u0"] != 1 || after["u500"] != 1 || after["u602"] != 2 || after["u898"] != 1 {
		t.Errorf("told again: %v", after)
	}
}

func TestShortTimeStopsBetweenPages(t *testing.T) {
	t.Parallel()
	const agents = 900
	f, bus := fanOut(t, agents)
	end := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	ctx = deadline.Start(ctx, end.Add(-100*time.Second))
	f.Now = func() time.Time { return end.Add(-9 * time.Second) }
	var short *deadline.ShortError
	runs := 1
	for ; errors.As(f.Run(ctx, tick), &short); runs++ {
		if runs > 10 {
			t.Fatal("it does not get on")
		}
	}
	if runs < 4 {
		t.Errorf("%d runs for %d agents", runs, agents)
	}
	wantAll(t, told(t, bus), agents)
}

func TestAnotherTickBeginsAnew(t *testing.T) {
	t.Parallel()
	f, bus := fanOut(t, 2)
	for _, dueAt := range []time.Time{tick.DueAt, tick.DueAt.Add(4 * time.Hour)} {
		if err := f.Run(t.Context(), schedule.Tick{Check: "price", DueAt: dueAt}); err != nil {
			t.Fatal(err)
		}
	}
	if told(t, bus)["u0"] != 2 {
		t.Errorf("told %v", told(t, bus))
	}
}

// sourced is a fan-out over two kinds of items, which remembers the periods that it is asked for.
func sourced(t *testing.T, firsts, seconds []string) (*schedule.FanOut, *eventstest.Bus, *[]schedule.Period) {
	t.Helper()
	f, bus := fanOut(t, 0)
	items := table.New(platformtestClient(t), platformtest.Table)
	f.Items = items
	put := func(entityType string, userIDs []string) {
		for i, userID := range userIDs {
			save := table.Save{
				Key: table.UserKey(userID, fmt.Sprintf("%s#%03d", entityType, i)), EntityType: entityType,
				Data: struct{}{}, Now: tick.DueAt.Add(time.Duration(i) * time.Second),
			}
			if err := items.Save(t.Context(), save); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("First", firsts)
	put("Second", seconds)
	periods := &[]schedule.Period{}
	agents := func(_ context.Context, items []table.Item, period schedule.Period) (userIDs []string, err error) {
		*periods = append(*periods, period)
		for _, item := range items {
			userID, _ := table.UserOf(item.Key)
			userIDs = append(userIDs, userID)
		}
		return userIDs, nil
	}
	f.Sources = []schedule.Source{{EntityType: "First", Agents: agents}, {EntityType: "Second", Agents: agents}}
	return f, bus, periods
}

func platformtestClient(t *testing.T) *dynamodb.Client {
	client, _ := platformtest.Database(t)
	return client
}

func TestSeveralSourcesTellAnAgentOnce(t *testing.T) {
	t.Parallel()
	f, bus, _ := sourced(t, []string{"a", "b", "a"}, []string{"b", "c", " "})
	for range 2 {
		if err := f.Run(t.Context(), tick); err != nil {
			t.Fatal(err)
		}
	}
	if got := told(t, bus); len(got) != 3 || got["a"] != 1 || got["b"] != 1 || got["c"] != 1 {
		t.Errorf("told %v", got)
	}
}

func TestRetryGoesOnInTheSourceWhereItStopped(t *testing.T) {
	t.Parallel()
	f, bus, periods := sourced(t, []string{"a"}, []string{"b"})
	bus.RefuseThose(1, "AccessDeniedException", func(entry types.PutEventsRequestEntry) bool {
		return strings.Contains(*entry.Detail, `"b"`)
	})
	if err := f.Run(t.Context(), tick); err == nil {
		t.Fatal("no error")
	}
	if err := f.Run(t.Context(), tick); err != nil {
		t.Fatal(err)
	}
	if got := told(t, bus); got["a"] != 1 || got["b"] != 1 || len(*periods) != 3 {
		t.Errorf("told %v, asked %d times", got, len(*periods))
	}
}

func TestPeriodBeginsWhereTheLastCompletedTickEnded(t *testing.T) {
	t.Parallel()
	f, bus, periods := sourced(t, []string{"a"}, nil)
	at := func(minutes int) schedule.Tick {
		return schedule.Tick{Check: "notifications", DueAt: tick.DueAt.Add(time.Duration(minutes) * time.Minute)}
	}
	run := func(minutes, from int, fails bool) {
		t.Helper()
		*periods = nil
		if fails {
			bus.Refuse(1, "AccessDeniedException")
		}
		if err := f.Run(t.Context(), at(minutes)); (err != nil) != fails {
			t.Fatalf("tick at %d: error %v", minutes, err)
		}
		want := schedule.Period{After: tick.DueAt.Add(time.Duration(from) * time.Minute), Until: at(minutes).DueAt}
		for _, got := range *periods {
			if !got.After.Equal(want.After) || !got.Until.Equal(want.Until) {
				t.Errorf("tick at %d: period %v, want %v", minutes, got, want)
			}
		}
		if len(*periods) == 0 {
			t.Errorf("tick at %d: nobody was asked", minutes)
		}
	}
	const week = 7 * 24 * 60
	run(0, -week, false)
	run(30, 0, false) // that of 15 never came
	run(45, 30, true)
	run(60, 30, false)
	*periods = nil
	run(45, 30, false) // its retry is late, and answers for the same time
	run(75, 60, false) // and does not move the beginning back
}

func TestPlaceIsKeptForADay(t *testing.T) {
	t.Parallel()
	client, _ := platformtest.Database(t)
	items := table.New(client, platformtest.Table)
	f := agent.FanOut(items, eventstest.NewBus().Publisher(), func() time.Time { return tick.DueAt }, func(agent.AlertSettings) bool { return true })
	if err := f.Run(t.Context(), tick); err != nil {
		t.Fatal(err)
	}
	answer, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(platformtest.Table), Key: map[string]dynamodbtypes.AttributeValue{
		"PK": table.Text("SYSTEM"), "SK": table.Text("FANOUT#price#2026-11-24T08:30:00.000Z"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	ends, ok := answer.Item["TTL"].(*dynamodbtypes.AttributeValueMemberN)
	if !ok || ends.Value != fmt.Sprint(tick.DueAt.Add(24*time.Hour).Unix()) {
		t.Errorf("the place ends at %v", answer.Item["TTL"])
	}
}

func TestSourceInAnIndex(t *testing.T) {
	t.Parallel()
	f, bus, _ := sourced(t, nil, nil)
	agents := f.Sources[0].Agents
	for i, userID := range []string{"a", "b", "c"} {
		save := table.Save{
			Key: table.UserKey(userID, "NOTE"), EntityType: "Note", Data: struct{}{}, Now: tick.DueAt,
			GSI1: &table.Key{Partition: "NOTES", Sort: tick.DueAt.Add(time.Duration(i) * time.Hour).Format(time.RFC3339)},
		}
		if err := f.Items.Save(t.Context(), save); err != nil {
			t.Fatal(err)
		}
	}
	f.Now = func() time.Time { return tick.DueAt.Add(time.Hour) }
	f.Sources = []schedule.Source{{Index: func(now time.Time) table.IndexQuery {
		return table.IndexQuery{Index: "GSI1", Partition: "NOTES", To: now.Format(time.RFC3339)}
	}, Agents: agents}}
	if err := f.Run(t.Context(), tick); err != nil {
		t.Fatal(err)
	}
	if got := told(t, bus); len(got) != 2 || got["a"] != 1 || got["b"] != 1 {
		t.Errorf("told %v", got)
	}
}
