package provision

import (
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/keys"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Keys makes the keys and their aliases be there. The material of a key stays.
func Keys(all *keys.Keys, stack *template.Stack) error {
	for _, described := range stack.Keys {
		if err := all.Declare(keys.Key{ID: described.Name, Disabled: described.Disabled}); err != nil {
			return fmt.Errorf("key %s: %w", described.LogicalID, err)
		}
	}
	for _, described := range stack.KeyAliases {
		if err := all.DeclareAlias(described.Name, described.Target); err != nil {
			return fmt.Errorf("alias %s: %w", described.LogicalID, err)
		}
	}
	return nil
}
