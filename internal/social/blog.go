package social

import "context"

// blog posts articles through the platform's own blog service.
type blog struct{ service }

// Publish makes an article, or tells of the one that was made with the same key.
func (b blog) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	return b.publish(ctx, account, article{Key: post.Key, Title: post.Title, HTML: post.HTML, Text: plainOf(post), Images: post.Images})
}

// plainOf is a post's text without markup.
func plainOf(post Post) string {
	if post.Plain != "" {
		return post.Plain
	}
	return post.Text
}
