package conformance_test

import (
	"math/rand/v2"
)

// object is a JSON object.
type object = map[string]any

// random draws what a seed determines.
type random struct{ *rand.Rand }

func newRandom(seed, sequence uint64) random { return random{rand.New(rand.NewPCG(seed, sequence))} }

// chance is true in so many of a hundred cases.
func (r random) chance(percent int) bool { return r.IntN(100) < percent }

// pick draws one of a few, all equally likely.
func pick[T any](r random, of ...T) T { return of[r.IntN(len(of))] }

// choice is one of several ways to go on, so many times as likely as one of weight 1.
type choice[T any] struct {
	weight int
	make   func() T
}

func choose[T any](r random, choices ...choice[T]) T {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	at := r.IntN(total)
	for _, c := range choices {
		if at -= c.weight; at < 0 {
			return c.make()
		}
	}
	panic("not reached: the weights are used up")
}
