// Package socialenv makes what a function speaks to social networks with, from the variables that the template gives it. It
// is apart from awsenv, so that functions that speak to none need none of these variables, and link none of this.
package socialenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/bayon-coagent/event-consumers/internal/awsenv"
	"github.com/bayon-coagent/event-consumers/internal/social"
)

// Networks are the networks that a function speaks to, and what opens the tokens for them. They are safe for concurrent use.
// The networks and the client of KMS are made when they are first needed.
type Networks struct {
	networks func() *social.Networks
	decrypt  func() decrypt
}

type decrypt = func(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)

// Load prepares the networks of a function. It fails with an error that names every variable that is missing or wrong.
func Load(platform *awsenv.Platform) (*Networks, error) {
	networks, err := load(platform.AWS, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("%s cannot start: %w", platform.Function, err)
	}
	return networks, nil
}

func load(config aws.Config, lookup func(string) string) (*Networks, error) {
	from := awsenv.NewReader(lookup)
	read := social.Config{
		FacebookBaseURL:  from.URL("FACEBOOK_BASE_URL"),
		InstagramBaseURL: from.URL("INSTAGRAM_BASE_URL"),
		LinkedInBaseURL:  from.URL("LINKEDIN_BASE_URL"),
		XBaseURL:         from.URL("X_BASE_URL"),
		BlogURL:          from.URL("BLOG_URL"),
		NewsletterURL:    from.URL("NEWSLETTER_URL"),
		FacebookVersion:  from.Required("FACEBOOK_VERSION"),
		LinkedInVersion:  from.Required("LINKEDIN_VERSION"),
	}
	endpoint := from.Endpoint("KMS")
	if err := from.Err(); err != nil {
		return nil, err
	}
	return &Networks{
		networks: sync.OnceValue(func() *social.Networks { return social.New(read) }),
		decrypt: sync.OnceValue(func() decrypt {
			return kms.NewFromConfig(config, func(options *kms.Options) { options.BaseEndpoint = endpoint }).Decrypt
		}),
	}, nil
}

// For is the network of a platform, if there is one of that name.
func (n *Networks) For(platform string) (social.Network, bool) { return n.networks().For(platform) }

// Decrypt opens a KMS ciphertext. It fails with *social.UnauthorizedError where no retry can open it.
func (n *Networks) Decrypt(ctx context.Context, ciphertext []byte) ([]byte, error) {
	answer, err := n.decrypt()(ctx, &kms.DecryptInput{CiphertextBlob: ciphertext})
	var invalid *types.InvalidCiphertextException
	var anotherKey *types.IncorrectKeyException
	var gone *types.NotFoundException
	if errors.As(err, &invalid) || errors.As(err, &anotherKey) || errors.As(err, &gone) {
		return nil, &social.UnauthorizedError{Reason: "The access to this account cannot be read. Please connect it again."}
	}
	if err != nil {
		return nil, err
	}
	return answer.Plaintext, nil
}
