package verification

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

const localAccount = awsapi.Account

// statement is a statement of a policy, as far as it is compared: who may do what, for which sources.
type statement struct {
	Effect     string
	Principals []string
	Actions    []string
	Sources    []string // of ArnEquals or ArnLike on aws:SourceArn
	Conditions any      // all others
}

// statementsOf reads a policy, in an order that does not depend on how it is written. What cannot be read has none.
func statementsOf(policy string) []statement {
	var document struct {
		Statement []struct {
			Effect    string
			Principal any
			Action    any
			Condition map[string]map[string]any
		}
	}
	statements := []statement{}
	if json.Unmarshal([]byte(policy), &document) != nil {
		return statements
	}
	for _, written := range document.Statement {
		read := statement{Effect: written.Effect, Principals: principalsOf(written.Principal), Actions: textsOf(written.Action)}
		others := map[string]map[string][]string{}
		for operator, keys := range written.Condition {
			for key, values := range keys {
				if strings.EqualFold(key, "aws:SourceArn") && strings.HasPrefix(operator, "Arn") {
					read.Sources = append(read.Sources, textsOf(values)...)
					continue
				}
				if others[operator] == nil {
					others[operator] = map[string][]string{}
				}
				others[operator][strings.ToLower(key)] = textsOf(values)
			}
		}
		slices.Sort(read.Sources)
		if len(others) > 0 {
			read.Conditions = others
		}
		statements = append(statements, read)
	}
	slices.SortFunc(statements, func(a, b statement) int { return strings.Compare(words(a), words(b)) })
	return statements
}

func principalsOf(written any) []string {
	kinds, isObject := written.(map[string]any)
	if !isObject {
		return textsOf(written)
	}
	var all []string
	for _, names := range kinds {
		all = append(all, textsOf(names)...)
	}
	slices.Sort(all)
	return all
}

// textsOf reads a text or a list of texts, sorted.
func textsOf(written any) []string {
	switch written := written.(type) {
	case string:
		return []string{written}
	case []any:
		var all []string
		for _, item := range written {
			if text, isText := item.(string); isText {
				all = append(all, text)
			}
		}
		slices.Sort(all)
		return all
	}
	return nil
}
