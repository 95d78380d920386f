package verification

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

const localAccount = awsapi.Account

// statement is a statement of a policy, as far as it is compared: who may do what with what, for which sources.
type statement struct {
	Effect        string
	Principals    []string
	NotPrincipals []string `json:",omitempty"`
	Actions       []string
	NotActions    []string `json:",omitempty"`
	Resources     []string
	NotResources  []string `json:",omitempty"`
	Sources       []string // of ArnEquals or ArnLike on aws:SourceArn, which do the same
	Conditions    any      // all others
}

// identified is a statement and its id, which says nothing.
type identified struct {
	SID string
	statement
}

// statementsOf reads a policy, in an order that does not depend on how it is written. What cannot be read has none.
func statementsOf(policy string) []statement {
	statements := []statement{}
	for _, read := range identifiedIn(policy) {
		statements = append(statements, read.statement)
	}
	slices.SortFunc(statements, func(a, b statement) int { return strings.Compare(words(a), words(b)) })
	return statements
}

// identifiedIn reads a policy as it is written.
func identifiedIn(policy string) (statements []identified) {
	var document struct {
		Statement []struct {
			SID          string `json:"Sid"`
			Effect       string
			Principal    any
			NotPrincipal any
			Action       any
			NotAction    any
			Resource     any
			NotResource  any
			Condition    map[string]map[string]any
		}
	}
	if json.Unmarshal([]byte(policy), &document) != nil {
		return nil
	}
	for _, written := range document.Statement {
		read := statement{
			Effect: written.Effect, Principals: principalsOf(written.Principal), NotPrincipals: principalsOf(written.NotPrincipal),
			Actions: textsOf(written.Action), NotActions: textsOf(written.NotAction),
			Resources: textsOf(written.Resource), NotResources: textsOf(written.NotResource),
		}
		others := map[string]map[string][]string{}
		for operator, keys := range written.Condition {
			for key, values := range keys {
				if strings.EqualFold(key, "aws:SourceArn") && (operator == "ArnEquals" || operator == "ArnLike") {
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
		statements = append(statements, identified{written.SID, read})
	}
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
