package lambdahost

import (
	"testing"
	"time"
)

// A read goes over the store as it was when it began: an event that was done and deleted meanwhile is still there.
func TestEventIsKnownAsLongAsAReadMaySeeIt(t *testing.T) {
	t.Parallel()
	b := newBacklog(&function{})
	key := eventKey("price", time.Now(), 1)
	if !b.claim(key) {
		t.Fatal("a new event was held")
	}
	b.reading = true
	b.forget(key)
	if b.claim(key) {
		t.Error("a read delivers again what was done since it began")
	}
	b.reading = false
	b.forget(key)
	if !b.claim(key) {
		t.Error("the event is held for ever")
	}
}
