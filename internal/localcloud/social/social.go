// Package social is the social networks of the local cloud, and the platform's blog and newsletter services: it takes posts
// as they take them, refuses what they refuse, answers as they answer, and keeps what was posted for whoever wants to look
// at it. Nothing leaves the machine. One file tells of one network.
//
// Any token and any account will do (blog and newsletter take posts without a token, too), but for those that ask for trouble (trouble.go). A token is looked at while its request
// lasts: it is never kept, logged or shown. One that stands in a URL is refused, though Facebook and Instagram would take it
// there, as logs keep URLs.
//
// Requests, answers and limits are those of the networks' public documentation, which each file names. No public source
// could be found for these, and so they are the local cloud's own:
//   - the HTTP status of Facebook's and Instagram's refusals of a token (both 400 and 401 are told of; here it is 401) and of
//     their rate limits (their documentation tells the error codes only; here it is 429 with Retry-After);
//   - what LinkedIn answers to a text that is too long, to an image that it does not know, and to a request without
//     X-Restli-Protocol-Version; in which form it gives back the commentary of a post (here as it was sent);
//   - what Instagram answers when a container is published twice, and to a carousel whose items are not ready yet (here it is
//     ready once they are);
//   - for how long X takes a text for a duplicate (here one day), and which words without https:// it takes for links;
//   - how X answers a client that asks for the posts of an account that does not exist (here there are none).
//
// Facebook (code 506) and LinkedIn (DUPLICATE_POST) can refuse a post that repeats the one before, too. Here they take it, so
// that whoever posts twice is found out. Quotas are never used up, and permissions are all there.
package social

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
)

// Config is what a Sandbox needs.
type Config struct {
	// Space holds what was posted.
	Space *store.Space
	// Owner tells whose token it is on a platform, where a request does not name the account: X, blog and newsletter know.
	// Nil knows none. Where it fails, the network has a fault of its own: the post of somebody would be nobody's.
	Owner func(ctx context.Context, platform, token string) (account string, known bool, err error)
	// Faults happen by chance; the zero Faults never.
	Faults Faults
	// Scale shortens the time that Instagram needs for an image; nil leaves it as it is.
	Scale func(time.Duration) time.Duration
	// Late is how long an answer takes that is late; 0 means 5 seconds.
	Late time.Duration
	// Now is the time; nil means time.Now.
	Now func() time.Time
}

// Faults decide what goes wrong with the next request. A nil function never does.
type Faults struct {
	Limit func() bool // refused as one too many
	Fail  func() bool // refused with an error of the network's own
	Cut   func() bool // posted, but the answer is lost
}

// Sandbox is all networks together. It is safe for concurrent use.
type Sandbox struct {
	space    *store.Space
	owner    func(ctx context.Context, platform, token string) (string, bool, error)
	faults   Faults
	scale    func(time.Duration) time.Duration
	late     time.Duration
	now      func() time.Time
	secret   []byte // tells tokens apart that nobody is known to own
	accounts byAccount

	mu   sync.Mutex // held while something is decided by what is kept, and kept
	last uint64     // number of the post that was made last
}

const defaultLate = 5 * time.Second

// New opens the sandbox that a space holds.
func New(config Config) (*Sandbox, error) {
	s := &Sandbox{
		space: config.Space, owner: config.Owner, faults: config.Faults, scale: config.Scale, late: config.Late, now: config.Now,
		accounts: byAccount{numbers: map[account][]uint64{}},
	}
	if s.owner == nil {
		s.owner = func(context.Context, string, string) (string, bool, error) { return "", false, nil }
	}
	if s.scale == nil {
		s.scale = func(wait time.Duration) time.Duration { return wait }
	}
	if s.late == 0 {
		s.late = defaultLate
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.loadSecret(); err != nil {
		return nil, err
	}
	return s, s.remember()
}

func (s *Sandbox) loadSecret() error {
	saved, found, err := s.space.Get(key(keepSecret))
	if err != nil || found {
		s.secret = saved
		return err
	}
	s.secret = make([]byte, sha256.Size)
	if _, err := rand.Read(s.secret); err != nil {
		return fmt.Errorf("draw a secret: %w", err)
	}
	return s.set(key(keepSecret), s.secret)
}

func happens(fault func() bool) bool { return fault != nil && fault() }

// ownerOf is the account that a token belongs to. A token that nobody is known to own has an account of its own, whose
// name does not tell the token.
func (s *Sandbox) ownerOf(ctx context.Context, platform, token string) (account string, known bool, err error) {
	if account, known, err = s.owner(ctx, platform, token); err != nil || known {
		return account, known, err
	}
	digest := hmac.New(sha256.New, s.secret)
	digest.Write([]byte(platform + "\x00" + token))
	const bytesShown = 4
	return "token-" + hex.EncodeToString(digest.Sum(nil)[:bytesShown]), false, nil
}

// The platforms, as channels and the record name them.
const (
	platformFacebook   = "facebook"
	platformInstagram  = "instagram"
	platformLinkedIn   = "linkedin"
	platformX          = "twitter"
	platformBlog       = "blog"
	platformNewsletter = "newsletter"
)

// BaseURLs are the addresses of the networks by the environment variables that lead functions to them.
func BaseURLs(endpoint string) map[string]string {
	base := endpoint + Prefix
	return map[string]string{
		"FACEBOOK_BASE_URL":  base + platformFacebook,
		"INSTAGRAM_BASE_URL": base + platformInstagram,
		"LINKEDIN_BASE_URL":  base + platformLinkedIn,
		"X_BASE_URL":         base + platformX,
		"BLOG_URL":           base + platformBlog,
		"NEWSLETTER_URL":     base + platformNewsletter,
	}
}
