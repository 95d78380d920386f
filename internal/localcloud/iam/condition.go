package iam

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// condition narrows a statement to callers of whom one thing is so.
type condition struct {
	key     string   // in lower case: keys know no case
	matches operator // how a value of the caller is compared
	values  []string // of which one must match
}

type operator func(pattern, value string) bool

// holds tells whether a condition is met. One on something that the service does not tell is not.
func (c condition) holds(caller Caller) bool {
	value := valueOf(c.key, caller)
	return value != "" && slices.ContainsFunc(c.values, func(pattern string) bool { return c.matches(pattern, value) })
}

const (
	sourceARN     = "aws:sourcearn"
	sourceAccount = "aws:sourceaccount"
)

// valueOf is what a service tells of the caller. EventBridge does not tell the account, so a permission that asks for it
// never lets a rule in.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
func valueOf(key string, caller Caller) string {
	switch {
	case key == sourceARN:
		return caller.SourceARN
	case caller.Service == EventBridge:
		return ""
	}
	const account = 4
	if parts := splitARN(caller.SourceARN); len(parts) > account {
		return parts[account]
	}
	return ""
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func operatorOf(name string) (operator, bool) {
	switch name {
	case "StringEquals":
		return func(pattern, value string) bool { return pattern == value }, true
	case "StringLike":
		return like, true
	case "ArnEquals", "ArnLike": // AWS makes no difference between the two.
		return likeARN, true
	}
	return nil, false
}

func parseConditions(element json.RawMessage) ([]condition, error) {
	if element == nil {
		return nil, nil
	}
	var operators map[string]map[string]json.RawMessage
	if err := json.Unmarshal(element, &operators); err != nil {
		return nil, errors.New("must be an object of operators, each an object of keys")
	}
	var conditions []condition
	for name, keys := range operators {
		matches, known := operatorOf(name)
		if !known {
			return nil, fmt.Errorf("the operator %s is not supported: use ArnEquals, ArnLike, StringEquals or StringLike", name)
		}
		for key, element := range keys {
			values, err := listOf[string](element)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", name, key, err)
			}
			folded := strings.ToLower(key)
			if folded != sourceARN && folded != sourceAccount {
				return nil, fmt.Errorf("%s: the key %s is not supported: use aws:SourceArn or aws:SourceAccount", name, key)
			}
			conditions = append(conditions, condition{folded, matches, values})
		}
	}
	return conditions, nil
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
