package template

import (
	"fmt"
	"slices"
	"strings"
)

// expandFunctions does what SAM does to functions before CloudFormation sees them: it merges the globals in and turns
// Events, EventInvokeConfig and Policies into resources of their own. The expanded resources stand at the lines they
// come from and have the logical ids that SAM gives them.
func (r *reader) expandFunctions(globals *node) {
	shared := r.functionGlobals(globals)
	for _, res := range r.order {
		if res.kind != "AWS::Serverless::Function" {
			continue
		}
		res.properties = mergeGlobals(shared, res.properties)
		p := r.literalProperties(res.properties, place{resource: res.id})
		if !plainObject(res.properties) {
			continue
		}
		r.expandAlias(res)
		r.expandRole(res, p)
		r.expandEventInvokeConfig(res, p.object("EventInvokeConfig"))
		events := p.object("Events")
		for _, event := range events.node.fieldsOrNone() {
			r.expandEvent(res, event.name, events.object(event.name))
		}
		res.properties.remove("Events", "EventInvokeConfig", "Policies")
	}
}

// publishedAlias is the kind of an alias that SAM makes of AutoPublishAlias. Templates refer to it as Function.Alias.
const publishedAlias = "AWS::Lambda::Alias of AutoPublishAlias"

// expandAlias makes the alias that SAM leads to each new version of a function.
//
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
func (r *reader) expandAlias(function *resource) {
	name := function.properties.get("AutoPublishAlias")
	if name == nil {
		if preference := function.properties.get("DeploymentPreference"); preference != nil {
			r.report(place{function.id, "DeploymentPreference"}, preference.line, "SAM takes it with AutoPublishAlias only")
		}
		return
	}
	value := r.resolve(name, place{function.id, "AutoPublishAlias"})
	if value == nil || value.kind != text {
		r.report(place{function.id, "AutoPublishAlias"}, name.line, "must be a text")
		return
	}
	id := function.id + "Alias" + value.text
	r.add(function, id, publishedAlias, objectNode(name.line,
		field{"FunctionName", name.line, ref(name.line, function.id)}, field{"Name", name.line, value}))
	r.resources[function.id+".Alias"] = r.resources[id]
}

// invoked is what rules and schedules of a function's Events invoke.
func invoked(line int, function *resource) *node {
	if function.properties.get("AutoPublishAlias") != nil {
		return ref(line, function.id+".Alias")
	}
	return arnOf(line, function.id)
}

func (n *node) remove(names ...string) {
	n.fields = slices.DeleteFunc(n.fields, func(f field) bool { return slices.Contains(names, f.name) })
}

// add declares a resource that belongs to a function and is there when the function is.
func (r *reader) add(function *resource, id, kind string, properties *node) {
	r.declare(&resource{
		id: id, line: properties.line, kind: kind, properties: properties, condition: function.condition,
		deletionPolicy: function.deletionPolicy, replacePolicy: function.replacePolicy,
	})
}

func (r *reader) expandEvent(function *resource, name string, p *properties) {
	defer p.done()
	switch p.choice("Type", "", "EventBridgeRule", "ScheduleV2") {
	case "EventBridgeRule":
		r.expandRule(function, function.id+name, p.object("Properties"))
	case "ScheduleV2":
		r.expandSchedule(function, function.id+name, p.object("Properties"))
	default:
		p.ignore("Properties")
	}
}

// expandRule makes a rule and the permission that lets it invoke the function.
func (r *reader) expandRule(function *resource, id string, p *properties) {
	line := max(p.line, function.line)
	target := objectNode(line, field{"Arn", line, invoked(line, function)})
	targetID := textNode(line, id+"LambdaTarget")
	if given := p.take("Target").get("Id"); given != nil {
		targetID = given
	}
	target.fields = append(target.fields, field{"Id", line, targetID})
	target.copy(p, "Input", "InputPath", "InputTransformer", "RetryPolicy", "DeadLetterConfig")

	rule := objectNode(line, field{"Targets", line, listNode(line, target)})
	rule.copy(p, "EventBusName", "State")
	rule.copyAs(p, "RuleName", "Name")
	rule.copyAs(p, "Pattern", "EventPattern")
	p.done()
	r.add(function, id, "AWS::Events::Rule", rule)
	r.add(function, id+"Permission", "AWS::Lambda::Permission", objectNode(line,
		field{"Action", line, textNode(line, "lambda:InvokeFunction")},
		field{"FunctionName", line, invoked(line, function)},
		field{"Principal", line, textNode(line, "events.amazonaws.com")},
		field{"SourceArn", line, arnOf(line, id)},
	))
}

// expandSchedule makes a schedule and, unless one is named, the role that Scheduler takes for it.
func (r *reader) expandSchedule(function *resource, id string, p *properties) {
	line := max(p.line, function.line)
	target := objectNode(line, field{"Arn", line, invoked(line, function)})
	if !p.has("RoleArn") {
		target.fields = append(target.fields, field{"RoleArn", line, arnOf(line, id+"Role")})
		r.add(function, id+"Role", "AWS::IAM::Role", scheduleRole(line, invoked(line, function), p.node.get("DeadLetterConfig").get("Arn")))
	}
	target.copy(p, "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig")

	schedule := objectNode(line, field{"Target", line, target})
	if !p.has("Name") {
		schedule.fields = append(schedule.fields, field{"Name", line, textNode(line, id)})
	}
	if !p.has("FlexibleTimeWindow") {
		off := objectNode(line, field{"Mode", line, textNode(line, "OFF")})
		schedule.fields = append(schedule.fields, field{"FlexibleTimeWindow", line, off})
	}
	schedule.copy(p, "ScheduleExpression", "ScheduleExpressionTimezone", "Name", "GroupName", "Description", "State",
		"StartDate", "EndDate", "FlexibleTimeWindow")
	p.done()
	r.add(function, id, "AWS::Scheduler::Schedule", schedule)
}

