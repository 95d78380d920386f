package stacks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// begin starts an operation on a stack. The caller holds s.mu, and has seen that none runs.
func (s *Stacks) begin(st *stack, operation func(ctx context.Context, st *stack) error) {
	idle := make(chan struct{})
	st.idle = idle
	s.work.Go(func() {
		err := operation(s.running, st)
		s.mu.Lock()
		if err != nil && s.running.Err() == nil {
			st.Reason = err.Error() // the state cannot be written: it is tried again after a restart
		}
		select {
		case <-idle: // with its last state, and another operation may run by now
		default:
			close(idle)
		}
		s.mu.Unlock()
	})
}

// Resume goes on with the operations that the end of the process has interrupted: a creation and an update are rolled back,
// a deletion and a clean-up go on.
func (s *Stacks) Resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.stacks {
		switch st.Status {
		case createInProgress, rollbackInProgress:
			s.begin(st, func(ctx context.Context, st *stack) error { return s.rollBackCreation(ctx, st, errInterrupted.Error()) })
		case updateInProgress, updateRollbackInProgress, updateRollbackCleanup:
			s.begin(st, func(ctx context.Context, st *stack) error { return s.rollBackUpdate(ctx, st, errInterrupted.Error()) })
		case updateCleanup:
			s.begin(st, s.cleanUp)
		case deleteInProgress:
			s.begin(st, s.delete)
		}
	}
}

// failure is a resource that an operation has failed on.
type failure struct {
	logicalID string
	err       error
}

// create makes the resources of a new stack.
func (s *Stacks) create(ctx context.Context, st *stack) error {
	s.changed()
	for _, d := range st.next.Declarations {
		failed, err := s.createResource(ctx, st, d)
		if err != nil {
			return err
		}
		if failed != nil {
			return s.rollBackCreation(ctx, st, "The following resource(s) failed to create: ["+failed.logicalID+"]. Rollback requested by user.")
		}
	}
	return s.commit(st, createComplete) // the platform knows already that the new version is there
}

// createResource makes one resource. A failure of the platform is told of; the error is that of the state, or the end of ctx.
func (s *Stacks) createResource(ctx context.Context, st *stack, d template.Declaration) (*failure, error) {
	if err := s.advance(st, d, createInProgress, "", ""); err != nil {
		return nil, err
	}
	err := s.checkFree(ctx, st, d)
	if err == nil {
		if err := s.advance(st, d, createInProgress, creationInitiated, created); err != nil {
			return nil, err
		}
		err = s.config.Platform.Create(ctx, st.next, d)
	}
	var failed *failure
	if err != nil {
		failed = &failure{d.LogicalID, err}
	}
	return failed, s.ended(ctx, st, d, err, createComplete, createFailed, nothing)
}

// ended tells how what the platform did with a resource has ended; after a failure the operation has touched it as is given.
// The error is that of the state, or the end of ctx, which leaves everything to the next start.
func (s *Stacks) ended(ctx context.Context, st *stack, d template.Declaration, problem error, inSuccess, inFailure, touched string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case problem != nil:
		return s.advance(st, d, inFailure, handlerMessage(problem), touched)
	}
	return s.advance(st, d, inSuccess, "", "")
}

// handlerMessage is how CloudFormation tells what a service has refused.
func handlerMessage(err error) string {
	return fmt.Sprintf("Resource handler returned message: \"%v\" (RequestToken: %s, HandlerErrorCode: GeneralServiceException)", err, uuid.NewString())
}

// checkFree refuses a resource that is there already.
func (s *Stacks) checkFree(ctx context.Context, st *stack, d template.Declaration) error {
	s.mu.Lock()
	for _, other := range s.stacks {
		if other != st && other.owns(d) {
			s.mu.Unlock()
			return fmt.Errorf("%s already exists in stack %s", d.PhysicalID, other.ID)
		}
	}
	s.mu.Unlock()
	if d.LeftToAWS {
		return nil
	}
	exists, err := s.config.Platform.Exists(ctx, st.next, d)
	if err == nil && exists {
		err = fmt.Errorf("Resource of type '%s' with identifier '%s' already exists.", d.Type, d.PhysicalID) //nolint:staticcheck // AWS's own words
	}
	return err
}

// commit makes what was deployed the stack's current version.
func (s *Stacks) commit(st *stack, status string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Before, st.before = st.Current, st.current
	st.Current, st.current = st.Next, st.next
	st.Next, st.next = nil, nil
	st.Description, st.Tags, st.Capabilities = st.current.Description, st.Current.Tags, st.Current.Capabilities
	if status == createComplete {
		st.Before, st.before = nil, nil
		st.clearTouched()
		return s.end(st, status, "")
	}
	return s.becomeLocked(st, status, "")
}

func (st *stack) clearTouched() {
	for i := range st.Resources {
		st.Resources[i].Touched = ""
	}
}

