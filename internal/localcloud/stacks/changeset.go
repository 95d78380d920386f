package stacks

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/store"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// changeSet is what an update or a creation would change.
type changeSet struct {
	ID          string
	Name        string
	Description string
	Kind        string // CREATE or UPDATE
	Status      string // CREATE_COMPLETE or FAILED
	Reason      string
	Execution   string // AVAILABLE, UNAVAILABLE or EXECUTE_COMPLETE
	Created     time.Time
	Version     version
	Topics      []string
	Role        string
	Changes     []change
}

// change is what becomes of one resource.
type change struct {
	Action      string // Add, Modify or Remove
	LogicalID   string
	PhysicalID  string
	Type        string
	Replacement string // True or False for Modify
}

const (
	kindCreate = "CREATE"
	kindUpdate = "UPDATE"

	available       = "AVAILABLE"
	unavailable     = "UNAVAILABLE"
	executed        = "EXECUTE_COMPLETE"
	changeSetFailed = "FAILED"
	noChanges       = "The submitted information didn't contain changes. Submit different information to create a change set."
	nothingToUpdate = "No updates are to be performed."
)

// submission is what a request submits to be deployed.
type submission struct {
	stack   string // name or id
	version version
	topics  []string
	role    string
}

// changesBetween lists what becomes of the resources, new and changed ones in order of their making, removed ones last.
func changesBetween(before, after *template.Stack) []change {
	var changes []change
	for _, d := range after.Declarations {
		was, known := template.Declaration{}, false
		if before != nil {
			was, known = before.Declaration(d.LogicalID)
		}
		switch {
		case !known:
			changes = append(changes, change{Action: "Add", LogicalID: d.LogicalID, Type: d.Type})
		case becomesNew(was, d):
			changes = append(changes, change{"Modify", d.LogicalID, was.PhysicalID, d.Type, "True"})
		case differs(was, d):
			changes = append(changes, change{"Modify", d.LogicalID, was.PhysicalID, d.Type, "False"})
		}
	}
	if before == nil {
		return changes
	}
	for _, was := range slices.Backward(before.Declarations) {
		if _, still := after.Declaration(was.LogicalID); !still {
			changes = append(changes, change{Action: "Remove", LogicalID: was.LogicalID, PhysicalID: was.PhysicalID, Type: was.Type})
		}
	}
	return changes
}

// same tells whether a version would change nothing at all, be it only an output or a tag.
func same(st *stack, v *version, after *template.Stack) bool {
	equal := func(a, b template.Output) bool {
		return a.Name == b.Name && a.Value == b.Value && a.Description == b.Description
	}
	return len(changesBetween(st.current, after)) == 0 && slices.EqualFunc(st.current.Outputs, after.Outputs, equal) &&
		maps.Equal(st.Tags, v.Tags) && st.Description == after.Description
}

// checkUpdate refuses an update of a stack that cannot be updated, or not like this.
func checkUpdate(st *stack, after *template.Stack) error {
	switch {
	case st.fixed:
		return invalid("Stack [%s] is that of the template file that the local cloud was started with: change the file and start again, "+
			"or start without a template (bayon up --empty) to deploy.", st.Name)
	case st.broken != "":
		return invalid("Stack:%s can not be updated. %s", st.ID, st.broken)
	case st.busy(), st.current == nil, st.Status == deleteFailed, st.Status == updateRollbackFailed:
		return invalid("Stack:%s is in %s state and can not be updated.", st.ID, st.Status)
	}
	for _, d := range after.Declarations {
		if was, known := st.current.Declaration(d.LogicalID); known && was.Type != d.Type {
			return invalid("Update of resource type is not permitted. The new template modifies resource type of the following resources: [%s]", d.LogicalID)
		}
	}
	return nil
}

