package template

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

// identity is what other parts of a template can learn of a resource.
type identity struct {
	name       string
	arn        string
	ref        string            // what Ref gives; empty when the local cloud does not know it
	attributes map[string]string // what Fn::GetAtt gives
}

// identify finds the resource of a logical id for an intrinsic function.
func (r *reader) identify(id, function string, line int, at place) (identity, bool) {
	if at.resource == "Conditions" {
		r.report(at, line, "%s: a condition knows parameters only, and %s is none", function, id)
		return identity{}, false
	}
	res, declared := r.resources[id]
	if !declared {
		return identity{}, false // checkReferences has reported it
	}
	if res.condition != "" {
		r.report(at, line, "%s: the resource %s is not there, because its condition %s is not met", function, id, res.condition)
		return identity{}, false
	}
	if res.identifying {
		r.report(at, line, "%s: the name of %s depends on itself", function, id)
		return identity{}, false
	}
	return r.identityOf(res), true
}

func (r *reader) attribute(id, attribute, function string, line int, at place) (string, bool) {
	known, ok := r.identify(id, function, line, at)
	if !ok {
		return "", false
	}
	value, ok := known.attributes[attribute]
	if !ok {
		r.report(at, line, "%s: the local cloud does not know %s.%s", function, id, attribute)
	}
	return value, ok
}

func (r *reader) identityOf(res *resource) identity {
	if res.known == nil {
		res.identifying = true
		known := r.makeIdentity(res)
		res.identifying = false
		res.known = &known
	}
	return *res.known
}

// makeIdentity gives a resource the name and ARN that it has on AWS, and says what Ref and Fn::GetAtt give for its type.
func (r *reader) makeIdentity(res *resource) identity {
	switch res.kind {
	case "AWS::Events::EventBus":
		return namedIdentity(r.nameOf(res, "Name"), "events", "event-bus/").with("Name")
	case "AWS::Events::Rule":
		rule := namedIdentity(r.nameOf(res, "Name"), "events", rulePrefix(r.busOf(res)))
		rule.ref = "" // AWS gives bus|rule for a rule on a custom bus, which nothing takes
		return rule
	case "AWS::Events::Archive":
		return namedIdentity(r.nameOf(res, "ArchiveName"), "events", "archive/").with("ArchiveName")
	case "AWS::Serverless::Function":
		return namedIdentity(r.nameOf(res, "FunctionName"), "lambda", "function:")
	case publishedAlias:
		arn := awsapi.ARN("lambda", "function:"+r.textOf(res, "FunctionName", "")+":"+r.textOf(res, "Name", ""))
		return identity{name: r.textOf(res, "Name", ""), arn: arn, ref: arn}
	case "AWS::SQS::Queue":
		queue := namedIdentity(r.nameOf(res, "QueueName"), "sqs", "").with("QueueName")
		queue.ref = "https://sqs." + awsapi.Region + ".amazonaws.com/" + awsapi.Account + "/" + queue.name
		queue.attributes["QueueUrl"] = queue.ref
		return queue
	case "AWS::DynamoDB::Table":
		return namedIdentity(r.nameOf(res, "TableName"), "dynamodb", "table/")
	case "AWS::Scheduler::ScheduleGroup":
		return namedIdentity(r.nameOf(res, "Name"), "scheduler", "schedule-group/")
	case "AWS::Scheduler::Schedule":
		return namedIdentity(r.nameOf(res, "Name"), "scheduler", "schedule/"+r.scheduleGroupOf(res)+"/")
	case "AWS::EventSchemas::Registry":
		registry := namedIdentity(r.nameOf(res, "RegistryName"), "schemas", "registry/").with("RegistryName")
		return registry.byARN("RegistryArn")
	case "AWS::EventSchemas::Schema":
		schema := namedIdentity(r.nameOf(res, "SchemaName"), "schemas", "schema/"+r.textOf(res, "RegistryName", "")+"/").with("SchemaName")
		return schema.byARN("SchemaArn")
	case "AWS::Logs::LogGroup":
		group := namedIdentity(r.nameOf(res, "LogGroupName"), "logs", "log-group:")
		group.attributes["Arn"] += ":*"
		return group
	case "AWS::IAM::Role":
		return iamIdentity(r.nameOf(res, "RoleName"), "role/")
	case "AWS::IAM::ManagedPolicy":
		return iamIdentity(r.nameOf(res, "ManagedPolicyName"), "policy/").byARN("PolicyArn")
	case "AWS::SecretsManager::Secret":
		secret := namedIdentity(r.nameOf(res, "Name"), "secretsmanager", "secret:")
		secret.arn += "-" + r.secretSuffix(res.id)
		return secret.byARN("Id")
	case "AWS::SES::EmailIdentity":
		return namedIdentity(r.textOf(res, "EmailIdentity", ""), "ses", "identity/").without("Arn")
	case "AWS::SES::ConfigurationSet":
		return namedIdentity(r.nameOf(res, "Name"), "ses", "configuration-set/").without("Arn")
	case "AWS::CloudWatch::Alarm":
		return namedIdentity(r.nameOf(res, "AlarmName"), "cloudwatch", "alarm:")
	case "AWS::CloudWatch::CompositeAlarm":
		return namedIdentity(r.nameOf(res, "AlarmName"), "cloudwatch", "alarm:")
	case "AWS::KMS::Key":
		return r.keyIdentity(res.id)
	case "AWS::KMS::Alias":
		alias := namedIdentity(r.textOf(res, "AliasName", ""), "kms", "")
		return alias.without("Arn")
	case "AWS::S3::Bucket":
		name := r.textOf(res, "BucketName", strings.ToLower(r.generatedName(res.id)))
		arn := "arn:aws:s3:::" + name
		return identity{name: name, arn: arn, ref: name, attributes: map[string]string{"Arn": arn}}
	default:
		return identity{}
	}
}

