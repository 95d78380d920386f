package provision

import (
	"fmt"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/secrets"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Secrets makes the secrets be there. Values that were generated stay.
func Secrets(all *secrets.Secrets, described []template.Secret) error {
	for _, d := range described {
		secret := secrets.Secret{Name: d.Name, ARN: d.ARN, Value: d.Value}
		if d.Generate != nil {
			generate := secrets.Generate(*d.Generate)
			secret.Generate = &generate
		}
		if err := all.Declare(secret); err != nil {
			return fmt.Errorf("secret %s: %w", d.LogicalID, err)
		}
	}
	return nil
}
