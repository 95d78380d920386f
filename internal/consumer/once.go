package consumer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
)

// once passes a call on unless the function has handled the same before. A replay is handled again: an operator wants it.
func (c *Consumer) once(handle next) next {
	return func(ctx context.Context, call *invocation) error {
		acted, err := c.Once.Once(ctx, c.idempotencyKey(call), call.requestID, func(ctx context.Context) error {
			return handle(ctx, call)
		})
		call.wasDuplicate = err == nil && !acted
		return err
	}
}

// idempotencyKey is readable up to the function's name; the rest is hashed, because an identity can be long and is a
// producer's to choose.
func (c *Consumer) idempotencyKey(call *invocation) string {
	hash := sha256.Sum256([]byte(call.identity + "\x00" + call.delivery.ReplayName))
	return c.Function + "#" + hex.EncodeToString(hash[:16])
}
