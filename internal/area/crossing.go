package area

import "github.com/paulmach/orb"

// crossesItself tells whether two edges of a closed ring cross each other. Edges that only touch enclose an area all the
// same, and do not count.
func crossesItself(ring orb.Ring) bool {
	edges := len(ring) - 1
	for i := range edges {
		for j := i + 2; j < edges; j++ {
			if cross(ring[i], ring[i+1], ring[j], ring[j+1]) {
				return true
			}
		}
	}
	return false
}

// cross tells whether the edges from a to b and from c to d meet in a point that is an end of neither.
func cross(a, b, c, d orb.Point) bool {
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

// side is positive where p lies left of the way from a to b, negative where it lies right, and 0 on it.
func side(a, b, p orb.Point) int {
	switch turn := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0]); {
	case turn > 0:
		return 1
	case turn < 0:
		return -1
	}
	return 0
}
