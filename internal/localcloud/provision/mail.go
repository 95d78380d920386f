package provision

import (
	"maps"
	"net/mail"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// MailIdentities are the addresses and domains that mail may be sent from: those that the template declares, and those
// that it only names. People verify an identity once, by hand, and give the template its address as a parameter. So an
// address counts as verified, too, when it is the value of a function's environment variable in whose name, split at the
// underscores, one word is FROM: MAIL_FROM, FROM_ADDRESS, EMAIL_FROM_ADDRESS.
func MailIdentities(stack *template.Stack) []mailbox.Identity {
	var identities []mailbox.Identity
	for _, declared := range stack.EmailIdentities {
		identities = append(identities, mailbox.Identity{Name: declared.Name, ConfigurationSet: declared.ConfigurationSet})
	}
	for _, function := range stack.Functions {
		for _, name := range slices.Sorted(maps.Keys(function.Environment)) {
			if !slices.Contains(strings.Split(strings.ToUpper(name), "_"), "FROM") {
				continue
			}
			if parsed, err := mail.ParseAddress(function.Environment[name]); err == nil {
				identities = append(identities, mailbox.Identity{Name: parsed.Address})
			}
		}
	}
	return identities
}

// ConfigurationSets are those of the template.
func ConfigurationSets(stack *template.Stack) []mailbox.ConfigurationSet {
	sets := make([]mailbox.ConfigurationSet, len(stack.ConfigurationSets))
	for i, declared := range stack.ConfigurationSets {
		sets[i] = mailbox.ConfigurationSet{Name: declared.Name, Paused: declared.Paused}
	}
	return sets
}
