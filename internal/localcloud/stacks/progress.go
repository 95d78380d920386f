package stacks

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// The methods below write down, in one step each, how far a stack has come and the event that tells of it.

// become puts a stack into a state.
func (s *Stacks) become(st *stack, status, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.becomeLocked(st, status, reason)
}

func (s *Stacks) becomeLocked(st *stack, status, reason string, along ...func(*store.Batch) error) error {
	before, why := st.Status, st.Reason
	st.Status, st.Reason = status, reason
	err := s.save(st, event{LogicalID: st.Name, PhysicalID: st.ID, Type: stackType, Status: status, Reason: reason}, along...)
	if err != nil {
		st.Status, st.Reason = before, why
	}
	return err
}

// finish puts a stack into the state that its operation ends with.
func (s *Stacks) finish(st *stack, status, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(st, status, reason)
}

// end is finish. Who sees the state finds that no operation runs any more. The platform knows by then which stacks there are.
// The caller holds s.mu.
func (s *Stacks) end(st *stack, status, reason string) error {
	err := s.becomeLocked(st, status, reason)
	if err == nil {
		close(st.idle)
	}
	return err
}

// advance puts a resource into a state. Touched is what the operation has done with it; empty if that stays as it was.
func (s *Stacks) advance(st *stack, d template.Declaration, status, reason, touched string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(st.Resources, func(r resource) bool { return r.LogicalID == d.LogicalID })
	if i < 0 {
		st.Resources = append(st.Resources, resource{LogicalID: d.LogicalID})
		i = len(st.Resources) - 1
	}
	if reason == "" {
		reason = reasonOf(d)
	}
	physicalID := d.PhysicalID
	if status == createInProgress && touched == "" {
		physicalID = "" // it has none yet
	}
	r := &st.Resources[i]
	r.PhysicalID, r.Type, r.Status, r.Reason, r.At = physicalID, d.Type, status, reason, s.eventTime(st)
	switch touched {
	case "":
	case nothing:
		r.Touched = ""
	default:
		r.Touched = touched
	}
	return s.save(st, event{
		LogicalID: d.LogicalID, PhysicalID: physicalID, Type: d.Type, Status: status, Reason: reason, Properties: d.Properties,
	})
}

// forget removes a resource that is not the stack's any more.
func (s *Stacks) forget(st *stack, logicalID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Resources = slices.DeleteFunc(st.Resources, func(r resource) bool { return r.LogicalID == logicalID })
}

func reasonOf(d template.Declaration) string {
	if d.LeftToAWS {
		return leftToAWS
	}
	return ""
}

// save saves a stack with an event, and what is written along with them. The caller holds s.mu.
func (s *Stacks) save(st *stack, happened event, along ...func(*store.Batch) error) error {
	happened.ID, happened.At = happened.LogicalID+"-"+uuid.NewString(), s.eventTime(st)
	batch := s.memory.space.Batch()
	if err := s.memory.keep(batch, &st.record); err != nil {
		return err
	}
	if err := set(batch, eventKey(st.ID, st.events), happened); err != nil {
		return err
	}
	for _, write := range along {
		if err := write(batch); err != nil {
			return err
		}
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	st.lastEvent = happened.At
	st.events++
	for _, v := range st.versions() {
		v.saved = true
	}
	return nil
}

// eventTime is the time of a stack's next event. No two have the same millisecond: clients ask for what is later than the
// last one they know. The caller holds s.mu.
func (s *Stacks) eventTime(st *stack) time.Time {
	now := s.config.Now().UTC().Truncate(time.Millisecond)
	if earliest := st.lastEvent.Add(time.Millisecond); now.Before(earliest) {
		return earliest
	}
	return now
}

// touched tells what the operation that runs has done so far with which resources.
func (s *Stacks) touched(st *stack) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	how := map[string]string{}
	for _, r := range st.Resources {
		if r.Touched != "" {
			how[r.LogicalID] = r.Touched
		}
	}
	return how
}

// changed tells the platform which stacks there are.
func (s *Stacks) changed() {
	s.changing.Lock() // so that the list that is handed over last is the newest
	defer s.changing.Unlock()
	s.config.Platform.Changed(s.Live())
}
