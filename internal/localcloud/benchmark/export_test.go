package benchmark

// What tests of this package need of its inside.
var (
	AtMost      = atMost
	AtLeast     = atLeast
	AtMostTimes = atMostTimes
	Quantile    = quantile[int]
)
