package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// condition narrows a statement to calls of which one thing is so.
type condition struct {
	key        string   // in lower case: keys know no case
	quantifier string   // ForAllValues or ForAnyValue, for keys with several values; else empty
	negated    bool     // whether no value may match
	ifExists   bool     // whether it is met when the call has nothing of the key
	matches    operator // how a value of the call is compared
	values     []string
}

type operator func(pattern, value string) bool

// holds tells whether a condition is met by what is told of a call. One on something that is not told is not, unless it
// is negated, or for all of no values.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
func (c condition) holds(told map[string][]string) bool {
	values := told[c.key]
	fits := func(value string) bool {
		matched := slices.ContainsFunc(c.values, func(pattern string) bool { return c.matches(pattern, value) })
		return matched != c.negated
	}
	switch {
	case len(values) == 0:
		return c.quantifier == forAllValues || c.ifExists || c.negated && c.quantifier == ""
	case c.quantifier == forAllValues, c.quantifier == "" && c.negated:
		return !slices.ContainsFunc(values, func(value string) bool { return !fits(value) })
	}
	return slices.ContainsFunc(values, fits)
}

const (
	forAllValues = "ForAllValues"
	forAnyValue  = "ForAnyValue"
)

// The condition keys that are the same for all services.
const (
	sourceARN        = "aws:sourcearn"
	sourceAccount    = "aws:sourceaccount"
	principalAccount = "aws:principalaccount"
)

// parseOperator reads an operator's name, with what may stand before and behind it.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func parseOperator(name string) (condition, bool) {
	var parsed condition
	bare := name
	if before, after, quantified := strings.Cut(name, ":"); quantified {
		if before != forAllValues && before != forAnyValue {
			return condition{}, false
		}
		parsed.quantifier, bare = before, after
	}
	bare, parsed.ifExists = strings.CutSuffix(bare, "IfExists")
	switch bare {
	case "StringEquals", "StringNotEquals":
		parsed.matches = func(pattern, value string) bool { return pattern == value }
	case "StringLike", "StringNotLike":
		parsed.matches = like
	case "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike": // AWS makes no difference between the two.
		parsed.matches = likeARN
	default:
		return condition{}, false
	}
	parsed.negated = strings.Contains(bare, "Not")
	return parsed, true
}

// parseConditions reads the Condition of a statement that may ask for some keys.
func parseConditions(element json.RawMessage, known func(key string) bool) ([]condition, error) {
	if element == nil {
		return nil, nil
	}
	var operators map[string]map[string]json.RawMessage
	if err := json.Unmarshal(element, &operators); err != nil {
		return nil, errors.New("must be an object of operators, each an object of keys")
	}
	var conditions []condition
	for name, keys := range operators {
		parsed, supported := parseOperator(name)
		if !supported {
			return nil, fmt.Errorf("the operator %s is not supported: use ArnEquals, ArnLike, StringEquals or StringLike, "+
				"their negations, ForAllValues and ForAnyValue, and IfExists", name)
		}
		for key, element := range keys {
			values, err := listOf[string](element)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, key, err)
			}
			if parsed.key = strings.ToLower(key); !known(parsed.key) {
				return nil, fmt.Errorf("%s: the key %s is not supported", name, key)
			}
			parsed.values = values
			conditions = append(conditions, parsed)
		}
	}
	return conditions, nil
}

// keyOfResourcePolicy tells whether a resource's policy may ask for a key.
func keyOfResourcePolicy(key string) bool {
	return slices.Contains([]string{sourceARN, sourceAccount, principalAccount, "events:source", "events:detail-type"}, key)
}

// likeARN compares two ARNs part by part, so that an asterisk does not reach into the next part.
func likeARN(pattern, value string) bool {
	patterns, values := splitARN(pattern), splitARN(value)
	if len(patterns) != len(values) {
		return false
	}
	for i := range patterns {
		if !like(patterns[i], values[i]) {
			return false
		}
	}
	return true
}

// splitARN splits an ARN into its six parts; the last one may hold colons.
func splitARN(arn string) []string {
	const parts = 6
	return strings.SplitN(arn, ":", parts)
}

// like tells whether a text matches a pattern in which * stands for any text and ? for any one byte.
func like(pattern, text string) bool {
	star, resume := -1, 0 // where the last asterisk stands, and where in the text what follows it is tried next
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			resume++
			p, t = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
