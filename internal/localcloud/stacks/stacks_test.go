package stacks_test

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s, want\n%s", what, got, want)
	}
}

func TestAStackIsCreatedUpdatedAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expect(t, "created", w.deploy("CREATE", queues("A", "B")), "CREATE_COMPLETE")
	expect(t, "done", w.platform.did(), "create B, create A")
	expect(t, "events", w.events(0), "s CREATE_IN_PROGRESS, B CREATE_IN_PROGRESS, B CREATE_IN_PROGRESS, B CREATE_COMPLETE, "+
		"A CREATE_IN_PROGRESS, A CREATE_IN_PROGRESS, A CREATE_COMPLETE, s CREATE_COMPLETE")

	expect(t, "updated", w.deploy("UPDATE", queues("C", "B=5")), "UPDATE_COMPLETE")
	expect(t, "done", w.platform.did(), "update B, create C, delete A")
	expect(t, "events", w.events(8), "s UPDATE_IN_PROGRESS, B UPDATE_IN_PROGRESS, B UPDATE_COMPLETE, "+
		"C CREATE_IN_PROGRESS, C CREATE_IN_PROGRESS, C CREATE_COMPLETE, s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, "+
		"A DELETE_IN_PROGRESS, A DELETE_COMPLETE, s UPDATE_COMPLETE")
	expect(t, "resources", strings.Join(each(w.must("ListStackResources", "StackName=s"), "LogicalResourceId"), " "), "B C")

	id := one(w.must("DescribeStacks", "StackName=s"), "StackId")
	w.must("DeleteStack", "StackName=s")
	expect(t, "done", w.platform.did(), "delete C, delete B")
	w.refused("Stack with id s does not exist", "DescribeStacks", "StackName=s")
	expect(t, "by its id", one(w.must("DescribeStacks", "StackName="+id), "StackStatus"), "DELETE_COMPLETE")
	w.must("DeleteStack", "StackName=s")
	expect(t, "done", w.platform.did(), "")
	if len(w.platform.there) > 0 || len(w.stacks.Live()) > 0 {
		t.Errorf("left: %v, %d", w.platform.there, len(w.stacks.Live()))
	}
	expect(t, "created again", w.deploy("CREATE", queues("A")), "CREATE_COMPLETE")
}

func TestEventsHaveTimesOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A", "B"))
	times := each(w.must("DescribeStackEvents", "StackName=s"), "Timestamp")
	for i := 1; i < len(times); i++ {
		if times[i] >= times[i-1] {
			t.Errorf("%s is not before %s", times[i], times[i-1])
		}
	}
}

func TestACreationThatFailsIsRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.platform.fail["create A"] = true
	expect(t, "status", w.deploy("CREATE", queues("A", "B/Retain", "C", "D/RetainExceptOnCreate")), "ROLLBACK_COMPLETE")
	expect(t, "done", w.platform.did(), "create D, create C, create B, create A, delete C, delete D")
	expect(t, "events", w.events(11), "A CREATE_IN_PROGRESS, A CREATE_FAILED, s ROLLBACK_IN_PROGRESS, "+
		"B DELETE_SKIPPED, C DELETE_IN_PROGRESS, C DELETE_COMPLETE, D DELETE_IN_PROGRESS, D DELETE_COMPLETE, s ROLLBACK_COMPLETE")
	body := w.must("DescribeStackEvents", "StackName=s")
	for _, want := range []string{"no room", "The following resource(s) failed to create: [A]. Rollback requested by user."} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in %s", want, body)
		}
	}
	w.refused("is in ROLLBACK_COMPLETE state and can not be updated.", "UpdateStack", "StackName=s", "TemplateBody="+queues("A"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	w.must("DeleteStack", "StackName=s")
	expect(t, "what is retained is", w.deploy("CREATE", queues("B")), "ROLLBACK_COMPLETE")
	if body := w.must("DescribeStackEvents", "StackName=s"); !strings.Contains(body, "already exists") {
		t.Error(body)
	}
}

func TestAnUpdateThatFailsIsRolledBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A", "B"))
	made := maps.Clone(w.platform.there)
	w.platform.fail["update A"] = true // neither forth nor back
	expect(t, "status", w.deploy("UPDATE", queues("A=1", "B=1", "C")), "UPDATE_ROLLBACK_FAILED")

	other := newWorld(t)
	other.deploy("CREATE", queues("A", "B"))
	other.platform.did()
	other.platform.fail["create D"] = true
	expect(t, "status", other.deploy("UPDATE", queues("D", "A=1", "B=1", "C")), "UPDATE_ROLLBACK_COMPLETE")
	expect(t, "done", other.platform.did(), "create C, update B, update A, create D, update A, update B, delete C")
	for name, properties := range made {
		expect(t, name, other.platform.there[name], properties)
	}
	expect(t, "resources", strings.Join(each(other.must("ListStackResources", "StackName=s"), "LogicalResourceId"), " "), "B A")
	delete(other.platform.fail, "create D")
	expect(t, "once more", other.deploy("UPDATE", queues("D", "A=1", "B=1", "C")), "UPDATE_COMPLETE")
}

func TestWhatIsRenamedIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	w.platform.did()
	renamed := strings.Replace(queues("A"), "QueueName: qA", "QueueName: other", 1)
	expect(t, "change", one(w.changeSet("UPDATE", renamed), "Replacement"), "True")
	expect(t, "status", w.deploy("UPDATE", renamed), "UPDATE_COMPLETE")
	expect(t, "done", w.platform.did(), "create A, delete A")
	if _, there := w.platform.there["AWS::SQS::Queue other"]; !there || len(w.platform.there) != 1 {
		t.Errorf("there: %v", w.platform.there)
	}
	if body := w.must("ListStackResources", "StackName=s"); !strings.Contains(one(body, "PhysicalResourceId"), "/other") {
		t.Error(body)
	}
}

func TestDeletionPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A", "B/Retain", "C/RetainExceptOnCreate"))
	w.deploy("UPDATE", queues("A", "C/RetainExceptOnCreate"))
	w.platform.did()
	w.platform.fail["delete A"] = true
	w.must("DeleteStack", "StackName=s")
	expect(t, "status", w.status(), "DELETE_FAILED")
	w.refused("can not be updated", "UpdateStack", "StackName=s", "TemplateBody="+queues("D"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	w.must("DeleteStack", "StackName=s", "RetainResources.member.1=A")
	w.refused("does not exist", "DescribeStacks", "StackName=s")
	if len(w.platform.there) != 3 {
		t.Errorf("there: %v", w.platform.there)
	}
}

// changeSet makes the change set c and describes it.
func (w *world) changeSet(kind, body string, parameters ...string) string {
	w.t.Helper()
	w.must("CreateChangeSet", append([]string{"StackName=s", "ChangeSetName=c", "ChangeSetType=" + kind, "TemplateBody=" + body}, parameters...)...)
	return w.must("DescribeChangeSet", "StackName=s", "ChangeSetName=c")
}

const parameterized = `Transform: AWS::Serverless-2016-10-31
Description: one queue
Parameters:
  Delay: {Type: Number, Default: 1}
  Secret: {Type: String, Default: hidden, NoEcho: true}
Resources:
  A: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}
Outputs:
  Url: {Value: !Ref A, Description: where}
`

func TestChangeSets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused("does not exist", "CreateChangeSet", "StackName=s", "ChangeSetName=c", "TemplateBody="+parameterized)
	body := w.changeSet("CREATE", parameterized, "Parameters.member.1.ParameterKey=Delay", "Parameters.member.1.ParameterValue=7",
		"Tags.member.1.Key=by", "Tags.member.1.Value=me")
	expect(t, "change", one(body, "Action")+" "+one(body, "LogicalResourceId")+" "+one(body, "Status")+" "+one(body, "ExecutionStatus"), "Add A CREATE_COMPLETE AVAILABLE")
	expect(t, "stack", w.status(), "REVIEW_IN_PROGRESS")
	expect(t, "nothing is done yet", w.platform.did(), "")
	w.must("ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
	described := w.must("DescribeStacks", "StackName=s")
	for _, want := range []string{
		"<StackStatus>CREATE_COMPLETE<", "<ParameterKey>Delay</ParameterKey><ParameterValue>7<", "<ParameterKey>Secret</ParameterKey><ParameterValue>****<",
		"<OutputKey>Url</OutputKey><OutputValue>https://sqs.us-east-1.amazonaws.com/123456789012/s-A-", "<Description>where<", "<Key>by</Key><Value>me<", "<Description>one queue<",
	} {
		if !strings.Contains(described, want) {
			t.Errorf("no %s in %s", want, described)
		}
	}
	w.refused("cannot be executed in its current execution status of [EXECUTE_COMPLETE]", "ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
	w.refused("already exists and cannot be created again", "CreateChangeSet", "StackName=s", "ChangeSetName=d", "ChangeSetType=CREATE", "TemplateBody="+parameterized)

	same := []string{"Parameters.member.1.ParameterKey=Delay", "Parameters.member.1.UsePreviousValue=true", "Tags.member.1.Key=by", "Tags.member.1.Value=me"}
	body = w.changeSet("UPDATE", parameterized, same...)
	expect(t, "nothing new", one(body, "Status")+": "+one(body, "StatusReason"),
		"FAILED: The submitted information didn&#39;t contain changes. Submit different information to create a change set.")
	w.refused("InvalidChangeSetStatus", "ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
	w.must("DeleteChangeSet", "StackName=s", "ChangeSetName=c")
	body = w.changeSet("UPDATE", parameterized, same[2:]...) // the delay is the default again
	expect(t, "a change", one(body, "Action")+one(body, "Replacement"), "ModifyFalse")
	w.refused("AlreadyExistsException", "CreateChangeSet", "StackName=s", "ChangeSetName=c", "TemplateBody="+parameterized)
	expect(t, "listed", strings.Join(each(w.must("ListChangeSets", "StackName=s"), "ChangeSetName"), " "), "c")
	if body := w.must("GetTemplate", "StackName=s", "TemplateStage=Original"); !strings.Contains(body, "one queue") {
		t.Error(body)
	}
	expect(t, "parameters", strings.Join(each(w.must("GetTemplateSummary", "StackName=s"), "ParameterKey"), " "), "Delay Secret")
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const function = "Transform: AWS::Serverless-2016-10-31\nResources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}\n"
	create := func(body string, parameters ...string) []string {
		return append([]string{"StackName=s", "TemplateBody=" + body, "Capabilities.member.1=CAPABILITY_AUTO_EXPAND"}, parameters...)
	}
	for want, request := range map[string][]string{
		"Requires capabilities : [CAPABILITY_IAM]":                    create(function),
		"Requires capabilities : [CAPABILITY_AUTO_EXPAND]":            {"StackName=s", "TemplateBody=" + queues("A")},
		"at &#39;stackName&#39;":                                      {"StackName=1s", "TemplateBody=" + queues("A"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND"},
		"Either Template URL or Template Body must be specified.":     {"StackName=s"},
		"Template format error":                                       create("a: ["),
		"the template has no such parameter":                          create(queues("A"), "Parameters.member.1.ParameterKey=P", "Parameters.member.1.ParameterValue=1"),
		"Circular dependency between resources: [A, B]":               create("Transform: AWS::Serverless-2016-10-31\nResources:\n  A: {Type: AWS::SQS::Queue, DependsOn: B}\n  B: {Type: AWS::SQS::Queue, DependsOn: A}\n"),
		"does not support the parameter StackPolicyBody":              create(queues("A"), "StackPolicyBody=x"),
		"rolls back what fails, always":                               create(queues("A"), "DisableRollback=true"),
		"S3 error: The specified key does not exist.":                 {"StackName=s", "TemplateURL=http://127.0.0.1/bucket/none"},
		"Member must have length less than or equal to 51200":         create("# " + strings.Repeat("-", 51_200)),
		"Cannot specify usePreviousValue as true for a parameter key": create(queues("A"), "Parameters.member.1.ParameterKey=P", "Parameters.member.1.UsePreviousValue=true"),
	} {
		w.refused(want, "CreateStack", request...)
	}
	w.refused("does not support the operation &#34;CreateStackSet&#34;", "CreateStackSet")
	w.refused("Stack with id s does not exist", "DescribeStackEvents", "StackName=s")
	w.refused("ChangeSetNotFound", "DescribeChangeSet", "StackName=s", "ChangeSetName=c")
	w.refused("Stack [s] does not exist", "UpdateStack", create(queues("A"))...)
	w.bodies["bucket/key"] = queues("A")
	w.must("CreateStack", "StackName=s", "TemplateURL=http://127.0.0.1:4599/bucket/key", "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	w.refused("AlreadyExistsException", "CreateStack", create(queues("A"))...)
	w.refused("No updates are to be performed.", "UpdateStack", create(queues("A"))...)
}

func TestAnotherStacksResourceIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	w.must("CreateStack", "StackName=other", "TemplateBody="+queues("A"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	body := w.must("DescribeStackEvents", "StackName=other")
	if !strings.Contains(body, "already exists in stack arn:aws:cloudformation:us-east-1:123456789012:stack/s/") {
		t.Error(body)
	}
	expect(t, "the first one's", w.platform.did(), "create A")
}

func TestInterruptedOperations(t *testing.T) {
	t.Parallel()
	create := newWorld(t)
	create.interrupt("create A", func() {
		create.call("CreateStack", "StackName=s", "TemplateBody="+queues("A", "B"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	})
	expect(t, "creation", create.status()+": "+create.platform.did(), "ROLLBACK_COMPLETE: delete A, delete B")

	update := newWorld(t)
	update.deploy("CREATE", queues("A", "B"))
	update.interrupt("update A", func() {
		update.call("UpdateStack", "StackName=s", "TemplateBody="+queues("A=1", "B=1", "C"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	})
	expect(t, "update", update.status()+": "+update.platform.did(), "UPDATE_ROLLBACK_COMPLETE: update A, update B, delete C")

	cleanup := newWorld(t)
	cleanup.deploy("CREATE", queues("A", "B"))
	cleanup.interrupt("delete A", func() {
		cleanup.call("UpdateStack", "StackName=s", "TemplateBody="+queues("B"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	})
	expect(t, "clean-up", cleanup.status()+": "+cleanup.platform.did(), "UPDATE_COMPLETE: delete A")

	deletion := newWorld(t)
	deletion.deploy("CREATE", queues("A", "B"))
	deletion.interrupt("delete B", func() { deletion.call("DeleteStack", "StackName=s") })
	expect(t, "deletion", deletion.platform.did(), "delete B")
	deletion.refused("does not exist", "DescribeStacks", "StackName=s")
}

func TestAnInterruptedReplacementTakesNobodysResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	const others = "AWS::SQS::Queue other"
	w.platform.there[others] = "made by hand"
	w.interrupt("look for A", func() {
		renamed := strings.Replace(queues("A"), "QueueName: qA", "QueueName: other", 1)
		w.call("UpdateStack", "StackName=s", "TemplateBody="+renamed, "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	})
	expect(t, "update", w.status()+": "+w.platform.did(), "UPDATE_ROLLBACK_COMPLETE: ")
	expect(t, "another's queue", w.platform.there[others], "made by hand")
	if body := w.must("ListStackResources", "StackName=s"); !strings.Contains(one(body, "PhysicalResourceId"), "/qA") || one(body, "ResourceStatus") != "UPDATE_COMPLETE" {
		t.Error(body)
	}
}

func TestAStackIsDeletedWithWhatAFailedUpdateMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A", "B"))
	w.platform.fail["update A"] = true // neither forth nor back
	w.platform.fail["delete B"] = true
	renamed := strings.Replace(queues("A=1", "B", "C"), "QueueName: qB", "QueueName: other", 1)
	expect(t, "updated", w.deploy("UPDATE", renamed), "UPDATE_ROLLBACK_FAILED")
	w.platform.did()
	w.must("DeleteStack", "StackName=s")
	expect(t, "deleted", w.status()+": "+w.platform.did(), "DELETE_FAILED: delete B, delete C, delete A")
	delete(w.platform.fail, "delete B")
	w.must("DeleteStack", "StackName=s")
	expect(t, "deleted again", w.platform.did(), "delete B, delete B")
	w.refused("does not exist", "DescribeStacks", "StackName=s")
	if len(w.platform.there) > 0 {
		t.Errorf("left: %v", w.platform.there)
	}
}

func TestAStackInItsLastStateIsNotBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := 0
	w.platform.changed = func() {
		told++
		_, body := w.call("DescribeStacks", "StackName=s")
		if status := one(body, "StackStatus"); len(w.stacks.InFlight()) > 0 && !strings.HasSuffix(status, "_IN_PROGRESS") {
			t.Errorf("an operation runs in the state %q", status)
		}
	}
	w.deploy("CREATE", queues("A"))
	w.deploy("UPDATE", queues("A=1"))
	w.platform.fail["create B"] = true
	expect(t, "status", w.deploy("UPDATE", queues("B")), "UPDATE_ROLLBACK_COMPLETE")
	w.must("DeleteStack", "StackName=s")
	w.deploy("CREATE", queues("B"))
	if told < 8 {
		t.Errorf("the platform was told %d times", told)
	}
}

func TestStacksComeUpAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	w.must("CreateChangeSet", "StackName=s", "ChangeSetName=c", "TemplateBody="+queues("A=1"))
	events := w.events(0)
	w.close()
	w.open()
	expect(t, "events", w.events(0), events)
	if deployed := w.stacks.Deployed(); len(deployed) != 1 || deployed[0].Queues[0].Name != "qA" {
		t.Errorf("deployed: %v", deployed)
	}
	w.must("ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
	expect(t, "status", w.status(), "UPDATE_COMPLETE")
}

func TestAChangeSetIsExecutedOnceAndEndsTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	w.must("CreateChangeSet", "StackName=s", "ChangeSetName=c", "TemplateBody="+queues("A=1"))
	w.must("CreateChangeSet", "StackName=s", "ChangeSetName=d", "TemplateBody="+queues("A=2"))
	w.must("ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
	for range 2 { // before and after a restart
		expect(t, "executed", one(w.must("DescribeChangeSet", "StackName=s", "ChangeSetName=c"), "ExecutionStatus"), "EXECUTE_COMPLETE")
		w.refused("InvalidChangeSetStatus", "ExecuteChangeSet", "StackName=s", "ChangeSetName=c")
		w.refused("ChangeSetNotFound", "DescribeChangeSet", "StackName=s", "ChangeSetName=d")
		w.close()
		w.open()
	}
}

func TestAStackWithoutItsTemplateCanOnlyBeDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deploy("CREATE", queues("A"))
	w.must("CreateStack", "StackName=other", "TemplateBody="+queues("B"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	w.platform.did()
	w.close()
	space := w.memory.Space("cloudformation")
	batch := space.Batch()
	if err := space.Scan([]byte("b"), []byte("c"), func(key, value []byte) (bool, error) {
		if string(value) == queues("A") {
			batch.Delete(key)
		}
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := batch.Apply(); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.stacks.Resume()
	body := w.must("DescribeStacks", "StackName=s")
	if one(body, "StackStatus") != "CREATE_COMPLETE" || !strings.Contains(one(body, "StackStatusReason"), "is gone") {
		t.Error(body)
	}
	if live := w.stacks.Live(); len(live) != 1 || live[0].Queues[0].Name != "qB" {
		t.Errorf("live: %v", live)
	}
	w.refused("can only be deleted", "UpdateStack", "StackName=s", "TemplateBody="+queues("A=1"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	id := one(body, "StackId")
	w.must("DeleteStack", "StackName=s")
	expect(t, "status", one(w.must("DescribeStacks", "StackName="+id), "StackStatus"), "DELETE_COMPLETE")
	expect(t, "its queue", one(w.must("ListStackResources", "StackName="+id), "ResourceStatus")+w.platform.did(), "DELETE_SKIPPED")
}

func TestTheStackOfAFileIsShownAndStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	described, err := template.Read("template.yaml", source, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.stacks.Adopt(template.LocalStack, string(source), nil, described); err != nil {
		t.Fatal(err)
	}
	name := "StackName=" + template.LocalStack
	body := w.must("DescribeStacks", name)
	if one(body, "StackStatus") != "CREATE_COMPLETE" || !strings.Contains(body, "<OutputKey>EventBusName<") {
		t.Error(body)
	}
	if kinds := each(w.must("DescribeStackResources", name), "ResourceType"); len(kinds) != len(described.Declarations) {
		t.Errorf("%d resources, want %d", len(kinds), len(described.Declarations))
	}
	w.refused("change the file", "UpdateStack", name, "TemplateBody="+queues("A"), "Capabilities.member.1=CAPABILITY_AUTO_EXPAND")
	w.refused("ends with it", "DeleteStack", name)
	if adopted, err := w.stacks.Adopted(); err != nil || adopted != template.LocalStack {
		t.Errorf("adopted %q, %v", adopted, err)
	}
	rest := newWorld(t)
	rest.deploy("CREATE", queues("A"))
	mine, err := template.Read("mine", []byte(queues("A")), nil)
	if err != nil {
		t.Fatal(err)
	}
	if adoption := rest.stacks.Adopt("mine", queues("A"), nil, mine); adoption == nil || !strings.Contains(adoption.Error(), "the stack s, which was deployed and has the AWS::SQS::Queue") {
		t.Errorf("adopted: %v", adoption)
	}
}
