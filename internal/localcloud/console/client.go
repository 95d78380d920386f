package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/bus"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/mailbox"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
)

// ErrNotRunning says that no local cloud answers at the endpoint.
var ErrNotRunning = errors.New("the local cloud is not running")

// Client looks at a local cloud from outside.
type Client struct {
	Endpoint string // such as http://127.0.0.1:4599
}

// Health tells how the local cloud is. It fails with ErrNotRunning.
func (c Client) Health(ctx context.Context) (Health, error) {
	var health Health
	err := c.get(ctx, pathHealth, &health)
	return health, err
}

// PreviewReplay tells what a replay of an archive's events in [from, to) would bring to rules, given by their ARNs; to all if
// there are none.
func (c Client) PreviewReplay(ctx context.Context, archive string, from, to time.Time, rules []string) (bus.Preview, error) {
	query := url.Values{
		"archive": {archive}, "from": {from.UTC().Format(time.RFC3339)}, "to": {to.UTC().Format(time.RFC3339)}, "rule": rules,
	}
	var preview bus.Preview
	err := c.get(ctx, pathPreview+"?"+query.Encode(), &preview)
	return preview, err
}

// Mails returns the mail that was sent, oldest first.
func (c Client) Mails(ctx context.Context) ([]mailbox.Mail, error) {
	var mails []mailbox.Mail
	err := c.get(ctx, pathMail, &mails)
	return mails, err
}

// Posts returns what was posted to social networks, oldest first.
func (c Client) Posts(ctx context.Context) ([]social.Post, error) {
	var posts []social.Post
	err := c.get(ctx, pathSocial, &posts)
	return posts, err
}

// Permissions tells what the roles of the stack did, and what they were refused.
func (c Client) Permissions(ctx context.Context) (iam.Report, error) {
	var report iam.Report
	err := c.get(ctx, pathRoles, &report)
	return report, err
}

// pollEvery is the pause between two looks at a local cloud that is waited for.
const pollEvery = 20 * time.Millisecond

// AwaitReady waits until all functions wait for events, or ctx ends.
func (c Client) AwaitReady(ctx context.Context) (Health, error) {
	for {
		health, err := c.Health(ctx)
		if err == nil && health.Status == Ready {
			return health, nil
		}
		if !pause(ctx) {
			return health, fmt.Errorf("the local cloud did not become ready: %w", ctx.Err())
		}
	}
}

// AwaitQuiet waits until nothing is under way, or ctx ends; then it returns what is left, in words.
func (c Client) AwaitQuiet(ctx context.Context) (left []string, err error) {
	for {
		var now inFlight
		if err := c.get(context.WithoutCancel(ctx), pathInFlight, &now); err != nil {
			return nil, err
		}
		if len(now.InFlight) == 0 || !pause(ctx) {
			return now.InFlight, nil
		}
	}
}

// pause tells whether there is time to go on.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(pollEvery):
		return true
	case <-ctx.Done():
		return false
	}
}

// Stop asks the local cloud to end, and waits until it no longer answers or ctx ends.
func (c Client) Stop(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint+pathStop, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("%w at %s", ErrNotRunning, c.Endpoint)
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	for {
		if _, err := c.Health(ctx); errors.Is(err, ErrNotRunning) {
			return nil
		}
		if !pause(ctx) {
			return fmt.Errorf("the local cloud has not ended: %w", ctx.Err())
		}
	}
}

// Activities calls visit with what has happened since a time, and if follow is set with what happens, until ctx ends or
// visit fails.
func (c Client) Activities(ctx context.Context, since time.Time, follow bool, visit func(activity.Activity) error) error {
	query := url.Values{"since": {since.Format(time.RFC3339Nano)}}
	if follow {
		query.Set("follow", "true")
	}
	body, err := c.open(ctx, pathActivities+"?"+query.Encode())
	if err != nil {
		return err
	}
	defer body.Close()
	decoder := json.NewDecoder(body)
	for {
		var happened activity.Activity
		if err := decoder.Decode(&happened); err != nil {
			if errors.Is(err, io.EOF) || ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("the local cloud has gone: %w", err)
		}
		if err := visit(happened); err != nil {
			return err
		}
	}
}

func (c Client) get(ctx context.Context, path string, into any) error {
	body, err := c.open(ctx, path)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}

func (c Client) open(ctx context.Context, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Endpoint+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w at %s", ErrNotRunning, c.Endpoint)
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusServiceUnavailable {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 500)) // the status alone says enough
		return nil, fmt.Errorf("%s answers %s: %s", path, response.Status, strings.TrimSpace(string(text)))
	}
	return response.Body, nil
}
