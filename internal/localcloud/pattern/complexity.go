package pattern

import (
	"bytes"
	"fmt"
	"strings"
)

// maxComplexity is how many places in the wildcards of a field a value may have reached at once.
const maxComplexity = 10

// tooComplex tells whether the wildcards of a field are more than AWS takes. It counts, for the worst value that there can
// be, the asterisks that have been reached and the beginnings of what follows them with which the value ends. Places that
// the wildcards of one anything-but share count once.
func tooComplex(alternatives []alternative) bool {
	for _, alternative := range alternatives {
		for i := range alternative {
			stretches := stretchesOf(alternative[i].tests.others)
			for _, first := range stretches {
				isFirst := first.before == first.anchor
				if isFirst && complexity(reachedWith(first, stretches)) > maxComplexity {
					return true
				}
			}
		}
	}
	return false
}

// stretch is what follows an asterisk in a wildcard, up to the next one or to the end of the string.
type stretch struct {
	owner  string // the test that the wildcard belongs to
	anchor string // what stands before the first asterisk
	before string // all that stands before this asterisk
	text   []byte
}

func stretchesOf(tests []test) []stretch {
	var stretches []stretch
	for i, member := range tests {
		switch member := member.(type) {
		case wildcard:
			stretches = append(stretches, member.stretches(member.text)...)
		case noneOf:
			for _, excluded := range member {
				if excluded, ok := excluded.(wildcard); ok {
					stretches = append(stretches, excluded.stretches(fmt.Sprintf("anything-but %d", i))...)
				}
			}
		}
	}
	return stretches
}

func (w wildcard) stretches(owner string) []stretch {
	const asterisk = "\xff" // no byte of a text
	var stretches []stretch
	anchor := string(w.segments[0])
	before := anchor
	for _, segment := range w.segments[1:] {
		stretches = append(stretches, stretch{owner, anchor, before, segment})
		before += asterisk + string(segment)
	}
	if last := len(stretches) - 1; last >= 0 {
		stretches[last].text = append(bytes.Clone(stretches[last].text), '"') // the string's end is one of its bytes
	}
	return stretches
}

// reachedWith returns the stretches of those wildcards whose first asterisk is reached whenever that before first is.
func reachedWith(first stretch, stretches []stretch) []stretch {
	var reached []stretch
	for _, other := range stretches {
		if strings.HasPrefix(first.anchor, other.anchor) {
			reached = append(reached, other)
		}
	}
	return reached
}

// complexity counts as far as maxComplexity, and one more for all that is beyond.
func complexity(stretches []stretch) int {
	asterisks := make(map[spot]bool)
	for _, s := range stretches {
		asterisks[spot{owner: s.owner, before: s.before}] = true
	}
	worst := 0
	for _, s := range stretches {
		for end := 1; end <= len(s.text) && len(asterisks)+worst <= maxComplexity; end++ {
			worst = max(worst, beginningsAtEndOf(s.text[:end], stretches))
		}
	}
	return min(len(asterisks)+worst, maxComplexity+1)
}

// spot is a place in a wildcard: how far into the stretch that follows an asterisk.
type spot struct {
	owner, before, beginning string
}

// beginningsAtEndOf counts the beginnings of stretches that text ends with.
func beginningsAtEndOf(text []byte, stretches []stretch) int {
	found := make(map[spot]bool)
	for _, s := range stretches {
		for length := 1; length <= min(len(s.text), len(text)); length++ {
			if beginning := s.text[:length]; bytes.HasSuffix(text, beginning) {
				found[spot{s.owner, s.before, string(beginning)}] = true
			}
		}
	}
	return len(found)
}
