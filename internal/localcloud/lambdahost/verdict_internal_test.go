package lambdahost

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestVerdictAfterFailure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		retries  int
		maxAge   time.Duration
		failures int
		age      time.Duration
		want     verdict
	}{
		{"first", 2, 6 * time.Hour, 1, 0, verdict{wait: time.Minute}},
		{"second", 2, 6 * time.Hour, 2, time.Minute, verdict{wait: 2 * time.Minute}},
		{"third", 2, 6 * time.Hour, 3, 3 * time.Minute, verdict{giveUp: retriesExhausted}},
		{"one retry", 1, 6 * time.Hour, 2, time.Minute, verdict{giveUp: retriesExhausted}},
		{"no retry", 0, 6 * time.Hour, 1, 0, verdict{giveUp: retriesExhausted}},
		{"just young enough for the first", 2, time.Minute, 1, 0, verdict{wait: time.Minute}},
		{"too old for the first", 2, time.Minute, 1, time.Millisecond, verdict{giveUp: eventAgeExceeded}},
		{"young enough for the first only", 2, 90 * time.Second, 2, time.Minute, verdict{giveUp: eventAgeExceeded}},
		{"no retry left and too old", 0, time.Minute, 1, time.Hour, verdict{giveUp: retriesExhausted}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := asyncRules{MaxRetries: test.retries, MaxAge: test.maxAge}
			if got := f.afterFailure(test.failures, test.age); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestVerdictAfterThrottle(t *testing.T) {
	t.Parallel()
	tests := []struct {
		throttles int
		age       time.Duration
		want      verdict
	}{
		{1, 0, verdict{wait: time.Second}},
		{2, time.Second, verdict{wait: 2 * time.Second}},
		{9, 10 * time.Minute, verdict{wait: 256 * time.Second}},
		{10, 10 * time.Minute, verdict{wait: 5 * time.Minute}},
		{100, 10 * time.Minute, verdict{wait: 5 * time.Minute}},
		{100, 6*time.Hour - time.Second, verdict{wait: time.Second}},
		{100, 6 * time.Hour, verdict{giveUp: eventAgeExceeded}},
	}
	for _, test := range tests {
		f := asyncRules{MaxAge: 6 * time.Hour}
		if got := f.afterThrottle(test.throttles, test.age); got != test.want {
			t.Errorf("throttled %d times, %v old: %+v, want %+v", test.throttles, test.age, got, test.want)
		}
	}
}

func TestEveryEventIsGivenUpOneDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := asyncRules{
			MaxRetries: rapid.IntRange(0, mostRetries).Draw(t, "retries"),
			MaxAge:     time.Duration(rapid.IntRange(60, 21600).Draw(t, "age")) * time.Second,
		}
		age, failures, throttles := time.Duration(0), 0, 0
		for range 1000 {
			var decided verdict
			if rapid.Bool().Draw(t, "throttled") {
				throttles++
				decided = f.afterThrottle(throttles, age)
			} else {
				failures, throttles = failures+1, 0
				decided = f.afterFailure(failures, age)
			}
			if decided.giveUp != "" {
				return
			}
			if decided.wait <= 0 || age+decided.wait > f.MaxAge {
				t.Fatalf("an event %v old waits for %v, it may become %v", age, decided.wait, f.MaxAge)
			}
			age += decided.wait
		}
		t.Fatal("an event is tried for ever")
	})
}

func TestBackOffOfStarts(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 6: 3200 * time.Millisecond, 7: 5 * time.Second, 1000: 5 * time.Second,
	} {
		if got := backOff(failures); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
}