// createChangeSet makes a change set, and for a new stack the stack in review.
func (s *Stacks) createChangeSet(name, kind, description string, submitted *submission) (*stack, *changeSet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(submitted.stack)
	switch {
	case kind == kindCreate && err == nil && st.Status != reviewInProgress:
		return nil, nil, invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", st.Name, name)
	case kind == kindUpdate && (err != nil || st.Status == reviewInProgress):
		return nil, nil, invalid("Stack [%s] does not exist", submitted.stack)
	}
	stackName := submitted.stack
	if st != nil {
		stackName = st.Name
	}
	described, err := submitted.version.read(stackName)
	if err != nil {
		return nil, nil, invalid("Template error: %v", err)
	}
	if kind == kindUpdate {
		if err := checkUpdate(st, described); err != nil {
			return nil, nil, err
		}
	}
	if st == nil {
		if st, err = s.newStack(stackName, described); err != nil {
			return nil, nil, err
		}
		if err := s.becomeLocked(st, reviewInProgress, userInitiated); err != nil {
			return nil, nil, err
		}
		s.stacks = append(s.stacks, st)
	}
	if slices.ContainsFunc(st.changeSets, func(other *changeSet) bool { return other.Name == name && other.Execution != executed }) {
		return nil, nil, &awsapi.Error{Status: 400, Code: "AlreadyExistsException", Message: "ChangeSet " + name + " already exists"}
	}
	made := &changeSet{
		ID: awsapi.ARN("cloudformation", "changeSet/"+name+"/"+uuid.NewString()), Name: name, Description: description, Kind: kind,
		Status: createComplete, Execution: available, Created: s.config.Now().UTC(),
		Version: submitted.version, Topics: submitted.topics, Role: submitted.role, Changes: changesBetween(st.current, described),
	}
	if kind == kindUpdate && same(st, &submitted.version, described) {
		made.Status, made.Execution, made.Reason = changeSetFailed, unavailable, noChanges
	}
	return st, made, s.keepChangeSet(st, made)
}

// newStack makes a stack, which is known when it was saved. The caller holds s.mu.
func (s *Stacks) newStack(name string, described *template.Stack) (*stack, error) {
	if !stackName.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	}
	st := &stack{idle: closed()}
	st.record = record{ID: stackID(name), Name: name, Created: s.config.Now().UTC(), Description: described.Description}
	return st, nil
}