// namedIdentity is the identity of a resource whose ARN ends with its name and which Ref gives by its name.
func namedIdentity(name, service, prefix string) identity {
	arn := awsapi.ARN(service, prefix+name)
	return identity{name: name, arn: arn, ref: name, attributes: map[string]string{"Arn": arn}}
}

func iamIdentity(name, prefix string) identity {
	arn := "arn:aws:iam::" + awsapi.Account + ":" + prefix + name
	return identity{name: name, arn: arn, ref: name, attributes: map[string]string{"Arn": arn}}
}

// with adds an attribute that gives the name.
func (i identity) with(attribute string) identity {
	i.attributes[attribute] = i.name
	return i
}

// without takes an attribute away that the type does not have.
func (i identity) without(attribute string) identity {
	delete(i.attributes, attribute)
	return i
}

// byARN makes Ref give the ARN, which the attribute Arn is called for this type.
func (i identity) byARN(attribute string) identity {
	i.ref = i.arn
	delete(i.attributes, "Arn")
	i.attributes[attribute] = i.arn
	return i
}

// rulePrefix is what an ARN has between rule and name: rules of the default bus do not name it.
func rulePrefix(bus string) string {
	if bus == defaultBus {
		return "rule/"
	}
	return "rule/" + bus + "/"
}

// nameOf resolves the property that names a resource. Without one the name is made as CloudFormation makes it, but the
// same each time.
func (r *reader) nameOf(res *resource, property string) string {
	return r.textOf(res, property, r.generatedName(res.id))
}

func (r *reader) generatedName(id string) string {
	digest := sha256.Sum256([]byte(id))
	return r.stackName + "-" + id + "-" + base32.StdEncoding.EncodeToString(digest[:])[:12]
}

// textOf resolves one property of a resource by itself, which the others may depend on.
func (r *reader) textOf(res *resource, property, fallback string) string {
	n := res.properties.get(property)
	if n == nil {
		return fallback
	}
	value := r.resolve(n, place{res.id, property})
	if value == nil {
		return fallback
	}
	if !value.scalar() {
		return "" // the type's reader reports it
	}
	return value.text
}

// busOf returns the name of a rule's bus, which the template may give as an ARN.
func (r *reader) busOf(res *resource) string {
	return busName(r.textOf(res, "EventBusName", defaultBus))
}

func busName(nameOrARN string) string {
	return strings.TrimPrefix(nameOrARN, awsapi.ARN("events", "event-bus/"))
}

func (r *reader) scheduleGroupOf(res *resource) string {
	return r.textOf(res, "GroupName", "default")
}
