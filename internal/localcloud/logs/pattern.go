package logs

import (
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// parsePattern reads a filter pattern of terms: a line matches that has all of them, none of those with a hyphen before them,
// and one of those with a question mark before them if there are only such. A term may stand in double quotes. Patterns of
// JSON and of columns are refused.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
func parsePattern(pattern string) (func(line string) bool, error) {
	pattern = strings.TrimSpace(pattern)
	if strings.HasPrefix(pattern, "{") || strings.HasPrefix(pattern, "[") || strings.HasPrefix(pattern, "%") {
		return nil, awsapi.Errorf("InvalidParameterException", "The local cloud knows filter patterns of terms only, such as ERROR or \"timed out\"")
	}
	var all, none, either []string
	for pattern != "" {
		list := &all
		switch pattern[0] {
		case '?':
			list, pattern = &either, pattern[1:]
		case '-':
			list, pattern = &none, pattern[1:]
		}
		var term string
		if quoted, isQuoted := strings.CutPrefix(pattern, `"`); isQuoted {
			var closed bool
			if term, pattern, closed = strings.Cut(quoted, `"`); !closed {
				return nil, awsapi.Errorf("InvalidParameterException", "Invalid character(s) in term '%s'", quoted)
			}
		} else {
			term, pattern, _ = strings.Cut(pattern, " ")
		}
		*list = append(*list, term)
		pattern = strings.TrimSpace(pattern)
	}
	return func(line string) bool {
		has := func(term string) bool { return strings.Contains(line, term) }
		return count(all, has) == len(all) && count(none, has) == 0 && (len(either) == 0 || len(all) > 0 || count(either, has) > 0)
	}, nil
}

func count(terms []string, has func(string) bool) int {
	found := 0
	for _, term := range terms {
		if has(term) {
			found++
		}
	}
	return found
}
