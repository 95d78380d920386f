package social

import "context"

// newsletter sends newsletters through the platform's own newsletter service, which mails them.
type newsletter struct{ service }

// Publish sends a newsletter to its recipients, or tells of the one that was sent with the same key.
func (n newsletter) Publish(ctx context.Context, account Account, post Post) (Published, error) {
	if len(post.Recipients) == 0 {
		return Published{}, &RefusedError{Reason: "The newsletter has no recipients."}
	}
	return n.publish(ctx, account, article{
		Key: post.Key, Title: post.Title, HTML: post.HTML, Text: plainOf(post), Images: post.Images, Recipients: post.Recipients,
	})
}
