package template

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
)

func (r *reader) readFunction(res *resource, p *properties) {
	p.ignore(tags, "PropagateTags", "FunctionName")
	p.choice("PackageType", "Zip", "Zip")
	p.choice("RecursiveLoop", "Terminate", "Terminate")                            // AWS looks for loops over other services than EventBridge
	p.ignore("DeploymentPreference", "AutoPublishAliasAllProperties", "KmsKeyArn") // how a release comes in, which it does here at once
	function := Function{
		Resource:     r.header(res),
		Description:  p.text("Description", ""),
		CodeURI:      readCode(p),
		BuildMethod:  res.buildMethod,
		Handler:      p.requiredText("Handler"),
		Runtime:      p.choice("Runtime", "", "provided.al2023", "provided.al2"),
		Architecture: readArchitecture(p),
		MemoryMB:     p.integer("MemorySize", 128, 128, 10240),
		Timeout:      p.seconds("Timeout", 3, 1, 900),
		Environment:  readEnvironment(p.object("Environment")),
		Tracing:      p.choice("Tracing", "Disabled", "Active", "PassThrough", "Disabled") == "Active",
		RoleARN:      p.requiredARN("Role", "iam"),
		Alias:        p.text("AutoPublishAlias", ""),
		Async:        defaultAsync(),
	}
	function.Logging = readLogging(p.object("LoggingConfig"), function.Name)
	if p.has("ReservedConcurrentExecutions") {
		reserved := p.integer("ReservedConcurrentExecutions", 0, 0, 1_000_000)
		function.ReservedConcurrency = &reserved
	}
	r.stack.Functions = append(r.stack.Functions, function)
}

// readCode reads where a function's code is: a folder, or an object of S3 in one of two forms.
func readCode(p *properties) string {
	if n := p.node.get("CodeUri"); n == nil || n.kind != object {
		return p.requiredText("CodeUri")
	}
	object := p.object("CodeUri")
	defer object.done()
	object.refuse("the local cloud keeps one version of each object", "Version")
	return "s3://" + object.requiredText("Bucket") + "/" + object.requiredText("Key")
}

func readArchitecture(p *properties) string {
	architectures := p.texts("Architectures")
	switch {
	case !p.has("Architectures"):
		return "x86_64"
	case len(architectures) != 1 || !slices.Contains([]string{"arm64", "x86_64"}, architectures[0]):
		p.r.report(p.at.field("Architectures"), p.node.get("Architectures").line, "must be one of arm64 and x86_64, not %q", architectures)
		return ""
	default:
		return architectures[0]
	}
}

