package stacks

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// differs tells whether a resource is another one, or becomes another one.
func differs(before, after template.Declaration) bool {
	return !bytes.Equal(before.Properties, after.Properties) || becomesNew(before, after)
}

// becomesNew tells whether a change needs a new physical resource in place of the old one.
func becomesNew(before, after template.Declaration) bool {
	return before.PhysicalID != after.PhysicalID || before.ARN != after.ARN
}

// update makes a stack as its next version describes it.
func (s *Stacks) update(ctx context.Context, st *stack) error {
	s.changed()
	for _, d := range st.next.Declarations {
		failed, err := s.updateResource(ctx, st, d)
		if err != nil {
			return err
		}
		if failed != nil {
			return s.rollBackUpdate(ctx, st, "The following resource(s) failed to "+failed.verb+": ["+failed.logicalID+"]. ")
		}
	}
	if err := s.commit(st, updateCleanup); err != nil {
		return err
	}
	return s.cleanUp(ctx, st)
}

// updateFailure is a failure with what has failed.
type updateFailure struct {
	failure
	verb string
}

// failedUpdate is nil if there is no problem.
func failedUpdate(d template.Declaration, problem error) *updateFailure {
	if problem == nil {
		return nil
	}
	return &updateFailure{failure{d.LogicalID, problem}, "update"}
}

func (s *Stacks) updateResource(ctx context.Context, st *stack, d template.Declaration) (*updateFailure, error) {
	before, was := st.current.Declaration(d.LogicalID)
	switch {
	case !was:
		failed, err := s.createResource(ctx, st, d)
		if failed != nil {
			return &updateFailure{*failed, "create"}, err
		}
		return nil, err
	case !differs(before, d):
		return nil, nil //nolint:nilnil // nothing is to be done, and nothing has failed
	}
	if becomesNew(before, d) {
		return s.replaceResource(ctx, st, before, d)
	}
	if err := s.advance(st, d, updateInProgress, "", updated); err != nil {
		return nil, err
	}
	var err error
	if !d.LeftToAWS {
		err = s.config.Platform.Update(ctx, st.current, st.next, d)
	}
	return failedUpdate(d, err), s.ended(ctx, st, d, err, updateComplete, updateFailed, "")
}

// replaceResource makes a new resource in place of one that stays until the clean-up. That it has is written down only when
// the new one's name is seen to be free: a rollback deletes what the update has made, and must not delete somebody else's.
func (s *Stacks) replaceResource(ctx context.Context, st *stack, before, d template.Declaration) (*updateFailure, error) {
	old := d
	old.PhysicalID = before.PhysicalID
	if err := s.advance(st, old, updateInProgress, requiresNewPhysicalResource, ""); err != nil {
		return nil, err
	}
	var err error
	if !d.LeftToAWS {
		err = s.checkFree(ctx, st, d)
	}
	if err == nil {
		if err := s.advance(st, d, updateInProgress, creationInitiated, replaced); err != nil {
			return nil, err
		}
		if !d.LeftToAWS {
			err = s.config.Platform.Create(ctx, st.next, d)
		}
	}
	return failedUpdate(d, err), s.ended(ctx, st, d, err, updateComplete, updateFailed, nothing)
}

// cleanUp takes away what the new version of a stack has not, or has replaced.
func (s *Stacks) cleanUp(ctx context.Context, st *stack) error {
	touched := s.touched(st)
	if st.before != nil {
		for _, d := range slices.Backward(st.before.Declarations) {
			_, still := st.current.Declaration(d.LogicalID)
			if still && touched[d.LogicalID] != replaced {
				continue
			}
			policy := d.DeletionPolicy
			if still {
				policy = d.UpdateReplacePolicy
			}
			// What cannot be deleted is told of, and stays: the update itself is done.
			if _, err := s.deleteResource(ctx, st, d, st.before, st.current, policy != defaultUpdateOrDeletePolicy); err != nil {
				return err
			}
			s.settle(st, d)
		}
	}
	s.mu.Lock()
	st.before = nil
	s.mu.Unlock()
	s.changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Before = nil
	st.clearTouched()
	return s.end(st, updateComplete, "")
}

// settle forgets a resource that the stack has no more, and shows the new one of one that was replaced.
func (s *Stacks) settle(st *stack, d template.Declaration) {
	s.forget(st, d.LogicalID)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, still := st.current.Declaration(d.LogicalID); still {
		st.Resources = append(st.Resources, resource{
			LogicalID: now.LogicalID, PhysicalID: now.PhysicalID, Type: now.Type, Status: updateComplete, At: st.lastEvent, Touched: replaced,
		})
	}
}

// rollBackUpdate makes a stack what it was before its update began.
func (s *Stacks) rollBackUpdate(ctx context.Context, st *stack, reason string) error {
	if err := s.become(st, updateRollbackInProgress, reason); err != nil {
		return err
	}
	touched := s.touched(st)
	var failed []string
	for _, d := range slices.Backward(st.next.Declarations) {
		if touched[d.LogicalID] != updated {
			continue
		}
		before, _ := st.current.Declaration(d.LogicalID)
		ok, err := s.restore(ctx, st, before)
		if err != nil {
			return err
		}
		if !ok {
			failed = append(failed, d.LogicalID)
		}
	}
	if len(failed) > 0 {
		return s.finish(st, updateRollbackFailed, "The following resource(s) failed to update: ["+strings.Join(failed, ", ")+"]. ")
	}
	if err := s.become(st, updateRollbackCleanup, ""); err != nil {
		return err
	}
	for _, d := range slices.Backward(st.next.Declarations) {
		how := touched[d.LogicalID]
		if how != created && how != replaced {
			continue
		}
		if _, err := s.deleteResource(ctx, st, d, st.next, st.current, false); err != nil {
			return err
		}
	}
	s.mu.Lock()
	st.next = nil
	s.mu.Unlock()
	s.changed()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Next = nil
	st.Resources = slices.DeleteFunc(st.Resources, func(r resource) bool {
		_, was := st.current.Declaration(r.LogicalID)
		return !was
	})
	for _, r := range st.Resources {
		if r.Touched == replaced || r.Status == updateFailed || r.Status == updateInProgress {
			st.restored(r.LogicalID)
		}
	}
	st.clearTouched()
	return s.end(st, updateRollbackComplete, "")
}

// restored shows a resource as the current version has it, and as one that no operation has touched; one that the version has
// not is the stack's no more. The caller holds the lock of Stacks.
func (st *stack) restored(logicalID string) {
	before, was := st.current.Declaration(logicalID)
	if !was {
		st.Resources = slices.DeleteFunc(st.Resources, func(r resource) bool { return r.LogicalID == logicalID })
		return
	}
	for i := range st.Resources {
		if r := &st.Resources[i]; r.LogicalID == logicalID {
			r.PhysicalID, r.Type, r.Status, r.Reason, r.Touched = before.PhysicalID, before.Type, updateComplete, reasonOf(before), ""
		}
	}
}

// restore makes a resource what it was.
func (s *Stacks) restore(ctx context.Context, st *stack, before template.Declaration) (ok bool, err error) {
	if err := s.advance(st, before, updateInProgress, "", ""); err != nil {
		return false, err
	}
	if !before.LeftToAWS {
		err = s.config.Platform.Update(ctx, st.next, st.current, before)
	}
	return err == nil, s.ended(ctx, st, before, err, updateComplete, updateFailed, "")
}
