package stacks

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// The states of stacks and resources.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
const (
	reviewInProgress            = "REVIEW_IN_PROGRESS"
	createInProgress            = "CREATE_IN_PROGRESS"
	createComplete              = "CREATE_COMPLETE"
	createFailed                = "CREATE_FAILED"
	rollbackInProgress          = "ROLLBACK_IN_PROGRESS"
	rollbackComplete            = "ROLLBACK_COMPLETE"
	rollbackFailed              = "ROLLBACK_FAILED"
	updateInProgress            = "UPDATE_IN_PROGRESS"
	updateCleanup               = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateComplete              = "UPDATE_COMPLETE"
	updateFailed                = "UPDATE_FAILED"
	updateRollbackInProgress    = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackCleanup       = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete      = "UPDATE_ROLLBACK_COMPLETE"
	updateRollbackFailed        = "UPDATE_ROLLBACK_FAILED"
	deleteInProgress            = "DELETE_IN_PROGRESS"
	deleteComplete              = "DELETE_COMPLETE"
	deleteFailed                = "DELETE_FAILED"
	deleteSkipped               = "DELETE_SKIPPED"
	stackType                   = "AWS::CloudFormation::Stack"
	userInitiated               = "User Initiated"
	leftToAWS                   = "The local cloud leaves resources of this type to AWS"
	defaultUpdateOrDeletePolicy = "Delete"
	retainResource              = "Retain"
	creationInitiated           = "Resource creation Initiated"
	requiresNewPhysicalResource = "Requested update requires the creation of a new physical resource; hence creating one."
)

// record is what is saved of a stack.
type record struct {
	ID           string
	Name         string
	Status       string
	Reason       string
	Description  string
	Created      time.Time
	Updated      time.Time // zero before the first update
	Deleted      time.Time // zero before
	Capabilities []string
	Tags         map[string]string
	Topics       []string // that are to be notified; nobody does so here
	Role         string   // ARN that is to be taken; nobody looks at it here
	ChangeSet    string   // ARN of the one that was executed last
	Current      *version // nil before the first deployment is complete
	Next         *version // what is being deployed
	Before       *version // what Current has replaced, until that is cleaned up
	Resources    []resource
	Retain       []string // logical ids that are not to be deleted
}

// version is a template with what it was deployed with.
type version struct {
	Body         string `json:"-"` // of the template
	BodyKey      string // where that is saved
	Parameters   map[string]string
	Tags         map[string]string
	Capabilities []string

	saved bool // whether the template lies there
}

// resource is what is known of a resource.
type resource struct {
	LogicalID  string
	PhysicalID string
	Type       string
	Status     string
	Reason     string
	At         time.Time
	Touched    string // by the operation that runs: created, updated or replaced; empty if it was not
}

const (
	created  = "created"
	updated  = "updated"
	replaced = "replaced"
	nothing  = "nothing" // is what an operation has left of a resource; Touched is empty then
)

// event is something that has happened to a stack or a resource.
type event struct {
	ID         string
	LogicalID  string
	PhysicalID string
	Type       string
	At         time.Time
	Status     string
	Reason     string
	Properties json.RawMessage
}

// memory keeps stacks in a space.
type memory struct{ space *store.Space }

// What a key begins with.
const (
	adoptedRecord   = 'a'
	bodyRecord      = 'b' // and the SHA-256 of the text
	changeSetRecord = 'c' // and the stack's id, a 0, and the change set's name
	eventRecord     = 'e' // and the stack's id, a 0, and a number
	stackRecord     = 's' // and when it was created, and its id
)

func (m memory) saveAdopted(name string) error {
	batch := m.space.Batch()
	batch.Set([]byte{adoptedRecord}, []byte(name))
	return batch.Apply()
}

func (m memory) adopted() (string, error) {
	name, _, err := m.space.Get([]byte{adoptedRecord})
	return string(name), err
}

// keepBody saves a version's template, if it was not saved before. When the batch is applied, it was.
func (m memory) keepBody(batch *store.Batch, v *version) {
	if v.saved {
		return
	}
	digest := sha256.Sum256([]byte(v.Body))
	v.BodyKey = hex.EncodeToString(digest[:])
	batch.Set(append([]byte{bodyRecord}, v.BodyKey...), []byte(v.Body))
}

func (m memory) loadBody(v *version) error {
	if v == nil {
		return nil
	}
	body, found, err := m.space.Get(append([]byte{bodyRecord}, v.BodyKey...))
	if err == nil && !found {
		err = fmt.Errorf("the template %s is gone", v.BodyKey)
	}
	v.Body, v.saved = string(body), err == nil
	return err
}

