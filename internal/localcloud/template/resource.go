package template

import (
	"regexp"
	"slices"
)

// resource is one declared or expanded resource.
type resource struct {
	id             string
	line           int
	kind           string // such as AWS::SQS::Queue
	properties     *node  // unresolved; never nil
	buildMethod    string
	deletionPolicy string
	replacePolicy  string
	dependsOn      []string
	condition      string // name of the condition that is not met; empty when the resource is there
	known          *identity
	identifying    bool
}

// leftToAWS are the resources that AWS alone acts on. Nothing of them is read but the names that they refer to.
func leftToAWS(kind string) bool {
	return slices.Contains([]string{
		"AWS::CloudWatch::Dashboard",
		"AWS::Logs::Delivery",
		"AWS::Logs::DeliveryDestination",
		"AWS::Logs::DeliverySource",
		"AWS::Logs::ResourcePolicy",
		"AWS::S3::BucketPolicy",
	}, kind)
}

var logicalID = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// declareResources notes all resources of the template, so that they can refer to each other.
func (r *reader) declareResources(section *node) {
	if section == nil {
		return
	}
	for _, declared := range section.fields {
		at := place{resource: declared.name}
		if !logicalID.MatchString(declared.name) {
			r.report(at, declared.line, "a logical id has letters and digits only")
		}
		if declared.value.kind != object {
			if declared.value.kind != broken {
				r.report(at, declared.line, "a resource is an object, not %s", declared.value.kind)
			}
			continue
		}
		r.declare(r.readAttributes(declared, at))
	}
}

func (r *reader) declare(res *resource) {
	if _, taken := r.resources[res.id]; taken {
		r.report(place{resource: res.id}, res.line, "SAM's expansion gives this logical id to another resource")
		return
	}
	r.resources[res.id] = res
	r.order = append(r.order, res)
}

// readAttributes reads what stands beside a resource's properties.
func (r *reader) readAttributes(declared field, at place) *resource {
	p := r.literalProperties(declared.value, at)
	p.line = declared.line
	res := &resource{
		id:             declared.name,
		line:           declared.line,
		kind:           p.requiredText("Type"),
		properties:     p.take("Properties"),
		deletionPolicy: p.choice("DeletionPolicy", "Delete", "Delete", "Retain", "RetainExceptOnCreate"),
	}
	p.ignore("Condition")
	res.replacePolicy = p.choice("UpdateReplacePolicy", "Delete", "Delete", "Retain")
	if n := p.take("DependsOn"); n != nil {
		for _, name := range append([]*node{n}, n.items...) {
			if name.kind == text {
				res.dependsOn = append(res.dependsOn, name.text)
			}
		}
	}
	metadata := p.object("Metadata")
	res.buildMethod = metadata.text("BuildMethod", "")
	p.done()
	if res.properties == nil {
		res.properties = &node{kind: object, line: declared.line}
	}
	if condition := declared.value.get("Condition"); condition != nil {
		if met, decided := r.condition(condition, at.field("Condition")); decided && !met {
			res.condition = condition.text
		}
	}
	return res
}

// readResource puts a resource into the stack.
func (r *reader) readResource(res *resource) {
	if res.condition != "" || res.kind == "" || leftToAWS(res.kind) {
		return
	}
	read := r.readerOf(res.kind)
	if read == nil {
		r.report(place{resource: res.id}, res.line, "the local cloud does not know resources of type %s", res.kind)
		return
	}
	p := r.properties(res.properties, place{resource: res.id})
	p.line = res.line
	read(res, p)
	p.done()
}

// readerOf returns what reads a type's properties, or nil for a type that the local cloud does not know.
func (r *reader) readerOf(kind string) func(*resource, *properties) {
	switch kind {
	case "AWS::Events::EventBus":
		return r.readBus
	case "AWS::Events::Rule":
		return r.readRule
	case "AWS::Events::Archive":
		return r.readArchive
	case "AWS::Events::EventBusPolicy":
		return r.readBusPolicy
	case "AWS::Serverless::Function":
		return r.readFunction
	case publishedAlias:
		return func(_ *resource, p *properties) { p.ignore("FunctionName", "Name") } // its function tells of it
	case "AWS::Lambda::Permission":
		return r.readPermission
	case "AWS::Lambda::EventInvokeConfig":
		return r.readEventInvokeConfig
	case "AWS::SQS::Queue":
		return r.readQueue
	case "AWS::SQS::QueuePolicy":
		return r.readQueuePolicy
	case "AWS::DynamoDB::Table":
		return r.readTable
	case "AWS::Scheduler::ScheduleGroup":
		return r.readScheduleGroup
	case "AWS::Scheduler::Schedule":
		return r.readSchedule
	case "AWS::EventSchemas::Registry":
		return r.readRegistry
	case "AWS::EventSchemas::Schema":
		return r.readSchema
	case "AWS::Logs::LogGroup":
		return r.readLogGroup
	case "AWS::IAM::Role":
		return r.readRole
	case "AWS::IAM::ManagedPolicy":
		return r.readManagedPolicy
	case "AWS::SecretsManager::Secret":
		return r.readSecret
	case "AWS::SES::EmailIdentity":
		return r.readEmailIdentity
	case "AWS::SES::ConfigurationSet":
		return r.readConfigurationSet
	case "AWS::CloudWatch::Alarm":
		return r.readAlarm
	case "AWS::S3::Bucket":
		return r.readBucket
	case "AWS::KMS::Key":
		return r.readKey
	case "AWS::KMS::Alias":
		return r.readKeyAlias
	default:
		return nil
	}
}

// header returns what every resource of the stack has.
func (r *reader) header(res *resource) Resource {
	known := r.identityOf(res)
	return Resource{LogicalID: res.id, Line: res.line, Name: known.name, ARN: known.arn}
}