// rollBackCreation takes away what was made of a new stack.
func (s *Stacks) rollBackCreation(ctx context.Context, st *stack, reason string) error {
	if err := s.become(st, rollbackInProgress, reason); err != nil {
		return err
	}
	touched := s.touched(st)
	var failed []string
	for _, d := range slices.Backward(st.next.Declarations) {
		if touched[d.LogicalID] == "" {
			continue
		}
		gone, err := s.deleteResource(ctx, st, d, st.next, nil, d.DeletionPolicy == retainResource)
		if err != nil {
			return err
		}
		if !gone {
			failed = append(failed, d.LogicalID)
		}
	}
	if len(failed) > 0 { // what is left is known until the stack is deleted
		return s.finish(st, rollbackFailed, "The following resource(s) failed to delete: ["+strings.Join(failed, ", ")+"]. ")
	}
	s.mu.Lock()
	st.next = nil
	s.mu.Unlock()
	s.changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Next = nil
	st.clearTouched()
	return s.end(st, rollbackComplete, "")
}

// deleteResource takes one resource away, or leaves it as it is if it is retained. It tells whether it is not the stack's any
// more.
func (s *Stacks) deleteResource(
	ctx context.Context, st *stack, d template.Declaration, before, after *template.Stack, retain bool,
) (gone bool, err error) {
	if retain {
		return true, s.advance(st, d, deleteSkipped, "", "")
	}
	if err := s.advance(st, d, deleteInProgress, "", ""); err != nil {
		return false, err
	}
	if !d.LeftToAWS {
		err = s.config.Platform.Delete(ctx, before, after, d)
	}
	return err == nil, s.ended(ctx, st, d, err, deleteComplete, deleteFailed, "")
}

// delete takes a stack away: what an update has made that could not be rolled back, then the rest.
func (s *Stacks) delete(ctx context.Context, st *stack) error {
	var failed []string
	described := st.current
	if described == nil {
		described = st.next // its creation could not be rolled back in full
	} else if st.next != nil {
		var err error
		if failed, err = s.deleteLeftovers(ctx, st); err != nil {
			return err
		}
	}
	if described != nil {
		for _, d := range slices.Backward(described.Declarations) {
			if status := s.status(st, d.LogicalID); status == deleteComplete || status == "" || status == createFailed || slices.Contains(failed, d.LogicalID) {
				continue
			}
			retain := d.DeletionPolicy != defaultUpdateOrDeletePolicy || slices.Contains(st.Retain, d.LogicalID)
			gone, err := s.deleteResource(ctx, st, d, described, nil, retain)
			if err != nil {
				return err
			}
			if !gone {
				failed = append(failed, d.LogicalID)
			}
		}
	}
	if err := s.skipUndescribed(st); err != nil {
		return err
	}
	if len(failed) > 0 {
		return s.finish(st, deleteFailed, "The following resource(s) failed to delete: ["+strings.Join(failed, ", ")+"]. ")
	}
	s.mu.Lock()
	st.current, st.next = nil, nil
	s.mu.Unlock()
	s.changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Deleted = s.config.Now().UTC()
	return s.end(st, deleteComplete, "")
}

// deleteLeftovers takes away what an update has created, and what it has put in place of others, which are the stack's again.
// It returns what could not be deleted.
func (s *Stacks) deleteLeftovers(ctx context.Context, st *stack) (failed []string, err error) {
	touched := s.touched(st)
	for _, d := range slices.Backward(st.next.Declarations) {
		how := touched[d.LogicalID]
		if how != created && how != replaced {
			continue
		}
		gone, err := s.deleteResource(ctx, st, d, st.next, st.current, slices.Contains(st.Retain, d.LogicalID))
		if err != nil {
			return nil, err
		}
		if !gone {
			failed = append(failed, d.LogicalID)
			continue
		}
		s.mu.Lock()
		st.restored(d.LogicalID)
		s.mu.Unlock()
	}
	return failed, nil
}

// skipUndescribed tells of the resources of a broken stack that no template describes any more: they stay.
func (s *Stacks) skipUndescribed(st *stack) error {
	if st.broken == "" {
		return nil
	}
	s.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(st.Resources), func(r resource) bool {
		if r.Status == deleteComplete || r.Status == createFailed {
			return true
		}
		for _, described := range []*template.Stack{st.current, st.next} {
			if described != nil {
				if _, known := described.Declaration(r.LogicalID); known {
					return true
				}
			}
		}
		return false
	})
	s.mu.Unlock()
	for _, r := range left {
		d := template.Declaration{Resource: template.Resource{LogicalID: r.LogicalID}, Type: r.Type, PhysicalID: r.PhysicalID}
		if err := s.advance(st, d, deleteSkipped, st.broken, ""); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stacks) status(st *stack, logicalID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range st.Resources {
		if r.LogicalID == logicalID {
			return r.Status
		}
	}
	return ""
}
