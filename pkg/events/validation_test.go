package events_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// secret stands in every wrong value: no error may repeat it.
const secret = "dana-secret"

// Facts are described twice: by the tags that the schemas are made of, and by Validate. Whatever is wrong with one field,
// the schema and Decode agree that it is, and the error names that field alone.
func TestDecodeAndSchemaAgreeOnEveryField(t *testing.T) {
	t.Parallel()
	for _, entry := range events.Catalogue() {
		t.Run(entry.Fact.DetailType(), func(t *testing.T) {
			t.Parallel()
			schemas := schemaOf(t, entry)
			for name, property := range schemas.detail(entry)["properties"].(map[string]any) {
				if name == "metadata" {
					continue
				}
				for what, value := range spoilt(property.(map[string]any)) {
					detail := detailOf(t, entry.Example)
					if detail[name] = value; value == nil {
						delete(detail, name)
					}
					bySchema := schemas.violations(strings.ReplaceAll(entry.Fact.DetailType(), " ", ""), detail)
					_, err := entry.Decode(delivery(t, entry.Fact, detail))
					if fields := invalidFields(t, err); (len(fields) > 0) != (len(bySchema) > 0) ||
						len(fields) > 0 && !slices.Equal(fields, []string{name}) {
						t.Errorf("%s %s: the schema says %v, Decode says %v", name, what, bySchema, err)
					}
					if err != nil && strings.Contains(err.Error(), secret) {
						t.Errorf("%s %s: the error repeats the value: %v", name, what, err)
					}
				}
			}
		})
	}
}

// spoilt returns values that may be wrong for a property, by what is done to it. Nil stands for no member at all.
func spoilt(property map[string]any) map[string]any {
	values := map[string]any{
		"left away":         nil,
		"made a number":     float64(5),
		"made a boolean":    true,
		"made an object":    map[string]any{"a": secret},
		"made a list":       []any{secret},
		"made another text": secret,
		"emptied":           "",
	}
	switch {
	case property["type"] == "integer":
		delete(values, "emptied")
		values["made negative"] = float64(-1)
		values["made large"] = float64(1 << 40)
	case property["type"] == "array":
		delete(values, "made a list")
		values["emptied"] = []any{}
		values["holding an empty text"] = []any{""}
		values["holding a number"] = []any{float64(1)}
	case property["type"] == "string" && property["minLength"] == nil && property["enum"] == nil && property["format"] == nil:
		delete(values, "emptied") // of an optional text
	}
	return values
}

func TestDecodeNamesEveryField(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fact   events.Fact
		detail string
		want   string
	}{
		{
			events.UserCreated{}, `{}`,
			"User Created: userId is missing; email is missing; createdAt is missing",
		},
		{
			events.UserCreated{}, `{"userId":" ","email":"dana-secret","createdAt":"dana-secret"}`,
			"User Created: createdAt must be an RFC 3339 date and time; userId is blank; email must be an e-mail address",
		},
		{
			events.UserCreated{}, `{"userId":5,"email":["dana-secret"],"createdAt":null,"traceId":{}}`,
			"User Created: userId must be a string; email must be a string; traceId must be a string; createdAt is missing",
		},
		{
			events.UserCreated{}, `{"USERID":5,"userId":true,"email":"dana@example.com","createdAt":"2026-11-20T09:30:00Z"}`,
			"User Created: userId must be a string",
		},
		{
			events.ContentPublishFailed{},
			`{"contentId":"c","scheduleId":"s","userId":"u","platforms":["blog"," "],"error":"e","failedAt":"2026-11-20T09:30:00Z"}`,
			"Content Publish Failed: platforms[1] is blank",
		},
		{
			events.AIJobCompleted{},
			`{"jobId":"j","userId":"u","jobType":"poem","status":"failed","completedAt":"2026-11-20T09:30:00Z"}`,
			"AI Job Completed: jobType must be blog_post, social_media, listing_description or market_update; status must be completed",
		},
		{
			events.IntegrationSyncCompleted{},
			`{"syncId":"s","userId":"u","provider":"mls","status":"completed","completedAt":"2026-11-20T09:30:00Z",
			  "itemsSynced":9223372036854775808}`,
			"Integration Sync Completed: itemsSynced must be a whole number of at most 64 bits",
		},
		{
			events.CheckDue{}, `{"check":"price","userId":"u","dueAt":"2026-11-20T09:30:00Z","metadata":"dana-secret"}`,
			"Check Due: metadata must be a JSON object",
		},
		{
			events.CheckDue{},
			`{"check":"price","userId":"u","dueAt":"2026-11-20T09:30:00Z",
			  "metadata":{"hops":-1,"eventKey":5,"causationId":"` + strings.Repeat("x", 4097) + `","occurredAt":"now"}}`,
			"Check Due: metadata.occurredAt must be an RFC 3339 date and time; metadata.eventKey must be a string; " +
				"metadata.causationId is longer than 4096 bytes; metadata.hops must not be negative",
		},
		{
			events.NotificationSent{}, `{"userId":5,"alertIds":["a",6]}`,
			"Notification Sent: userId must be a string; alertIds must be a list of strings; notificationId is missing; " +
				"channel is missing; kind is missing; subjectEventId is missing",
		},
	} {
		_, err := entryOf(t, test.fact).Decode(rawDelivery(test.fact, test.detail))
		var invalid *events.InvalidError
		if !errors.As(err, &invalid) || err.Error() != test.want {
			t.Errorf("%s\n got %v\nwant %s", test.detail, err, test.want)
		}
	}
}

