package notification_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/platformtest"
	"github.com/bayon-coagent/event-consumers/pkg/events"
	"github.com/bayon-coagent/event-consumers/pkg/events/eventstest"
)

// putOf stores an item of any agent.
func (w *world) putOf(userID, sort, entityType string, data fields) {
	w.t.Helper()
	item, err := attributevalue.MarshalMap(fields{
		"PK": "USER#" + userID, "SK": sort, "EntityType": entityType, "Data": data, "CreatedAt": 1, "UpdatedAt": 1,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.Client.PutItem(w.t.Context(), &dynamodb.PutItemInput{TableName: aws.String(platformtest.Table), Item: item}); err != nil {
		w.t.Fatal(err)
	}
}

// fanOut lets the schedule come due, and returns who was told.
func (w *world) fanOut(at time.Time) map[string]int {
	w.t.Helper()
	w.set(at)
	before := len(eventstest.Published[events.CheckDue](w.t, w.Bus))
	tick := fmt.Sprintf(`{"schedule":"notifications","dueAt":%q}`, at.Format(time.RFC3339))
	function, _ := w.function(nil)
	if _, err := function.Invoke(w.t.Context(), []byte(tick)); err != nil {
		w.t.Fatal(err)
	}
	told := map[string]int{}
	for _, event := range eventstest.Published[events.CheckDue](w.t, w.Bus)[before:] {
		told[event.Detail.UserID]++
	}
	return told
}

func (w *world) wantFanOut(at time.Time, users ...string) {
	w.t.Helper()
	told := w.fanOut(at)
	ok := len(told) == len(users)
	for _, user := range users {
		ok = ok && told[user] == 1
	}
	if !ok {
		w.t.Errorf("at %s: told %v, want %v", at.Format(time.TimeOnly), told, users)
	}
}

func TestWhoseJobsAreDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	iso := func(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }
	job := func(userID, id string, data fields) { w.putOf(userID, "NOTIFICATION_JOB#"+id, "NotificationJob", data) }
	job("due", "1", fields{"status": "pending", "version": 1, "scheduledFor": iso(now)})
	job("due", "2", fields{"status": "pending", "version": 1, "scheduledFor": iso(now)})
	job("later", "1", fields{"status": "pending", "version": 1, "scheduledFor": iso(now.Add(time.Millisecond))})
	job("abandoned", "1", fields{"status": "processing", "version": 1, "scheduledFor": iso(now), "leaseUntil": iso(now.Add(-time.Millisecond))})
	job("busy", "1", fields{"status": "processing", "version": 1, "scheduledFor": iso(now), "leaseUntil": iso(now)})
	job("untold", "1", fields{"status": "sent", "version": 1, "scheduledFor": iso(now), "untold": "Notification Sent"})
	job("told", "1", fields{"status": "sent", "version": 1, "scheduledFor": iso(now)})
	job("another's", "1", fields{"status": "pending", "scheduledFor": iso(now)})
	job("unreadable", "1", fields{"status": "pending", "scheduledFor": "soon"})
	w.wantFanOut(now, "due", "abandoned", "untold")
}

func TestWhoseDigestTimeHasCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preferences := func(userID string, data fields) {
		w.putOf(userID, "SETTINGS#NOTIFICATIONS", "NotificationPreferences", data)
	}
	preferences("now", fields{"frequency": "daily", "digestTime": "08:30"})
	preferences("before", fields{"frequency": "daily", "digestTime": "08:15"})
	preferences("between", fields{"frequency": "daily", "digestTime": "08:16"})
	preferences("later", fields{"frequency": "daily", "digestTime": "08:31"})
	preferences("at once", fields{"digestTime": "08:30"})
	preferences("off", fields{"frequency": "daily", "digestTime": "08:30", "emailNotifications": false})
	preferences("unreadable", fields{"frequency": 7})
	preferences("weekly", fields{"frequency": "weekly", "digestTime": "08:30"}) // today is a Tuesday
	preferences("kathmandu", fields{"frequency": "daily", "digestTime": "14:15", "quietHours": fields{"timezone": "Asia/Kathmandu"}})
	preferences("by profile", fields{"frequency": "daily", "digestTime": "03:30"})
	w.putOf("by profile", "PROFILE", "UserProfile", fields{"timezone": "America/New_York"})
	preferences("not by profile", fields{"frequency": "daily", "digestTime": "03:30", "timezone": "UTC"})
	w.putOf("not by profile", "PROFILE", "UserProfile", fields{"timezone": "America/New_York"})
	w.putOf("another record", "SETTINGS#OTHER", "NotificationPreferences", fields{"frequency": "daily", "digestTime": "08:30"})
	if told := w.fanOut(now.Add(-15 * time.Minute)); told["before"] != 1 || told["weekly"] != 1 {
		t.Errorf("the first tick looks back a week, but told %v", told)
	}
	w.wantFanOut(now, "now", "between", "kathmandu", "by profile", "unreadable")
	// the tick of 08:45 never came
	w.wantFanOut(now.Add(30*time.Minute), "later", "unreadable")
	w.wantFanOut(now.Add(45*time.Minute), "unreadable")
}

func TestAgentWithJobsAndDigestIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.putOf("both", "SETTINGS#NOTIFICATIONS", "NotificationPreferences", fields{"frequency": "daily", "digestTime": "08:30"})
	w.putOf("both", "NOTIFICATION_JOB#1", "NotificationJob", fields{"status": "pending", "version": 1, "scheduledFor": "2026-11-24T08:00:00.000Z"})
	w.wantFanOut(now, "both")
}
