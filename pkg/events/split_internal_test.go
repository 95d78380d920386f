package events

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEntrySizeIsWhatEventBridgeCounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		entry types.PutEventsRequestEntry
		want  int
	}{
		{types.PutEventsRequestEntry{}, 0},
		{types.PutEventsRequestEntry{Source: aws.String("abc"), DetailType: aws.String("de"), Detail: aws.String("{}")}, 7},
		{types.PutEventsRequestEntry{Detail: aws.String(`{"é":"€"}`)}, 12},
		{types.PutEventsRequestEntry{Time: aws.Time(time.Unix(0, 0))}, 14},
		{types.PutEventsRequestEntry{Resources: []string{"ab", "é"}}, 4},
		{types.PutEventsRequestEntry{
			EventBusName: aws.String(strings.Repeat("x", 99)), TraceHeader: aws.String(strings.Repeat("x", 99)),
		}, 0},
	} {
		if got := entrySize(test.entry); got != test.want {
			t.Errorf("%+v counts %d, want %d", test.entry, got, test.want)
		}
	}
}

func TestSplitFillsCallsToTheLimits(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sizes []int
		want  []int // entries of each call
	}{
		"nothing":                {nil, nil},
		"ten":                    {slicesOf(10, 1), []int{10}},
		"eleven":                 {slicesOf(11, 1), []int{10, 1}},
		"just less than 1 MB":    {[]int{500_000, 499_999}, []int{2}},
		"1 MB":                   {[]int{500_000, 500_000}, []int{1, 1}},
		"large among small":      {[]int{1, 999_999, 1}, []int{1, 1, 1}},
		"both limits in one run": {append(slicesOf(4, 250_000), slicesOf(12, 1)...), []int{3, 10, 3}},
	} {
		var got []int
		for _, call := range split(pendingOf(test.sizes)) {
			got = append(got, len(call))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// However large the entries are, each call keeps to the limits, the order stays, and nothing is lost or doubled.
func TestSplitOfAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pending := pendingOf(rapid.SliceOf(rapid.OneOf(rapid.IntRange(1, 2000), rapid.IntRange(1, maxCallSize-1))).Draw(t, "sizes"))
		next := 0
		for i, call := range split(pending) {
			size := 0
			for _, one := range call {
				if one.index != next {
					t.Fatalf("call %d has entry %d where %d should be", i, one.index, next)
				}
				next++
				size += one.size
			}
			if len(call) == 0 || len(call) > 10 || size >= 1_000_000 {
				t.Fatalf("call %d has %d entries of %d bytes", i, len(call), size)
			}
		}
		if next != len(pending) {
			t.Fatalf("%d of %d entries are in calls", next, len(pending))
		}
	})
}

func slicesOf(number, size int) []int {
	sizes := make([]int, number)
	for i := range sizes {
		sizes[i] = size
	}
	return sizes
}

func pendingOf(sizes []int) []outgoing {
	var pending []outgoing
	for i, size := range sizes {
		pending = append(pending, outgoing{index: i, size: size})
	}
	return pending
}