func TestInvalidErrorCanBeTakenApart(t *testing.T) {
	t.Parallel()
	err := events.UserCreated{}.Validate()
	var field events.FieldError
	if !errors.As(err, &field) || field != (events.FieldError{Field: "userId", Problem: "is missing"}) {
		t.Errorf("the first field error is %+v", field)
	}
	var permanent interface{ Permanent() bool }
	if !errors.As(err, &permanent) || !permanent.Permanent() {
		t.Error("the error is not permanent")
	}
}

func TestLimitsOfTexts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change func(*events.ContentPublished)
		want   string
	}{
		{func(f *events.ContentPublished) { f.ContentID = strings.Repeat("x", 512) }, ""},
		{func(f *events.ContentPublished) { f.ContentID = strings.Repeat("x", 513) }, "contentId is longer than 512 bytes"},
		{func(f *events.ContentPublished) { f.ScheduleID = strings.Repeat("x", 513) }, "scheduleId is longer than 512 bytes"},
		{func(f *events.ContentPublished) { f.Platform = strings.Repeat("x", 128) }, ""},
		{func(f *events.ContentPublished) { f.Platform = strings.Repeat("x", 129) }, "platform is longer than 128 bytes"},
		{func(f *events.ContentPublished) { f.Platform = "a\xff" }, "platform must be valid UTF-8"},
		{func(f *events.ContentPublished) { f.PublishedURL = "a\xff" }, "publishedUrl must be valid UTF-8"},
		{func(f *events.ContentPublished) { f.PublishedURL = strings.Repeat("x", 5000) }, ""},
	} {
		err := eventstest.Valid(test.change).Validate()
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "Content Published: ")
		}
		if got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestEmailAddresses(t *testing.T) {
	t.Parallel()
	for address, valid := range map[string]bool{
		"dana@example.com":              true,
		"dana+homes@mail.example.co.uk": true,
		"dána@exämple.com":              true,
		"dana":                          false,
		"@example.com":                  false,
		"dana@":                         false,
		"dana secret@example.com":       false,
		"dana@example.com\n":            false,
		"dana@" + strings.Repeat("x", 245) + ".com": true,
		"dana@" + strings.Repeat("x", 246) + ".com": false,
	} {
		err := eventstest.Valid(func(f *events.UserCreated) { f.Email = address }).Validate()
		if (err == nil) != valid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestAlertDataMustBeAnObject(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ data, want string }{
		{`{}`, ""},
		{" {\"a\":[1,2]}\n", ""},
		{``, "Alert Created: data is missing"},
		{`null`, "Alert Created: data must be a JSON object"},
		{`[]`, "Alert Created: data must be a JSON object"},
		{`"dana-secret"`, "Alert Created: data must be a JSON object"},
		{`{"a":}`, "Alert Created: data must be a JSON object"},
	} {
		err := eventstest.Valid(func(f *events.AlertCreated) { f.Data = json.RawMessage(test.data) }).Validate()
		if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
			t.Errorf("%s: %v, want %q", test.data, err, test.want)
		}
	}
}

