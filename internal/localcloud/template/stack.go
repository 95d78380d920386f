package template

import (
	"encoding/json"
	"time"
)

// Stack is what a template describes, resolved for one set of parameters: names and ARNs are those that AWS would give
// in the local cloud's account and region, and SAM's expansion is done. Every list is in the template's order.
type Stack struct {
	Buses             []Bus
	Rules             []Rule
	Archives          []Archive
	Functions         []Function
	Permissions       []Permission
	Queues            []Queue
	Tables            []Table
	ScheduleGroups    []ScheduleGroup
	Schedules         []Schedule
	Registries        []Registry
	LogGroups         []LogGroup
	Roles             []Role
	ManagedPolicies   []ManagedPolicy
	Secrets           []Secret
	EmailIdentities   []EmailIdentity
	ConfigurationSets []ConfigurationSet
	Keys              []EncryptionKey
	KeyAliases        []KeyAlias
	Alarms            []Alarm
	Buckets           []Bucket
	Outputs           []Output
	Declarations      []Declaration // of all resources, each behind those that it depends on
	Description       string
}

// FunctionIDs are the logical ids of the functions.
func (s *Stack) FunctionIDs() []string {
	ids := make([]string, len(s.Functions))
	for i, function := range s.Functions {
		ids[i] = function.LogicalID
	}
	return ids
}

// PartitionKey is the name of the partition key of a table, or of an index of it; empty if the stack has none of these names.
func (s *Stack) PartitionKey(table, index string) string {
	found := find(s.Tables, func(t *Table) bool { return t.Name == table })
	if found == nil {
		return ""
	}
	if index == "" {
		return found.Key.Partition
	}
	if projected := find(found.Indexes, func(i *Index) bool { return i.Name == index }); projected != nil {
		return projected.Key.Partition
	}
	return ""
}

// Resource is what all resources have.
type Resource struct {
	LogicalID string
	Line      int // where the template declares it, from 1
	Name      string
	ARN       string
}

// Bus is a custom event bus.
type Bus struct {
	Resource
	Description string
	LogLevel    string          // OFF, ERROR, INFO or TRACE
	LogDetail   bool            // whether the log would hold the events' details
	Policy      json.RawMessage // policy document; nil without one
}

// Rule lets some events of one bus through to its targets.
type Rule struct {
	Resource
	Bus         string // name of the bus
	Description string
	Enabled     bool
	Pattern     json.RawMessage // an object
	PatternLine int             // where the pattern stands, for what the pattern compiler has to say
	Targets     []Target
}

// Target is where a rule sends an event.
type Target struct {
	ID            string
	ARN           string // of a function or a queue, which need not exist
	Input         string // JSON sent in place of the event; at most one of Input, InputPath and Transformer is there
	InputPath     string // JSON path of the part of the event that is sent
	Transformer   *InputTransformer
	Retry         RetryPolicy
	DeadLetterARN string // of a queue; empty to drop what cannot be delivered
}

// InputTransformer makes what a target gets out of parts of the event.
type InputTransformer struct {
	Paths    map[string]string // JSON paths by the names of the parts
	Template string            // text with the names between < and >
}

// RetryPolicy bounds how often and how long a delivery is tried again.
type RetryPolicy struct {
	MaximumRetryAttempts int
	MaximumEventAge      time.Duration
}

// Archive keeps those events of a bus that its pattern lets through.
type Archive struct {
	Resource
	Description string
	Bus         string          // name of the bus
	Pattern     json.RawMessage // an object; nil keeps every event
	PatternLine int             // where the pattern stands; 0 without one
	Retention   time.Duration   // 0 keeps events for ever
}

// Function is a Lambda function whose code is a bootstrap.
type Function struct {
	Resource
	Description         string
	CodeURI             string // folder, relative to the template
	BuildMethod         string // of the resource's Metadata, such as makefile; empty without one
	Handler             string
	Runtime             string // provided.al2023 or provided.al2
	Architecture        string // arm64 or x86_64
	MemoryMB            int
	Timeout             time.Duration
	Environment         map[string]string
	ReservedConcurrency *int // nil when none is reserved; 0 stops all invocations
	Tracing             bool // whether Lambda samples traces
	Logging             Logging
	Async               Async
	RoleARN             string // of a Role of the stack, or of another role
	Alias               string // name of the alias that leads to the newest version; empty without one
}

// InvokedARN is what rules and schedules invoke: the function's alias, if it has one.
func (f Function) InvokedARN() string {
	if f.Alias == "" {
		return f.ARN
	}
	return f.ARN + ":" + f.Alias
}

// Logging is how Lambda writes down what a function prints.
type Logging struct {
	Format           string // JSON or Text
	ApplicationLevel string // TRACE, DEBUG, INFO, WARN, ERROR or FATAL; empty for text
	SystemLevel      string // DEBUG, INFO or WARN; empty for text
	LogGroup         string // name
}

// Async is how Lambda treats asynchronous invocations of a function.
type Async struct {
	Retry        RetryPolicy
	OnFailureARN string // of a queue; empty to drop what failed
	OnSuccessARN string // of a queue; empty for none
}

