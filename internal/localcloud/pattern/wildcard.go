package pattern

import (
	"bytes"
	"fmt"
)

// wildcard lets strings through that consist of its segments, in order, with anything between them.
type wildcard struct {
	text     string
	segments [][]byte // one more than there are asterisks
}

// parseWildcard reads a text in which * stands for anything, \* for an asterisk and \\ for a backslash. Its errors are in
// AWS's words, which count positions from the opening quote.
func parseWildcard(text string) (wildcard, error) {
	segments := [][]byte{nil}
	for i := 0; i < len(text); i++ {
		last := len(segments) - 1
		switch c := text[i]; {
		case c == '*' && i+1 < len(text) && text[i+1] == '*':
			return wildcard{}, fmt.Errorf("Consecutive wildcard characters at pos %d", i+1) //nolint:staticcheck // AWS's wording
		case c == '*':
			segments = append(segments, nil)
		case c != '\\':
			segments[last] = append(segments[last], c)
		case i+1 < len(text) && (text[i+1] == '*' || text[i+1] == '\\'):
			i++
			segments[last] = append(segments[last], text[i])
		default:
			return wildcard{}, fmt.Errorf("Invalid escape character at pos %d", i+1) //nolint:staticcheck // AWS's wording
		}
	}
	return wildcard{text, segments}, nil
}

func (w wildcard) passes(v *value) bool {
	if v.kind != stringValue {
		return false
	}
	first, last := w.segments[0], w.segments[len(w.segments)-1]
	rest, found := bytes.CutPrefix(v.text, first)
	if len(w.segments) == 1 {
		return found && len(rest) == 0
	}
	if !found {
		return false
	}
	if rest, found = bytes.CutSuffix(rest, last); !found {
		return false
	}
	for _, segment := range w.segments[1 : len(w.segments)-1] {
		if _, rest, found = bytes.Cut(rest, segment); !found {
			return false
		}
	}
	return true
}
