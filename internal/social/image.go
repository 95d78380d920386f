package social

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// image is a picture of a post, for networks that do not fetch it themselves.
type image struct {
	content   []byte
	mediaType string // image/jpeg, image/png, image/gif or image/webp
}

// fetch loads an image from its URL, without a token. The URL is an agent's text: it has to be https, which nothing inside a
// function's surroundings serves; but an image may be where the network itself is, as in the local cloud.
func (c *client) fetch(ctx context.Context, network, address, from string, limit int64) (image, error) {
	at, err := url.Parse(from)
	if err != nil || at.Host == "" || at.Scheme != "https" && !sameOrigin(from, address) {
		return image{}, &RefusedError{Reason: "An image of the post has no address that can be loaded."}
	}
	answer, err := c.ask(ctx, request{
		network: "The host of an image", step: reading, method: http.MethodGet, url: from, limit: limit,
		header: map[string]string{"Accept": "image/*"},
	})
	switch {
	case err != nil:
		return image{}, err
	case answer.status/100 == 5, answer.status == http.StatusTooManyRequests, answer.status == http.StatusRequestTimeout:
		return image{}, &UnavailableError{Network: "The host of an image", Problem: fmt.Sprintf("status %d", answer.status)}
	case !answer.succeeded():
		return image{}, &RefusedError{Reason: fmt.Sprintf("An image of the post cannot be loaded (status %d).", answer.status)}
	case answer.problem == problemTooLarge:
		return image{}, &RefusedError{Reason: fmt.Sprintf("An image of the post is larger than the %d MB that %s takes.", limit>>20, network)}
	case answer.problem != "":
		return image{}, &UnavailableError{Network: "The host of an image", Problem: answer.problem}
	}
	// What it is counts, not what its host calls it.
	mediaType := http.DetectContentType(answer.body)
	switch mediaType {
	case "image/jpeg", "image/png", "image/gif", "image/webp":
		return image{content: answer.body, mediaType: mediaType}, nil
	}
	return image{}, &RefusedError{Reason: "An image of the post is no JPEG, PNG, GIF or WebP image."}
}

// sameOrigin tells whether two URLs are of the same scheme, host and port.
func sameOrigin(a, b string) bool {
	left, err := url.Parse(a)
	right, otherErr := url.Parse(b)
	return err == nil && otherErr == nil && left.Host != "" && strings.EqualFold(left.Scheme, right.Scheme) && strings.EqualFold(left.Host, right.Host)
}
