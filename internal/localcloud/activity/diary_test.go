package activity_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

func open(t testing.TB, state *store.Store, config activity.Config) *activity.Diary {
	t.Helper()
	config.State = state.Space("diary")
	diary, err := activity.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return diary
}

func memory(t testing.TB) *store.Store {
	t.Helper()
	state, err := store.OpenMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	return state
}

func closeDiary(t testing.TB, diary *activity.Diary) {
	t.Helper()
	if err := diary.Close(); err != nil {
		t.Error(err)
	}
}

// at is the time of the nth activity of a test.
func at(n int) time.Time {
	return time.Unix(1_800_000_000, 0).Add(time.Duration(n) * time.Second).UTC()
}

func record(diary *activity.Diary, from, to int) {
	for n := from; n < to; n++ {
		diary.Record(activity.Activity{At: at(n), Kind: activity.Accepted, EventID: fmt.Sprint(n)})
	}
}

// told is what a reader sees, in short: event ids, and how many were missed.
func told(activities iter.Seq[activity.Activity]) []string {
	list := []string{}
	for happened := range activities {
		list = append(list, short(happened))
	}
	return list
}

func short(happened activity.Activity) string {
	if happened.Kind == activity.Missed {
		return fmt.Sprintf("missed %d", happened.Missed)
	}
	return happened.EventID
}

func numbers(from, to int) []string {
	list := []string{}
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprint(n))
	}
	return list
}

func TestPast(t *testing.T) {
	t.Parallel()
	diary := open(t, memory(t), activity.Config{InMemory: 100})
	defer closeDiary(t, diary)
	record(diary, 0, 10)
	for since, want := range map[int][]string{-1: numbers(0, 10), 0: numbers(0, 10), 4: numbers(4, 10), 10: {}} {
		if diff := cmp.Diff(want, told(diary.Past(at(since)))); diff != "" {
			t.Errorf("since %d: %s", since, diff)
		}
	}
	for happened := range diary.Past(time.Time{}) {
		if happened.EventID != "0" {
			t.Errorf("reading went on to %s", happened.EventID)
		}
		break
	}
}

func TestWhatHasNoTimeHappensNow(t *testing.T) {
	t.Parallel()
	diary := open(t, memory(t), activity.Config{})
	defer closeDiary(t, diary)
	before := time.Now()
	diary.Record(activity.Activity{Kind: activity.Warned})
	for happened := range diary.Past(time.Time{}) {
		if happened.At.Before(before) || happened.At.After(time.Now()) {
			t.Errorf("it happened at %v", happened.At)
		}
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	state := memory(t)
	first := open(t, state, activity.Config{InMemory: 8})
	record(first, 0, 5)
	retry := at(99)
	full := activity.Activity{
		At: at(5), Kind: activity.Retried, EventID: "5", CausationID: "c", CorrelationID: "k", DetailType: "Check Due", Source: "s", Bus: "b",
		Rule: "r", Function: "f", Queue: "q", RequestID: "i", Attempt: 2, DurationMS: 1.5, RetryAt: &retry, Reason: "because",
	}
	first.Record(full)
	closeDiary(t, first)

	second := open(t, state, activity.Config{InMemory: 8})
	record(second, 6, 8)
	if diff := cmp.Diff(numbers(0, 8), told(second.Past(time.Time{}))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(numbers(3, 8), told(second.Past(at(3)))); diff != "" {
		t.Error(diff)
	}
	for happened := range second.Past(at(5)) {
		if diff := cmp.Diff(full, happened); diff != "" {
			t.Error(diff)
		}
		break
	}
	closeDiary(t, second)
}

func TestActivitiesAreSavedWithoutAClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := memory(t)
		killed := open(t, state, activity.Config{})
		record(killed, 0, 3)
		time.Sleep(1050 * time.Millisecond) // between two times of saving
		record(killed, 3, 4)                // just before the kill: may be forgotten
		next := open(t, state, activity.Config{})
		if diff := cmp.Diff(numbers(0, 3), told(next.Past(time.Time{}))); diff != "" {
			t.Error(diff)
		}
		closeDiary(t, next)
		closeDiary(t, killed)
	})
}

func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		diary := open(t, memory(t), activity.Config{InMemory: 64})
		defer closeDiary(t, diary)
		record(diary, 0, 5)
		ctx, cancel := context.WithCancel(t.Context())
		var seen []string
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for happened := range diary.Follow(ctx, at(3)) {
				seen = append(seen, short(happened))
			}
		}()
		synctest.Wait()
		if diff := cmp.Diff(numbers(3, 5), seen); diff != "" {
			t.Error(diff)
		}
		record(diary, 5, 40)
		synctest.Wait()
		record(diary, 40, 41)
		synctest.Wait()
		if diff := cmp.Diff(numbers(3, 41), seen); diff != "" {
			t.Error(diff)
		}
		cancel()
		<-ended
	})
}