// copy takes over the fields that are there.
func (n *node) copy(p *properties, names ...string) {
	for _, name := range names {
		n.copyAs(p, name, name)
	}
}

func (n *node) copyAs(p *properties, name, as string) {
	if value := p.take(name); value != nil {
		n.fields = append(n.fields, field{as, value.line, value})
	}
}

func (r *reader) expandEventInvokeConfig(function *resource, p *properties) {
	if !p.present() {
		return
	}
	defer p.done()
	qualifier := textNode(p.line, latest)
	if alias := function.properties.get("AutoPublishAlias"); alias != nil {
		qualifier = alias
	}
	expanded := objectNode(p.line,
		field{"FunctionName", p.line, ref(p.line, function.id)},
		field{"Qualifier", p.line, qualifier})
	expanded.copy(p, "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
	destinations := p.object("DestinationConfig")
	both := objectNode(destinations.line)
	for _, outcome := range []string{"OnFailure", "OnSuccess"} {
		destination := destinations.object(outcome)
		if !destination.present() {
			continue
		}
		destination.choice("Type", "SQS", "SQS")
		bare := objectNode(destination.line)
		bare.copy(destination, "Destination")
		destination.done()
		both.fields = append(both.fields, field{outcome, bare.line, bare})
	}
	destinations.done()
	expanded.fields = append(expanded.fields, field{"DestinationConfig", both.line, both})
	r.add(function, function.id+"EventInvokeConfig", "AWS::Lambda::EventInvokeConfig", expanded)
}

// expandRole makes the role of a function that names none: SAM's basic one and the function's own Policies.
func (r *reader) expandRole(function *resource, p *properties) {
	if p.has("Role") {
		p.refuse("SAM passes over Policies where there is a Role", "Policies")
		return
	}
	line := function.line
	managed := listNode(line, textNode(line, "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"))
	if tracing := p.take("Tracing"); tracing != nil && tracing.text == "Active" {
		managed.items = append(managed.items, textNode(line, "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"))
	}
	inline := listNode(line)
	own := p.take("Policies")
	if own != nil && own.kind != list {
		own = listNode(own.line, own) // SAM takes one policy without a list
	}
	if own != nil {
		for i, policy := range own.items {
			r.addPolicy(policy, p.at.field("Policies").item(i), managed, inline)
		}
	}
	for _, outcome := range []string{"OnFailure", "OnSuccess"} {
		destination := function.properties.get("EventInvokeConfig").get("DestinationConfig").get(outcome).get("Destination")
		if destination != nil {
			inline.items = append(inline.items, inlinePolicy(outcome, allow(destination.line, "sqs:SendMessage", destination)))
		}
	}
	id := function.id + "Role"
	r.add(function, id, "AWS::IAM::Role", objectNode(line,
		field{"AssumeRolePolicyDocument", line, trust(line, "lambda.amazonaws.com")},
		field{"ManagedPolicyArns", line, managed},
		field{"Policies", line, inline},
	))
	function.properties.fields = append(function.properties.fields, field{"Role", line, arnOf(line, id)})
}

// addPolicy sorts one item of Policies: a policy document is an inline policy, an ARN or a Ref names a managed one.
func (r *reader) addPolicy(policy *node, at place, managed, inline *node) {
	_, _, isCall := policy.intrinsic()
	switch {
	case isCall, policy.kind == text && strings.HasPrefix(policy.text, "arn:"):
		managed.items = append(managed.items, policy)
	case policy.get("Statement") != nil:
		inline.items = append(inline.items, inlinePolicy(fmt.Sprintf("RolePolicy%d", len(inline.items)), policy))
	default:
		r.report(at, policy.line, "the local cloud reads policy documents and ARNs of managed policies, not SAM's policy templates")
	}
}

func inlinePolicy(name string, document *node) *node {
	return objectNode(document.line,
		field{"PolicyName", document.line, textNode(document.line, name)},
		field{"PolicyDocument", document.line, document})
}

func scheduleRole(line int, invoked, deadLetterARN *node) *node {
	policies := listNode(line, inlinePolicy("Invoke", allow(line, "lambda:InvokeFunction", invoked)))
	if deadLetterARN != nil {
		policies.items = append(policies.items, inlinePolicy("DeadLetter", allow(line, "sqs:SendMessage", deadLetterARN)))
	}
	return objectNode(line,
		field{"AssumeRolePolicyDocument", line, trust(line, "scheduler.amazonaws.com")},
		field{"Policies", line, policies})
}

func allow(line int, action string, resource *node) *node {
	return policyDocument(line,
		field{"Effect", line, textNode(line, "Allow")},
		field{"Action", line, textNode(line, action)},
		field{"Resource", line, resource})
}

func trust(line int, service string) *node {
	return policyDocument(line,
		field{"Effect", line, textNode(line, "Allow")},
		field{"Action", line, textNode(line, "sts:AssumeRole")},
		field{"Principal", line, objectNode(line, field{"Service", line, textNode(line, service)})})
}

func policyDocument(line int, statement ...field) *node {
	return objectNode(line, field{"Statement", line, listNode(line, objectNode(line, statement...))})
}
