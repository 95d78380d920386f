package deadline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/deadline"
)

func TestNear(t *testing.T) {
	t.Parallel()
	started := time.Now()
	end := started.Add(100 * time.Second)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	ctx = deadline.Start(ctx, started)
	for left, want := range map[time.Duration]bool{
		100 * time.Second:  false,
		10 * time.Second:   false,
		10*time.Second - 1: true,
		0:                  true,
		-time.Second:       true,
	} {
		if got := deadline.Near(ctx, end.Add(-left)); got != want {
			t.Errorf("with %s of 100s left: %v", left, got)
		}
	}
	if deadline.Near(deadline.Start(context.Background(), started), end) || deadline.Near(t.Context(), end) {
		t.Error("without a deadline or a start it is never near")
	}
}

func TestPagesStopBetweenTwo(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	ctx, cancel := context.WithDeadline(t.Context(), begun.Add(1000*time.Hour))
	defer cancel()
	ctx = deadline.Start(ctx, begun)
	pages := func(yield func([]int, error) bool) {
		for page := range 5 {
			if !yield([]int{page, page}, nil) {
				return
			}
		}
	}
	size := func(page []int) int { return len(page) }
	tests := []struct {
		name     string
		perPage  time.Duration // how long a page takes
		pages    int
		progress string
	}{
		{"time enough", 100 * time.Hour, 5, ""},
		{"just enough", 900 * time.Hour / 4, 5, ""},
		{"too little for the last", 900*time.Hour/4 + 1, 4, "8 things"},
		{"too little for any but the first", 1000 * time.Hour, 1, "2 things"},
	}
	for _, test := range tests {
		now := begun
		seen, progress := 0, ""
		for _, err := range deadline.Pages(ctx, func() time.Time { return now }, pages, size, "things") {
			var short *deadline.ShortError
			if errors.As(err, &short) {
				progress = short.Progress
				continue
			}
			seen++
			now = now.Add(test.perPage)
		}
		if seen != test.pages || progress != test.progress {
			t.Errorf("%s: %d pages, %q; want %d, %q", test.name, seen, progress, test.pages, test.progress)
		}
	}
}

func TestPagesEndWithAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	pages := func(yield func(int, error) bool) { _ = yield(1, nil) && yield(0, broken) && yield(2, nil) }
	seen := []int{}
	var last error
	for page, err := range deadline.Pages(t.Context(), time.Now, pages, func(int) int { return 1 }, "things") {
		seen, last = append(seen, page), err
	}
	if len(seen) != 2 || !errors.Is(last, broken) {
		t.Errorf("pages %v, error %v", seen, last)
	}
}

func TestLeaseEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	if got := deadline.LeaseEnd(t.Context(), now); !got.Equal(now.Add(15 * time.Minute)) {
		t.Errorf("without an end: %s", got)
	}
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(time.Minute))
	defer cancel()
	if got := deadline.LeaseEnd(ctx, now); !got.Equal(now.Add(65 * time.Second)) {
		t.Errorf("with an end in a minute: %s", got)
	}
}