func TestJobTypesInBothSpellings(t *testing.T) {
	t.Parallel()
	for _, spelling := range []string{"listing_description", "listing-description"} {
		event := decodePayload[events.AIJobCompleted](t, `{"id":"1","detail-type":"AI Job Completed",
			"source":"bayon.coagent.ai","detail":{"jobId":"j","userId":"u","jobType":"`+spelling+`",
			"status":"completed","completedAt":"2026-11-20T09:30:00Z"}}`)
		if event.Detail.JobType != events.JobListingDescription {
			t.Errorf("%s is read as %s", spelling, event.Detail.JobType)
		}
	}
	bus := eventstest.NewBus()
	fact := eventstest.Valid(func(f *events.AIJobCompleted) { f.JobType = "market-update" })
	if err := bus.Publisher().Publish(t.Context(), fact); err != nil {
		t.Fatal(err)
	}
	if got := detailOfDelivery(t, bus.Accepted()[0])["jobType"]; got != "market_update" {
		t.Errorf("market-update is written as %v", got)
	}
}

func TestUnknownKindsAndMembersAreKeptOrIgnored(t *testing.T) {
	t.Parallel()
	event := decodePayload[events.ContentPublished](t, `{"id":"1","detail-type":"Content Published",
		"source":"bayon.coagent.content","detail":{"contentId":"c","userId":"u","contentType":"hologram","platform":"threads",
		"publishedAt":"2026-11-20T09:30:00Z","mood":{"x":[1]}}}`)
	if event.Detail.ContentType != "hologram" || event.Detail.Platform != "threads" {
		t.Errorf("read as %+v", event.Detail)
	}
	alert := eventstest.Valid(func(f *events.AlertCreated) { f.AlertType = "open-house" })
	sync := eventstest.Valid(func(f *events.IntegrationSyncCompleted) { f.Provider = "zillow" })
	if err := errors.Join(alert.Validate(), sync.Validate()); err != nil {
		t.Error(err)
	}
}

func TestLargeNumbersStayExact(t *testing.T) {
	t.Parallel()
	event := decodePayload[events.IntegrationSyncCompleted](t, `{"id":"1","detail-type":"Integration Sync Completed",
		"source":"bayon.coagent.integration","detail":{"syncId":"s","userId":"u","provider":"mls","status":"completed",
		"completedAt":"2026-11-20T09:30:00Z","itemsSynced":9007199254740993}}`)
	if got := *event.Detail.ItemsSynced; got != 9007199254740993 {
		t.Errorf("itemsSynced is %d", got)
	}
	alert := decodePayload[events.AlertCreated](t, `{"id":"1","detail-type":"Alert Created",
		"source":"bayon.coagent.alert","detail":{"alertId":"a","userId":"u","alertType":"t","priority":"low",
		"createdAt":"2026-11-20T09:30:00Z","data":{"n":9007199254740993,"d":0.10}}}`)
	written, err := json.Marshal(alert)
	if err != nil || !strings.Contains(string(written), `"data":{"n":9007199254740993,"d":0.10}`) {
		t.Errorf("written as %s (%v)", written, err)
	}
}

func entryOf(t testing.TB, fact events.Fact) events.Entry {
	t.Helper()
	for _, entry := range events.Catalogue() {
		if entry.Fact.DetailType() == fact.DetailType() {
			return entry
		}
	}
	t.Fatalf("%s is not in the catalogue", fact.DetailType())
	return events.Entry{}
}

// detailOf is a fact as it is on the wire.
func detailOf(t testing.TB, fact events.Fact) map[string]any {
	t.Helper()
	return detailOfDelivery(t, eventstest.Delivery(t, fact, eventstest.WithMetadata(events.Metadata{})))
}

func detailOfDelivery(t testing.TB, delivery events.Delivery) map[string]any {
	t.Helper()
	return maps.Clone(parsed(t, delivery.Detail).(map[string]any))
}

func delivery(t testing.TB, fact events.Fact, detail map[string]any) events.Delivery {
	t.Helper()
	text, err := json.Marshal(detail)
	if err != nil {
		t.Fatal(err)
	}
	return rawDelivery(fact, string(text))
}

func rawDelivery(fact events.Fact, detail string) events.Delivery {
	return events.Delivery{
		Envelope: events.Envelope{ID: "1", DetailType: fact.DetailType(), Source: fact.Source()},
		Detail:   json.RawMessage(detail),
	}
}

// invalidFields are the fields that an error names, without places in lists.
func invalidFields(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *events.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("the error is of type %T: %v", err, err)
	}
	var fields []string
	for _, field := range invalid.Fields {
		name, _, _ := strings.Cut(field.Field, "[")
		fields = append(fields, name)
	}
	return fields
}
