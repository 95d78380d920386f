package social

import (
	"strings"
	"time"
)

const (
	// clockSkew is what may be between a network's clock and ours.
	clockSkew = time.Minute
	// listed is how many posts are asked for. A network lists its newest first.
	listed = 50
)

// candidate is a post that a network lists.
type candidate struct {
	Published
	text    string
	created time.Time // zero where it is not told
}

// choose is the post of that text that was made since. Nothing is known if none is it and the list may go on with posts as
// new, or if one could be it and lacks its time or its id.
func choose(candidates []candidate, text string, since time.Time) (Published, bool, error) {
	complete := len(candidates) < listed
	for _, candidate := range candidates {
		same := sameText(candidate.text, text)
		switch dated := !candidate.created.IsZero(); {
		case dated && candidate.created.Before(since):
			complete = true
		case same && dated && candidate.PostID != "":
			return candidate.Published, true, nil
		case same:
			return Published{}, false, ErrCannotFind
		}
	}
	if !complete {
		return Published{}, false, ErrCannotFind
	}
	return Published{}, false, nil
}

// sameText compares two texts but for blanks and line ends, which networks change.
func sameText(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}
