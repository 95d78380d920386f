package mail

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// SendEmail is the call of *sesv2.Client that a Sender makes. It is a function and no interface because of what the linker
// does: a client in an interface keeps all of its operations in the binary, a method of it only that one
// (docs/decisions/0007-operations-instead-of-clients.md).
type SendEmail func(ctx context.Context, input *sesv2.SendEmailInput, options ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)

// Sender sends letters through Amazon SES. It is safe for concurrent use.
type Sender struct {
	client  func() SendEmail
	backoff retry.BackoffDelayer // nil is the SDK's
}

// NewSender sends through a client that is asked for when the first letter is sent, so that a function that mails nothing
// makes none: sync.OnceValue is what to give.
func NewSender(client func() SendEmail) *Sender { return &Sender{client: client} }

const (
	// attempts is how often SES is asked while it says that it is asked too often.
	attempts = 4
	// patience is how long a letter may take in all.
	patience = 20 * time.Second
)

// Send hands a letter to SES, and returns the id that SES gives it. A failure is one of three:
//
//   - *UnavailableError: the letter was certainly not sent; trying again later may help.
//   - *RefusedError: the letter was certainly not sent; trying again would fail alike.
//   - *UncertainError: the letter may have been sent.
//
// SES has no way to send a letter at most once: SendEmail takes no client token, and none of its members is an idempotency
// token (the service's model of 2019-09-27, and
// https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html). The same letter sent twice is two mails. So
// Send never sends again what may have been sent: of the SDK's own retries only those remain that follow an answer by which
// SES refuses for now. Whether to send again after an *UncertainError is for the caller to decide.
//
// Each letter has a connection of its own. A function is frozen between invocations; a connection that was cut meanwhile
// would look like one that was cut after the letter was sent.
func (s *Sender) Send(ctx context.Context, letter Letter) (messageID string, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var attempt attempt
	answer, err := s.client()(attempt.watched(ctx), letter.input(), func(options *sesv2.Options) {
		options.Retryer = retry.NewStandard(func(standard *retry.StandardOptions) {
			standard.MaxAttempts = attempts
			standard.Retryables = []retry.IsErrorRetryable{retry.IsErrorRetryableFunc(attempt.mayBeRepeated)}
			if s.backoff != nil {
				standard.Backoff = s.backoff
			}
		})
		options.APIOptions = append(options.APIOptions, onConnectionOfItsOwn)
	})
	if err != nil {
		return "", attempt.failure(err)
	}
	return aws.ToString(answer.MessageId), nil
}

func (l Letter) input() *sesv2.SendEmailInput {
	message := &types.Message{
		Subject: utf8Content(l.Subject),
		Body:    &types.Body{Text: utf8Content(l.Text), Html: utf8Content(l.HTML)},
	}
	for _, header := range l.Headers {
		message.Headers = append(message.Headers, types.MessageHeader{Name: &header.Name, Value: &header.Value})
	}
	input := &sesv2.SendEmailInput{
		FromEmailAddress: &l.From,
		Destination:      &types.Destination{ToAddresses: []string{l.To}},
		Content:          &types.EmailContent{Simple: message},
	}
	for _, tag := range l.Tags {
		input.EmailTags = append(input.EmailTags, types.MessageTag{Name: &tag.Name, Value: &tag.Value})
	}
	return input
}

func utf8Content(text string) *types.Content {
	return &types.Content{Data: &text, Charset: aws.String("UTF-8")}
}

// attempt knows of the latest attempt to send a letter whether SES may have it.
type attempt struct{ mayHaveArrived atomic.Bool }

// watched is a context whose requests tell the attempt how far they come. What matters is the first moment at which part of
// the letter may be under way, which is when the headers have been written.
func (a *attempt) watched(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { a.mayHaveArrived.Store(false) },
		WroteHeaders: func() { a.mayHaveArrived.Store(true) },
	})
}

// mayBeRepeated lets the SDK try again only after an answer that SES is asked too often.
func (a *attempt) mayBeRepeated(err error) aws.Ternary {
	if !throttled(err) {
		return aws.FalseTernary
	}
	a.mayHaveArrived.Store(false)
	return aws.TrueTernary
}

// onConnectionOfItsOwn has the connection closed after the request.
func onConnectionOfItsOwn(stack *middleware.Stack) error {
	return stack.Build.Add(middleware.BuildMiddlewareFunc("ConnectionOfItsOwn", func(
		ctx context.Context, input middleware.BuildInput, next middleware.BuildHandler,
	) (middleware.BuildOutput, middleware.Metadata, error) {
		if request, ok := input.Request.(*smithyhttp.Request); ok {
			request.Close = true
		}
		return next.HandleBuild(ctx, input)
	}), middleware.After)
}
