package social

import (
	"context"
	"net/http"
	"time"
)

// service is what blog and newsletter have in common: services of the platform's own. POST {url} with Authorization, where
// there is a token, and Idempotency-Key, which is Post.Key, answers 200 or 201 {"id", "url"}; the same key gets the same
// answer, and makes nothing twice. So there is no window: a post whose answer was lost is published again with its key.
type service struct {
	client *client
	name   string // in words
	url    string
}

// article is what a service gets.
type article struct {
	Key        string   `json:"key"`
	Title      string   `json:"title"`
	HTML       string   `json:"html"`
	Text       string   `json:"text"`
	Recipients []string `json:"recipients,omitempty"`
	Images     []string `json:"images"`
}

func (s service) publish(ctx context.Context, account Account, article article) (Published, error) {
	if s.url == "" {
		return Published{}, &RefusedError{Reason: notConfigured(s.name)}
	}
	if !isIdentifier(article.Key) {
		return Published{}, &RefusedError{Reason: "The post has no key by which " + s.name + " would know it again."}
	}
	if article.Images == nil {
		article.Images = []string{}
	}
	var made struct {
		ID  identifier `json:"id"`
		URL string     `json:"url"`
	}
	_, err := s.client.call(ctx, request{
		network: s.name, step: preparing, // trying again posts nothing twice, so that no failure is uncertain
		method: http.MethodPost, url: s.url, token: account.Token, body: article,
		header: map[string]string{"Idempotency-Key": article.Key},
	}, &made)
	if err != nil {
		return Published{}, err
	}
	if made.ID == "" {
		return Published{}, &UnavailableError{Network: s.name, Problem: "it tells no id of the post"}
	}
	return Published{PostID: string(made.ID), URL: link(made.URL)}, nil
}

// Find finds nothing: publishing again with the same key is how to ask.
func (service) Find(context.Context, Account, Post, time.Time) (Published, bool, error) {
	return Published{}, false, nil
}

// Metrics refuses: the services count nothing.
func (s service) Metrics(context.Context, Account, string) (Metrics, error) {
	return Metrics{}, &RefusedError{Reason: s.name + " does not count how a post does."}
}
