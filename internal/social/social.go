// Package social speaks with the networks that agents post to: Facebook, Instagram, LinkedIn and X, and the platform's own
// services for blog posts and newsletters. It makes posts, finds those whose answer was lost, and reads how posts do (rules:
// Social networks).
//
// Every answer is distrusted: it is read up to a bounded size, and one that does not say what it should is an error. Every
// failure is one of five kinds, which tell the caller what may have happened (RateLimitedError, UnauthorizedError,
// RefusedError, UnavailableError, UncertainError).
package social

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// The platforms that a channel may be of.
const (
	Facebook   = "facebook"
	Instagram  = "instagram"
	LinkedIn   = "linkedin"
	Twitter    = "twitter" // X
	Blog       = "blog"
	Newsletter = "newsletter"
)

// Network is one social network, or the platform's blog or newsletter service. It is safe for concurrent use.
type Network interface {
	// Publish makes a post. After an *UncertainError the post may have been made; after any other error it was not.
	Publish(ctx context.Context, account Account, post Post) (Published, error)
	// Find looks for a post that Publish may have made since a point in time, because its answer was lost. Not found means
	// that it was not made; a network may take some seconds to list what it has just accepted, so it is wise to ask with the
	// next try and not at once. A minute is allowed between the network's clock and ours. ErrCannotFind is the answer where
	// there is no way to know.
	//
	// The services for blog and newsletter find nothing: publishing again with the same Post.Key is how to ask them.
	Find(ctx context.Context, account Account, post Post, since time.Time) (published Published, found bool, err error)
	// Metrics reads how a post does. What a network does not count is 0; the services for blog and newsletter count nothing,
	// and refuse.
	Metrics(ctx context.Context, account Account, postID string) (Metrics, error)
}

// ErrCannotFind says that there is no way to know whether a post was made. Asking again may help only where the agent lets
// the platform read posts.
var ErrCannotFind error = cannotFindError{}

type cannotFindError struct{}

func (cannotFindError) Error() string { return "the network does not tell which posts were made" }

// Permanent tells that trying again would fail alike.
func (cannotFindError) Permanent() bool { return true }

// Account is where to post, and what lets us.
type Account struct {
	ID    string // the channel's accountId: a Facebook page, an Instagram user, a LinkedIn author, an X user
	Token Token  // the services for blog and newsletter may do without
}

// Post is what to post.
type Post struct {
	Key    string   // the same for the same scheduled item and channel; handed to services that know idempotency keys
	Text   string   // for social networks: as TextOf makes it
	Images []string // URLs

	// For blog and newsletter.
	Title, HTML, Plain string
	Recipients         []string // e-mail addresses, newsletter only
}

// Published is a post that was made. The URL is empty where the network does not tell it.
type Published struct{ PostID, URL string }

// Config is how the networks are reached.
type Config struct {
	HTTP *http.Client // nil is a client of its own; redirects are never followed, whatever it says of them

	// Without a path, such as https://graph.facebook.com; a network without one is not configured.
	FacebookBaseURL, InstagramBaseURL, LinkedInBaseURL, XBaseURL string

	FacebookVersion string // of the Graph API, which is Instagram's too, such as v23.0
	LinkedInVersion string // a month, such as 202606

	BlogURL, NewsletterURL string // of the platform's own services; empty is not configured

	Now   func() time.Time                                        // nil is time.Now
	Pause func(ctx context.Context, duration time.Duration) error // nil waits; it ends early, with an error, when the context does
}

// Networks are the networks that an environment knows.
type Networks struct{ byPlatform map[string]Network }

// New prepares the networks. It reaches none of them.
func New(config Config) *Networks {
	client := newClient(config.HTTP, config.Now)
	pause := config.Pause
	if pause == nil {
		pause = wait
	}
	graph := func(name, baseURL string) graph {
		return graph{client: client, name: name, address: address(baseURL), version: config.FacebookVersion}
	}
	return &Networks{byPlatform: map[string]Network{
		Facebook:  facebook{graph("Facebook", config.FacebookBaseURL)},
		Instagram: instagram{graph("Instagram", config.InstagramBaseURL), pause},
		LinkedIn:  linkedIn{client: client, address: address(config.LinkedInBaseURL), version: config.LinkedInVersion},
		Twitter:   twitter{client: client, address: address(config.XBaseURL)},

		Blog:       blog{service{client: client, name: "The blog", url: config.BlogURL}},
		Newsletter: newsletter{service{client: client, name: "The newsletter", url: config.NewsletterURL}},
	}}
}

// For is the network of a platform, if there is one of that name.
func (n *Networks) For(platform string) (Network, bool) {
	network, ok := n.byPlatform[platform]
	return network, ok
}

// IsSocial tells whether a platform is a social network, and not one of the platform's own services.
func IsSocial(platform string) bool {
	_, ok := limits()[platform]
	return ok
}

func wait(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// address is a base URL without the slash at its end.
func address(baseURL string) string { return strings.TrimRight(strings.TrimSpace(baseURL), "/") }
