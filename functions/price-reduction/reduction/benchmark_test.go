package reduction_test

import (
	"fmt"
	"testing"
)

// benchmarkListings is how many listings the agent of a benchmark has.
const benchmarkListings = 1_000

// reportPerListing adds the time that one listing takes; a review is of all listings.
func reportPerListing(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkListings, "ns/listing")
}

// BenchmarkReviewUnchanged reviews listings of which none has changed, as most syncs do.
func BenchmarkReviewUnchanged(b *testing.B) {
	w := newWorld(b)
	for number := range benchmarkListings {
		w.List(fmt.Sprint("L", number), 500_000, 0, nil)
	}
	w.mustSync()
	b.ReportAllocs()
	for b.Loop() {
		w.mustSync()
	}
	reportPerListing(b)
}

// BenchmarkReviewReduced reviews listings of which one in a hundred got cheaper.
func BenchmarkReviewReduced(b *testing.B) {
	w := newWorld(b)
	for number := range benchmarkListings {
		w.List(fmt.Sprint("L", number), 500_000, 0, nil)
	}
	w.mustSync()
	b.ReportAllocs()
	var syncs int64
	for b.Loop() {
		b.StopTimer()
		syncs++
		for number := range benchmarkListings / 100 {
			w.List(fmt.Sprint("L", number), 500_000-syncs, syncs, nil)
		}
		b.StartTimer()
		w.mustSync()
	}
	reportPerListing(b)
}

// BenchmarkReviewFirstSight reviews listings that were never seen before.
func BenchmarkReviewFirstSight(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		for number := range benchmarkListings {
			w.List(fmt.Sprint("L", number), 500_000, 0, nil)
		}
		b.StartTimer()
		w.mustSync()
	}
	reportPerListing(b)
}
