package lambdahost

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// Update gives a function another definition: code, environment, limits, permissions. Invocations that are under way end as
// they began; all others, and the next attempts of events that wait, are the new definition's. It does not wait for the new
// process: see AwaitReadyOf. What callers have changed counts until a template changes it (package drift).
func (h *Host) Update(definition Function) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	next, err := h.newFunction(definition)
	if err != nil {
		return err
	}
	h.mu.Lock()
	before, exists := h.functions[definition.Name]
	if !exists {
		h.mu.Unlock()
		return notFound(definition.ARN())
	}
	next.created, next.lines, next.backlog = before.created, before.lines, before.backlog
	h.functions[next.Name] = next
	h.accessKeys[next.accessKeys] = next.Name
	h.retired[before] = true
	next.backlog.handTo(next)
	h.mu.Unlock()
	if !h.config.Lazy {
		next.pool.warm()
	}
	h.retire(before)
	next.backlog.pump()
	return nil
}

// handTo lets another function do what waits.
func (b *backlog) handTo(next *function) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.function = next
}

// Remove takes a function away, with the events that wait for it. Invocations that are under way end as they began.
func (h *Host) Remove(name string) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	h.mu.Lock()
	doomed, exists := h.functions[name]
	if !exists {
		h.mu.Unlock()
		return notFound(Function{Name: name}.ARN())
	}
	delete(h.functions, name)
	h.retired[doomed] = true
	h.mu.Unlock()
	doomed.backlog.close()
	doomed.backlog.accepting.Wait() // nothing is saved any more but through the journal
	h.retire(doomed)
	return h.clear(name)
}

// Clear forgets what waits for a function that does not run, and what callers have changed of it: an earlier run of the
// process may have ended in the middle of a deployment. It does nothing if the function runs.
func (h *Host) Clear(name string) error {
	h.changing.Lock()
	defer h.changing.Unlock()
	if h.Has(name) {
		return nil
	}
	return h.clear(name)
}

// clear forgets all events that wait for a function, and what callers have changed. It goes through the journal, behind the
// retries that are still to be saved. The caller holds h.changing.
func (h *Host) clear(name string) error {
	cleared := make(chan struct{})
	from, to := boundsOf(name)
	h.journal.add(change{old: settingsKey(name), applied: func() {}})
	h.journal.add(change{old: from, end: to, applied: func() { close(cleared) }})
	select {
	case <-cleared:
		return nil
	case <-h.journal.ended:
	}
	select {
	case <-cleared:
		return nil
	default:
		return errClosed
	}
}

// retire ends the processes of a function as soon as their invocations have ended.
func (h *Host) retire(f *function) {
	f.pool.retire(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.retired, f)
		delete(h.accessKeys, f.accessKeys)
	})
}

// retiring lists the functions that were updated or removed and still have processes.
func (h *Host) retiring() []*function {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Keys(h.retired))
}

// Has tells whether there is a function of a name.
func (h *Host) Has(name string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	_, exists := h.functions[name]
	return exists
}

// AwaitReadyOf waits until a function is ready, or cannot be started, or ctx ends.
func (h *Host) AwaitReadyOf(ctx context.Context, name string) error {
	h.mu.RLock()
	f, exists := h.functions[name]
	h.mu.RUnlock()
	if !exists {
		return notFound(Function{Name: name}.ARN())
	}
	return f.awaitReady(ctx)
}

func (f *function) awaitReady(ctx context.Context) error {
	select {
	case <-f.pool.settled:
	case <-ctx.Done():
		return fmt.Errorf("function %s is not ready: %w", f.Name, ctx.Err())
	}
	if state := f.pool.state(); state != StateReady {
		return fmt.Errorf("function %s: %s", f.Name, state)
	}
	return nil
}
