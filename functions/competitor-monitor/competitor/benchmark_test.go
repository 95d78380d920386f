package competitor_test

import (
	"fmt"
	"testing"
)

// benchmarkListings is how many listings the competitor of a benchmark has.
const benchmarkListings = 1_000

// reportPerListing adds the time that one listing takes; a review is of all listings.
func reportPerListing(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkListings, "ns/listing")
}

// BenchmarkReviewUnchanged reviews listings of which none has changed, as most reviews do.
func BenchmarkReviewUnchanged(b *testing.B) {
	w := newWorld(b)
	for number := range benchmarkListings {
		w.list(fmt.Sprint("L", number), 500_000, 0, nil)
	}
	w.mustCheck()
	b.ReportAllocs()
	for b.Loop() {
		w.mustCheck()
	}
	reportPerListing(b)
}

// BenchmarkReviewOfOthers reviews listings of which none is a competitor's, as most listings are.
func BenchmarkReviewOfOthers(b *testing.B) {
	w := newWorld(b)
	for number := range benchmarkListings {
		w.list(fmt.Sprint("L", number), 500_000, 0, fields{"listAgentMlsId": "other"})
	}
	w.mustCheck()
	b.ReportAllocs()
	for b.Loop() {
		w.mustCheck()
	}
	reportPerListing(b)
}
