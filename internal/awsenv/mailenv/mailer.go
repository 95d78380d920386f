// Package mailenv makes what a function mails with, from the variables that the template gives it. It is apart from awsenv,
// so that functions that mail nothing need none of these variables, and link none of these clients.
package mailenv

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/mail"
	"github.com/bayon-coagent/event-consumers/internal/unsubscribe"
)

// Mailer is what a function writes and sends mails with. It is safe for concurrent use. The clients of SES and of Secrets
// Manager are made when they are first needed.
type Mailer struct {
	Composer *mail.Composer
	Sender   *mail.Sender
	Secret   *unsubscribe.Secret
}

// Load makes the mailer of a function. It fails with an error that names every variable that is missing or wrong.
func Load(platform *awsenv.Platform) (*Mailer, error) {
	mailer, err := load(platform.AWS, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("%s cannot start: %w", platform.Function, err)
	}
	return mailer, nil
}

func load(config aws.Config, lookup func(string) string) (*Mailer, error) {
	from := awsenv.NewReader(lookup)
	sender, base := from.Required("MAIL_FROM"), from.Required("APP_BASE_URL")
	secret := from.Required("UNSUBSCRIBE_SECRET_ARN")
	configurationSet := from.Optional("SES_CONFIGURATION_SET")
	endpointSES, endpointSecrets := from.Endpoint("SESV2"), from.Endpoint("SECRETS_MANAGER")
	if err := from.Err(); err != nil {
		return nil, err
	}
	composer, err := mail.NewComposer(sender, base)
	if err != nil {
		return nil, fmt.Errorf("MAIL_FROM, APP_BASE_URL: %w", err)
	}
	return &Mailer{
		Composer: composer,
		Sender: mail.NewSender(sync.OnceValue(func() mail.SendEmail {
			client := sesv2.NewFromConfig(config, func(options *sesv2.Options) { options.BaseEndpoint = endpointSES })
			return withConfigurationSet(client.SendEmail, configurationSet)
		})),
		Secret: unsubscribe.NewSecret(sync.OnceValue(func() unsubscribe.GetSecretValue {
			return secretsmanager.NewFromConfig(config, func(options *secretsmanager.Options) {
				options.BaseEndpoint = endpointSecrets
			}).GetSecretValue
		}), secret),
	}, nil
}

// withConfigurationSet sends each mail with a configuration set, which tells SES whom to tell of bounces; empty is none.
func withConfigurationSet(send mail.SendEmail, name string) mail.SendEmail {
	if name == "" {
		return send
	}
	return func(ctx context.Context, input *sesv2.SendEmailInput, options ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
		input.ConfigurationSetName = &name
		return send(ctx, input, options...)
	}
}