func TestClosingEndsFollowers(t *testing.T) {
	t.Parallel()
	diary := open(t, memory(t), activity.Config{})
	record(diary, 0, 1)
	var group sync.WaitGroup
	begun := make(chan struct{})
	group.Go(func() {
		for range diary.Follow(context.Background(), time.Time{}) {
			close(begun)
		}
	})
	<-begun
	closeDiary(t, diary)
	group.Wait()
}

func TestASlowReaderIsToldWhatItMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		diary := open(t, memory(t), activity.Config{InMemory: 10})
		defer closeDiary(t, diary)
		next, stop := iter.Pull(diary.Follow(t.Context(), time.Time{}))
		defer stop()
		record(diary, 0, 2)
		if first, _ := next(); short(first) != "0" {
			t.Fatalf("it begins with %s", short(first))
		}
		record(diary, 2, 30) // much at once, before any of it could be saved
		var seen []string
		for range 12 {
			happened, _ := next()
			seen = append(seen, short(happened))
		}
		if diff := cmp.Diff(append([]string{"1", "missed 18"}, numbers(20, 30)...), seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASlowReaderReadsWhatWasSaved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		diary := open(t, memory(t), activity.Config{InMemory: 10})
		defer closeDiary(t, diary)
		for n := range 60 {
			record(diary, n, n+1)
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff(numbers(0, 60), told(diary.Past(time.Time{}))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(numbers(17, 60), told(diary.Past(at(17)))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOldActivitiesAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := memory(t)
		diary := open(t, state, activity.Config{InMemory: 50, InState: 100})
		for n := 0; n < 1000; n += 10 {
			record(diary, n, n+10)
			time.Sleep(time.Second)
		}
		closeDiary(t, diary)
		reopened := open(t, state, activity.Config{InMemory: 50, InState: 100})
		defer closeDiary(t, reopened)
		kept := told(reopened.Past(time.Time{}))
		if len(kept) < 100 || len(kept) > 120 || kept[len(kept)-1] != "999" {
			t.Errorf("%d are kept, up to %s", len(kept), kept[len(kept)-1])
		}
	})
}

func TestRecordingNeverWaitsForReaders(t *testing.T) {
	t.Parallel()
	diary := open(t, memory(t), activity.Config{InMemory: 16})
	defer closeDiary(t, diary)
	record(diary, 0, 1)
	var group sync.WaitGroup
	stuck := make(chan struct{})
	reading := make(chan struct{})
	group.Go(func() {
		for range diary.Past(time.Time{}) {
			close(reading)
			<-stuck
			return
		}
	})
	<-reading
	for range 4 {
		group.Go(func() { record(diary, 0, 1000) })
	}
	done := make(chan struct{})
	go func() {
		record(diary, 0, 1000)
		close(done)
	}()
	<-done
	close(stuck)
	group.Wait()
}

func TestJSON(t *testing.T) {
	t.Parallel()
	encoded, err := json.Marshal(activity.Activity{At: at(0), Kind: activity.Accepted, EventID: "e"})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"at":"2027-01-15T08:00:00Z","kind":"accepted","eventId":"e"}`; string(encoded) != want {
		t.Errorf("%s, want %s", encoded, want)
	}
}

func TestDamagedStateIsReported(t *testing.T) {
	t.Parallel()
	state := memory(t)
	batch := state.Space("diary").Batch()
	batch.Set([]byte("\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("{"))
	if err := batch.Apply(); err != nil {
		t.Fatal(err)
	}
	diary := open(t, state, activity.Config{})
	defer closeDiary(t, diary)
	for happened := range diary.Past(time.Time{}) {
		if happened.Kind == activity.Warned && strings.Contains(happened.Reason, "diary cannot be read") {
			return
		}
	}
	t.Error("nothing was reported")
}

func BenchmarkRecord(b *testing.B) {
	diary := open(b, memory(b), activity.Config{})
	defer closeDiary(b, diary)
	happened := activity.Activity{At: at(0), Kind: activity.Accepted, EventID: "e", DetailType: "d", Source: "s"}
	b.ReportAllocs()
	for b.Loop() {
		diary.Record(happened)
	}
}
