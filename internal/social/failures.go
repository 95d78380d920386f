package social

import (
	"fmt"
	"time"
)

// The errors of talking to a network. Their texts are for logs and for agents; they hold no token, no part of a post, and of
// a network's answer no more than a status, a code and what the network meant an agent to read.

// RateLimitedError says that a network is asked too often. Nothing was posted.
type RateLimitedError struct {
	Network    string
	RetryAfter time.Duration // from a second to a day
}

func (e *RateLimitedError) Error() string {
	return fmt.Sprintf("%s is asked too often; it may be asked again in %s", e.Network, e.RetryAfter)
}

// Permanent tells that trying again later helps.
func (e *RateLimitedError) Permanent() bool { return false }

// UnauthorizedError says that a network does not let us act for the agent, and that the connection needs the agent's
// attention. Nothing was posted.
type UnauthorizedError struct {
	Reason string // for the agent, in a sentence or two
}

func (e *UnauthorizedError) Error() string { return "not authorized: " + e.Reason }

// Permanent tells that trying again would fail alike.
func (e *UnauthorizedError) Permanent() bool { return true }

// RefusedError says that a network does not take what it was asked, whenever it is asked. Nothing was posted.
type RefusedError struct {
	Reason string // for the agent, in a sentence or two
}

func (e *RefusedError) Error() string { return "refused: " + e.Reason }

// Permanent tells that trying again would fail alike.
func (e *RefusedError) Permanent() bool { return true }

// UnavailableError says that a network could not be reached or has a fault of its own. Nothing was posted, or (blog,
// newsletter) trying again with the same key posts nothing twice.
type UnavailableError struct {
	Network string
	Problem string // for logs
	// Denied is set if the network had the request that makes the post, and answered with its fault. It may be wrong:
	// Network.Find may find the post all the same.
	Denied bool
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s is not available: %s", e.Network, e.Problem)
}

// Permanent tells that trying again may help.
func (e *UnavailableError) Permanent() bool { return false }

// UncertainError says that a post may have been made: the network could have read the request that makes it, and told
// nothing of what became of it. Network.Find may tell.
type UncertainError struct {
	Network string
	Problem string // for logs
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("%s may have published the post: %s", e.Network, e.Problem)
}

// Permanent tells that the caller has to decide. An error that nobody looks at leads to another try.
func (e *UncertainError) Permanent() bool { return false }