// Permission is one statement of a function's resource policy.
type Permission struct {
	LogicalID     string
	Line          int
	FunctionARN   string // with the alias that it holds for, if it does for one alone
	Action        string
	Principal     string // a service such as events.amazonaws.com, or an account
	SourceARN     string // empty for every source
	SourceAccount string // empty for every account
}

// Queue is a standard SQS queue.
type Queue struct {
	Resource
	URL        string            // as AWS would give it
	Attributes map[string]string // those that the template sets, by their SQS names, such as MessageRetentionPeriod
	Policy     json.RawMessage   // policy document; nil without one
}

// Table is a DynamoDB table with on-demand capacity.
type Table struct {
	Resource
	Attributes          map[string]string // type of each key attribute: S, N or B
	Key                 Key
	Indexes             []Index // global secondary indexes
	TTLAttribute        string  // empty without time to live
	StreamView          string  // such as NEW_AND_OLD_IMAGES; empty without a stream
	PointInTimeRecovery bool
	Encrypted           bool // with a key of the account's own, beside DynamoDB's
	DeletionProtection  bool
	Retain              bool // whether the table outlives the stack
}

// Key names the key attributes of a table or an index.
type Key struct {
	Partition string
	Sort      string // empty without a sort key
}

// Index is a global secondary index.
type Index struct {
	Name       string
	Key        Key
	Projection string   // ALL, KEYS_ONLY or INCLUDE
	NonKey     []string // attributes that INCLUDE projects
}

// ScheduleGroup holds schedules.
type ScheduleGroup struct {
	Resource
}

// Schedule is a schedule of EventBridge Scheduler without a flexible time window. It invokes a function or puts an event
// on a bus.
type Schedule struct {
	Resource
	Group       string // name of the schedule group
	Description string
	Expression  string // such as cron(0 6 * * ? *)
	TimeZone    string // IANA name
	Enabled     bool
	Start       time.Time // zero for none
	End         time.Time // zero for none
	TargetARN   string    // of a function, which need not exist, or of a bus

	// What the event has that a bus gets; empty for a function.
	EventSource     string
	EventDetailType string

	RoleARN       string
	Input         string // with Scheduler's <aws.scheduler.…> words as they are written
	Retry         RetryPolicy
	DeadLetterARN string // of a queue; empty to drop what cannot be delivered
}

// Registry holds schemas.
type Registry struct {
	Resource
	Description string
	Schemas     []Schema
}

// Schema describes one kind of event.
type Schema struct {
	Resource
	Description string
	Type        string // OpenApi3 or JSONSchemaDraft4
	Content     json.RawMessage
}

// LogGroup keeps log lines.
type LogGroup struct {
	Resource
	Retention time.Duration // 0 keeps lines for ever
}

// Role is what a service may do when it acts for a function or a schedule.
type Role struct {
	Resource
	Trust           []Statement // who may take the role
	Statements      []Statement // of its inline policies
	ManagedPolicies []string    // ARNs of ManagedPolicy resources of the stack, or of AWS's own
}

// ManagedPolicy is a policy that roles share.
type ManagedPolicy struct {
	Resource
	Description string
	Statements  []Statement
}

// Statement is one statement of a policy document.
type Statement struct {
	SID        string
	Effect     string // Allow or Deny
	Principals []string
	Actions    []string
	Resources  []string
	Condition  json.RawMessage // an object; nil without one
}

// Secret is a secret of Secrets Manager. Without Value and Generate it has no value.
type Secret struct {
	Resource
	Description string
	Value       *string // as the template has it; nil unless it has one
	Generate    *GenerateSecret
}

// GenerateSecret says how the value of a secret is generated: a password, or a JSON object with one in it.
type GenerateSecret struct {
	Length             int // characters
	ExcludeCharacters  string
	ExcludeLowercase   bool
	ExcludeUppercase   bool
	ExcludeNumbers     bool
	ExcludePunctuation bool
	IncludeSpace       bool
	RequireEachType    bool   // whether each type of character that is not excluded is there at least once
	Template           string // JSON object that the password is put into; empty for the password alone
	Key                string // where in the object it is put
}

// EmailIdentity is an address or a domain that mail may be sent from, as its name says.
type EmailIdentity struct {
	Resource
	ConfigurationSet string // name of the one that mail has when it names none; empty for none
}

// ConfigurationSet is what mail can be sent with.
type ConfigurationSet struct {
	Resource
	Paused bool // whether mail with it is refused
}

// EncryptionKey is a symmetric key of KMS, as its id says, which is its name.
type EncryptionKey struct {
	Resource
	Description string
	Disabled    bool
}

// KeyAlias is another name of a key, which begins with alias/.
type KeyAlias struct {
	Resource
	Target string // id of the key
}

// Alarm is an alarm of CloudWatch. The local cloud has no metrics, so it never goes off there.
type Alarm struct {
	Resource
	Description string
	Properties  json.RawMessage // all of them, resolved
}

// Bucket is a bucket of S3.
type Bucket struct {
	Resource
}

// Output is a value that the stack shows.
type Output struct {
	Name        string
	Line        int
	Description string
	Value       string
}
