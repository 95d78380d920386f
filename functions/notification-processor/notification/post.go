package notification

import (
	"context"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/awsenv/mailenv"
	"github.com/bayon-coagent/event-consumers/internal/mail"
)

// post is the Mailer that writes the platform's mails and sends them through Amazon SES.
type post struct {
	*mailenv.Mailer

	now func() time.Time
}

// Compose writes a letter that has a link to unsubscribe from its kind.
func (p post) Compose(ctx context.Context, userID string, to mail.Addressee, content mail.Content) (mail.Letter, error) {
	signer, err := p.Secret.Signer(ctx)
	if err != nil {
		return mail.Letter{}, err
	}
	return p.Composer.Compose(to, content, signer.Token(userID, content.Kind(), p.now()))
}

// Send hands a letter to SES.
func (p post) Send(ctx context.Context, letter mail.Letter) (messageID string, err error) {
	return p.Sender.Send(ctx, letter)
}