var (
	variableName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]+$`)
	// reservedVariable is a variable that Lambda sets itself and refuses to have set.
	reservedVariable = regexp.MustCompile(`^(AWS_REGION|AWS_DEFAULT_REGION|AWS_EXECUTION_ENV|AWS_ACCESS_KEY(_ID)?|` +
		`AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|AWS_LAMBDA_.*|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$`)
)

func readEnvironment(p *properties) map[string]string {
	defer p.done()
	variables := p.object("Variables")
	environment := map[string]string{}
	for _, f := range variables.node.fieldsOrNone() {
		switch at := variables.at.field(f.name); {
		case !variableName.MatchString(f.name):
			p.r.report(at, f.line, "a variable's name begins with a letter and has letters, digits and underscores only")
		case reservedVariable.MatchString(f.name):
			p.r.report(at, f.line, "Lambda sets this variable itself and refuses to have it set")
		}
		environment[f.name] = variables.text(f.name, "")
	}
	return environment
}

func readLogging(p *properties, functionName string) Logging {
	defer p.done()
	logging := Logging{
		Format:   p.choice("LogFormat", "Text", "JSON", "Text"),
		LogGroup: p.text("LogGroup", "/aws/lambda/"+functionName),
	}
	if logging.Format == "JSON" {
		logging.ApplicationLevel = p.choice("ApplicationLogLevel", "INFO", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
		logging.SystemLevel = p.choice("SystemLogLevel", "INFO", "DEBUG", "INFO", "WARN")
	} else {
		p.refuse("Lambda takes levels for the format JSON only", "ApplicationLogLevel", "SystemLogLevel")
	}
	return logging
}

// latest is the version of a function that is invoked without an alias.
const latest = "$LATEST"

// Lambda's limits of asynchronous invocations, which are also its defaults.
const (
	maxAsyncRetries    = 2
	maxAsyncAgeSeconds = 21600
)

func defaultAsync() Async {
	return Async{Retry: RetryPolicy{maxAsyncRetries, maxAsyncAgeSeconds * time.Second}}
}

// asyncConfig is the Async that one resource gives a function of another.
type asyncConfig struct {
	id          string
	line        int
	functionARN string
	qualifier   string
	async       Async
}

func (r *reader) readEventInvokeConfig(res *resource, p *properties) {
	destinations := p.object("DestinationConfig")
	r.asyncConfigs = append(r.asyncConfigs, asyncConfig{
		id:          res.id,
		line:        res.line,
		functionARN: functionARN(p.requiredText("FunctionName")),
		qualifier:   p.requiredText("Qualifier"),
		async: Async{
			Retry: RetryPolicy{
				MaximumRetryAttempts: p.integer("MaximumRetryAttempts", maxAsyncRetries, 0, maxAsyncRetries),
				MaximumEventAge:      p.seconds("MaximumEventAgeInSeconds", maxAsyncAgeSeconds, 60, maxAsyncAgeSeconds),
			},
			OnFailureARN: readDestination(destinations.object("OnFailure")),
			OnSuccessARN: readDestination(destinations.object("OnSuccess")),
		},
	})
	destinations.done()
}

func readDestination(p *properties) string {
	defer p.done()
	if !p.present() {
		return ""
	}
	return p.requiredARN("Destination", "sqs")
}

func (r *reader) attachAsyncConfigs() {
	configured := map[string]string{}
	for _, config := range r.asyncConfigs {
		function := find(r.stack.Functions, func(f *Function) bool { return f.ARN == config.functionARN })
		at := place{config.id, "FunctionName"}
		switch {
		case function == nil:
			r.report(at, config.line, "the template has no function %s", config.functionARN)
		case config.qualifier != cmp.Or(function.Alias, latest):
			r.report(place{config.id, "Qualifier"}, config.line, "must be %s, which is what is invoked, not %q: it would count for nothing",
				cmp.Or(function.Alias, latest), config.qualifier)
		case configured[function.ARN] != "":
			r.report(at, config.line, "%s has the configuration %s already", function.LogicalID, configured[function.ARN])
		default:
			function.Async = config.async
			configured[function.ARN] = config.id
		}
	}
}

// functionARN turns a function's name, as Ref gives it, into its ARN.
func functionARN(nameOrARN string) string {
	if nameOrARN == "" || strings.HasPrefix(nameOrARN, "arn:") {
		return nameOrARN
	}
	return awsapi.ARN("lambda", "function:"+nameOrARN)
}

func (r *reader) readPermission(res *resource, p *properties) {
	r.stack.Permissions = append(r.stack.Permissions, Permission{
		LogicalID:     res.id,
		Line:          res.line,
		FunctionARN:   functionARN(p.requiredText("FunctionName")),
		Action:        p.choice("Action", "", "lambda:InvokeFunction"),
		Principal:     p.requiredText("Principal"),
		SourceARN:     p.text("SourceArn", ""),
		SourceAccount: p.text("SourceAccount", ""),
	})
}

// attach joins what resources say of each other once all are read.
func (r *reader) attach() {
	r.checkBuses()
	r.checkScheduleGroups()
	r.attachQueuePolicies()
	r.attachBusPolicies()
	r.attachAsyncConfigs()
	r.attachSchemas()
	r.attachKeyAliases()
}
