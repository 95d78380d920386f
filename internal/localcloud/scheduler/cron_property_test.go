package scheduler_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/scheduler"
)

// TestNextAgreesWithAClockWatcher compares Next with somebody who looks at the zone's clock each minute and calls at every
// time that the fields let in, but not when the clock shows a time for the second time.
func TestNextAgreesWithAClockWatcher(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Santiago"}
	rapid.Check(t, func(t *rapid.T) {
		minutes := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 1, 3, rapid.ID).Draw(t, "minutes")
		hours := rapid.SliceOfNDistinct(rapid.IntRange(0, 23), 1, 3, rapid.ID).Draw(t, "hours")
		weekdays := rapid.SliceOfNDistinct(rapid.IntRange(1, 7), 1, 4, rapid.ID).Draw(t, "weekdays")
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		after := time.Unix(rapid.Int64Range(1_767_225_600, 1_798_761_600).Draw(t, "after"), 0) // in 2026
		written := fmt.Sprintf("cron(%s %s ? * %s *)", list(minutes), list(hours), list(weekdays))
		expression, err := scheduler.Parse(written, zone, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		fits := func(local time.Time) bool {
			return slices.Contains(minutes, local.Minute()) && slices.Contains(hours, local.Hour()) &&
				slices.Contains(weekdays, int(local.Weekday())+1)
		}
		got, _ := expression.Next(after)
		if want := watch(after, location, fits); !got.Equal(want) {
			t.Fatalf("%s in %s after %v: got %v, want %v", written, zone, after.UTC(), got, want.UTC())
		}
	})
}

func watch(after time.Time, location *time.Location, fits func(time.Time) bool) time.Time {
	const clock = "2006-01-02 15:04"
	shown := map[string]bool{}
	for at := after.Truncate(time.Minute).Add(-3 * time.Hour); ; at = at.Add(time.Minute) {
		local := at.In(location)
		again := shown[local.Format(clock)]
		shown[local.Format(clock)] = true
		if at.After(after) && !again && fits(local) {
			return at
		}
	}
}

func list(numbers []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(numbers)), ","), "[]")
}