// keepChangeSet saves a change set in place of the one of its name. The caller holds s.mu.
func (s *Stacks) keepChangeSet(st *stack, made *changeSet) error {
	batch := s.memory.space.Batch()
	s.memory.keepBody(batch, &made.Version)
	if err := set(batch, changeSetKey(st.ID, made.Name), made); err != nil {
		return err
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	made.Version.saved = true
	st.changeSets = slices.DeleteFunc(st.changeSets, func(other *changeSet) bool { return other.Name == made.Name })
	st.changeSets = append(st.changeSets, made)
	return nil
}

// findChangeSet finds a change set by its name, with its stack's, or by its ARN. The caller holds s.mu.
func (s *Stacks) findChangeSet(nameOrID, stackNameOrID string) (*stack, *changeSet, error) {
	for _, st := range s.stacks {
		for _, made := range st.changeSets {
			inStack := stackNameOrID == "" || st.ID == stackNameOrID || st.Name == stackNameOrID && st.Status != deleteComplete
			if made.ID == nameOrID || made.Name == nameOrID && inStack && stackNameOrID != "" {
				return st, made, nil
			}
		}
	}
	return nil, nil, &awsapi.Error{Status: 404, Code: "ChangeSetNotFound", Message: "ChangeSet [" + nameOrID + "] does not exist"}
}

// execute begins what a change set says.
func (s *Stacks) execute(nameOrID, stackNameOrID string) (*stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, made, err := s.findChangeSet(nameOrID, stackNameOrID)
	if err != nil {
		return nil, err
	}
	if made.Execution != available || st.busy() {
		return nil, &awsapi.Error{
			Status: 400, Code: "InvalidChangeSetStatus",
			Message: "ChangeSet [" + made.ID + "] cannot be executed in its current execution status of [" + made.Execution + "]",
		}
	}
	described, err := made.Version.read(st.Name)
	if err != nil {
		return nil, invalid("Template error: %v", err)
	}
	if made.Kind == kindUpdate {
		if err := checkUpdate(st, described); err != nil {
			return nil, err
		}
	}
	done, last := *made, st.ChangeSet
	done.Execution = executed
	st.ChangeSet = made.ID
	submitted := &submission{version: made.Version, topics: made.Topics, role: made.Role}
	err = s.deploy(st, submitted, described, func(batch *store.Batch) error {
		for _, other := range st.changeSets {
			batch.Delete(changeSetKey(st.ID, other.Name))
		}
		return set(batch, changeSetKey(st.ID, made.Name), &done)
	})
	if err != nil {
		st.ChangeSet = last
		return nil, err
	}
	st.changeSets = []*changeSet{&done}
	return st, nil
}

// dropChangeSets forgets some change sets. The caller holds s.mu.
func (s *Stacks) dropChangeSets(st *stack, which func(*changeSet) bool) error {
	batch := s.memory.space.Batch()
	for _, made := range st.changeSets {
		if which(made) {
			batch.Delete(changeSetKey(st.ID, made.Name))
		}
	}
	if err := batch.Apply(); err != nil {
		return err
	}
	st.changeSets = slices.DeleteFunc(st.changeSets, which)
	return nil
}

// deploy begins to create or update a stack, and writes something along with that. After an error nothing has changed. The caller
// holds s.mu.
func (s *Stacks) deploy(st *stack, submitted *submission, described *template.Stack, along ...func(*store.Batch) error) error {
	before, next := *st, submitted.version
	st.Next, st.next = &next, described
	st.Topics, st.Role = submitted.topics, submitted.role
	status, operation := updateInProgress, s.update
	if st.current == nil {
		status, operation = createInProgress, s.create
		st.Tags, st.Capabilities = next.Tags, next.Capabilities
	} else {
		st.Updated = s.config.Now().UTC()
	}
	if err := s.becomeLocked(st, status, userInitiated, along...); err != nil {
		*st = before
		return err
	}
	s.begin(st, operation)
	return nil
}

// createStack creates a stack at once.
func (s *Stacks) createStack(submitted *submission) (*stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st, err := s.find(submitted.stack); err == nil {
		return nil, &awsapi.Error{Status: 400, Code: "AlreadyExistsException", Message: "Stack [" + st.Name + "] already exists"}
	}
	described, err := submitted.version.read(submitted.stack)
	if err != nil {
		return nil, invalid("Template error: %v", err)
	}
	st, err := s.newStack(submitted.stack, described)
	if err != nil {
		return nil, err
	}
	if err := s.deploy(st, submitted, described); err != nil {
		return nil, err
	}
	s.stacks = append(s.stacks, st)
	return st, nil
}

// updateStack updates a stack at once.
func (s *Stacks) updateStack(submitted *submission) (*stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(submitted.stack)
	if err != nil {
		return nil, invalid("Stack [%s] does not exist", submitted.stack)
	}
	described, err := submitted.version.read(st.Name)
	if err != nil {
		return nil, invalid("Template error: %v", err)
	}
	if err := checkUpdate(st, described); err != nil {
		return nil, err
	}
	if same(st, &submitted.version, described) {
		return nil, invalid(nothingToUpdate)
	}
	return st, s.deploy(st, submitted, described)
}

// deleteStack begins to delete a stack; it is no error if there is none of that name.
func (s *Stacks) deleteStack(nameOrID string, retain []string) (*stack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(nameOrID)
	switch {
	case err != nil, st.Status == deleteComplete:
		return nil, nil //nolint:nilnil // AWS takes it for done
	case st.fixed:
		return nil, invalid("Stack [%s] is that of the template file that the local cloud was started with, and ends with it.", st.Name)
	case st.busy():
		return nil, invalid("Stack:%s is in %s state and can not be deleted.", st.ID, st.Status)
	case len(retain) > 0 && st.Status != deleteFailed:
		return nil, invalid("Stack:%s is not in the DELETE_FAILED state: resources can be retained in that state only.", st.ID)
	}
	st.Retain = retain
	if err := s.dropChangeSets(st, func(*changeSet) bool { return true }); err != nil {
		return nil, err
	}
	if err := s.becomeLocked(st, deleteInProgress, userInitiated); err != nil {
		return nil, err
	}
	s.begin(st, s.delete)
	return st, nil
}