func (m memory) keep(batch *store.Batch, r *record) error {
	for _, v := range r.versions() {
		m.keepBody(batch, v)
	}
	return set(batch, stackKey(r), r)
}

func (r *record) versions() []*version {
	return slices.DeleteFunc([]*version{r.Current, r.Next, r.Before}, func(v *version) bool { return v == nil })
}

func stackKey(r *record) []byte {
	key := binary.BigEndian.AppendUint64([]byte{stackRecord}, uint64(r.Created.UnixNano())) //nolint:gosec // it is after 1970
	return append(key, r.ID...)
}

func set(batch *store.Batch, key []byte, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode what is known of a stack: %w", err)
	}
	batch.Set(key, encoded)
	return nil
}

func ofStack(kind byte, id string) []byte { return append(append([]byte{kind}, id...), 0) }

func eventKey(id string, number uint64) []byte {
	return binary.BigEndian.AppendUint64(ofStack(eventRecord, id), number)
}

func changeSetKey(id, name string) []byte { return append(ofStack(changeSetRecord, id), name...) }

// load reads all stacks.
func (s *Stacks) load() error {
	err := s.memory.space.Scan([]byte{stackRecord}, []byte{stackRecord + 1}, func(_, value []byte) (bool, error) {
		st := &stack{idle: closed()}
		if err := json.Unmarshal(value, &st.record); err != nil {
			return false, fmt.Errorf("decode a stack: %w", err)
		}
		s.stacks = append(s.stacks, st)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, st := range s.stacks {
		if err := s.complete(st); err != nil {
			return fmt.Errorf("the stack %s: %w", st.Name, err)
		}
	}
	return nil
}

// complete reads what belongs to a stack beside its record. A template that is gone or cannot be read any more breaks its stack,
// and no other.
func (s *Stacks) complete(st *stack) error {
	for _, part := range []struct {
		version *version
		parsed  **template.Stack
	}{{st.Current, &st.current}, {st.Next, &st.next}, {st.Before, &st.before}} {
		if part.version == nil {
			continue
		}
		err := s.memory.loadBody(part.version)
		if st.Status == deleteComplete {
			continue
		}
		if err == nil {
			*part.parsed, err = part.version.read(st.Name)
		}
		if err != nil {
			st.breakDown(err)
		}
	}
	if st.current == nil && st.Current != nil {
		st.next, st.before = nil, nil // which of their names the stack has taken is told by the current version only
	}
	prefix := ofStack(changeSetRecord, st.ID)
	err := s.memory.space.Scan(prefix, after(prefix), func(_, value []byte) (bool, error) {
		saved := &changeSet{}
		if err := json.Unmarshal(value, saved); err != nil {
			return false, fmt.Errorf("decode a change set: %w", err)
		}
		if err := s.memory.loadBody(&saved.Version); err != nil && saved.Execution == available {
			saved.Status, saved.Execution, saved.Reason = changeSetFailed, unavailable, err.Error()
		}
		st.changeSets = append(st.changeSets, saved)
		return true, nil
	})
	if err != nil {
		return err
	}
	prefix = ofStack(eventRecord, st.ID)
	return s.memory.space.ScanReverse(prefix, after(prefix), func(key, value []byte) (bool, error) {
		var last event
		if err := json.Unmarshal(value, &last); err != nil {
			return false, fmt.Errorf("decode an event: %w", err)
		}
		st.lastEvent, st.events = last.At, binary.BigEndian.Uint64(key[len(prefix):])+1
		return false, nil
	})
}

// breakDown makes a stack one that can only be deleted. An operation that was interrupted does not go on, but for a deletion.
func (st *stack) breakDown(cause error) {
	st.broken = "The stack can only be deleted, without what no template of it describes: " + cause.Error()
	st.Reason = st.broken
	switch st.Status {
	case createInProgress, rollbackInProgress:
		st.Status = rollbackFailed
	case updateInProgress, updateCleanup, updateRollbackInProgress, updateRollbackCleanup:
		st.Status = updateRollbackFailed
	}
}

// after is the first key behind all that begin with a prefix that ends with a 0.
func after(prefix []byte) []byte {
	return append(append([]byte(nil), prefix[:len(prefix)-1]...), 1)
}

func (v *version) read(stackName string) (*template.Stack, error) {
	return template.ReadStack(stackName, "template", []byte(v.Body), v.Parameters)
}
