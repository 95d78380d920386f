package verification

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/provision"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func (v *verifier) functions() {
	for _, function := range v.stack.Functions {
		r := v.of("function", function.Name)
		found, err := v.lambda.GetFunctionConfiguration(v.ctx, &lambda.GetFunctionConfigurationInput{
			FunctionName: &function.Name, Qualifier: qualifier(function),
		})
		if !r.there(err, redeploy) {
			continue
		}
		r.same("state", "Active", string(found.State), "aws lambda get-function --function-name "+function.Name+" says why; deploy it again")
		update := "aws lambda update-function-configuration --function-name " + function.Name + " …, then publish a version and lead the alias to it"
		var architectures []string
		for _, architecture := range found.Architectures {
			architectures = append(architectures, string(architecture))
		}
		r.same("architecture", []string{function.Architecture}, architectures, "build for "+function.Architecture+" and deploy again")
		r.same("time-out", strconv.Itoa(int(function.Timeout.Seconds())), strconv.Itoa(valueOr(found.Timeout, 0)), update)
		r.same("memory", strconv.Itoa(function.MemoryMB), strconv.Itoa(valueOr(found.MemorySize, 0)), update)
		r.environment(function, found.Environment, update)
		r.role(function, aws.ToString(found.Role), update)
		r.concurrency(function)
		r.asyncConfig(function)
		r.permissions(function)
	}
}

// qualifier is what a function is invoked by; nil for itself.
func qualifier(function template.Function) *string {
	if function.Alias == "" {
		return nil
	}
	return &function.Alias
}

// environment compares variables. Values may be secret: only names are told.
func (r resource) environment(function template.Function, answer *types.EnvironmentResponse, mend string) {
	const what = "environment"
	found := map[string]string{}
	if answer != nil {
		if answer.Error != nil {
			r.record(Check{What: what, Verdict: Unknown, Reason: aws.ToString(answer.Error.ErrorCode) + ": " + aws.ToString(answer.Error.Message)})
			return
		}
		found = answer.Variables
	}
	expected := function.Environment
	if r.isLocal() {
		expected = provision.Environment(function, found["AWS_ENDPOINT_URL"])
	}
	var differences []string
	for name, value := range expected {
		switch is, set := found[name]; {
		case !set:
			differences = append(differences, name+" is not set")
		case is != r.here(value):
			differences = append(differences, name+" has another value")
		}
	}
	for name := range found {
		if _, declared := expected[name]; !declared {
			differences = append(differences, name+" is not in the template")
		}
	}
	if len(differences) == 0 {
		r.record(Check{What: what, Verdict: OK})
		return
	}
	slices.Sort(differences)
	r.record(Check{
		What: what, Verdict: Wrong, Expected: "the template's variables", Found: strings.Join(differences, ", "),
		Mend: "if the stack was deployed with parameters of its own, give them to bayon verify with --parameter; else " + mend,
	})
}

func (r resource) role(function template.Function, found, mend string) {
	expected := r.here(function.RoleARN)
	for _, role := range r.stack.Roles {
		if role.ARN == function.RoleARN && !r.isLocal() && !r.hasName(role) && isGenerated(lastOf(found), role.LogicalID) {
			expected = found
		}
	}
	r.same("role", expected, found, mend)
}

// hasName tells whether the template names a role.
func (r resource) hasName(role template.Role) bool {
	declared, _ := r.stack.Declaration(role.LogicalID)
	var named struct{ RoleName string }
	return json.Unmarshal(declared.Properties, &named) == nil && named.RoleName != ""
}

// isGenerated tells whether a name can be the one that CloudFormation has made for a resource: of the stack's name, the logical
// id and something random; the first two are shortened where all would be too long.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
func isGenerated(name, logicalID string) bool {
	const fewest, shortest = 3, 8
	parts := strings.Split(name, "-")
	if len(parts) < fewest {
		return false
	}
	id := parts[len(parts)-2]
	return len(id) >= min(shortest, len(logicalID)) && strings.HasPrefix(logicalID, id)
}

func (r resource) concurrency(function template.Function) {
	const what = "reserved concurrency"
	answer, err := r.lambda.GetFunctionConcurrency(r.ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &function.Name})
	if err != nil {
		r.record(Check{What: what, Verdict: Unknown, Reason: reasonOf(err)})
		return
	}
	expected, found, mend := "none", "none", "aws lambda delete-function-concurrency --function-name "+function.Name
	if reserved := function.ReservedConcurrency; reserved != nil {
		expected = strconv.Itoa(*reserved)
		mend = "aws lambda put-function-concurrency --function-name " + function.Name + " --reserved-concurrent-executions " + expected
	}
	if reserved := answer.ReservedConcurrentExecutions; reserved != nil {
		found = strconv.Itoa(int(*reserved))
	}
	if found == "0" && expected != found {
		found = "0, which stops the function"
	}
	r.same(what, expected, found, mend)
}

func (r resource) asyncConfig(function template.Function) {
	mend := "aws lambda put-function-event-invoke-config --function-name " + function.Name
	if function.Alias != "" {
		mend += " --qualifier " + function.Alias
	}
	mend += " …, as in the template"
	const attempts, age = 2, 21600 // Lambda's own
	expectedRetries := retries(function.Async.Retry.MaximumRetryAttempts, int(function.Async.Retry.MaximumEventAge.Seconds()))
	found, err := r.lambda.GetFunctionEventInvokeConfig(r.ctx, &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: &function.Name, Qualifier: qualifier(function),
	})
	asLambdas := expectedRetries == retries(attempts, age) && function.Async.OnFailureARN+function.Async.OnSuccessARN == ""
	if isMissing(err) && asLambdas || !r.answered("event invoke config", err, mend) {
		return
	}
	r.same("asynchronous retries", expectedRetries, retries(valueOr(found.MaximumRetryAttempts, attempts), valueOr(found.MaximumEventAgeInSeconds, age)), mend)
	var onFailure, onSuccess string
	if destinations := found.DestinationConfig; destinations != nil {
		if destinations.OnFailure != nil {
			onFailure = aws.ToString(destinations.OnFailure.Destination)
		}
		if destinations.OnSuccess != nil {
			onSuccess = aws.ToString(destinations.OnSuccess.Destination)
		}
	}
	r.same("on-failure queue", r.here(function.Async.OnFailureARN), onFailure, mend)
	r.same("on-success queue", r.here(function.Async.OnSuccessARN), onSuccess, mend)
}

// permissions looks whether those, and only those, may invoke the function and its alias whom the template lets.
func (r resource) permissions(function template.Function) {
	r.permissionsAt(function, function.InvokedARN(), "resource policy")
	if function.Alias != "" {
		r.permissionsAt(function, function.ARN, "resource policy without the alias")
	}
}

func (r resource) permissionsAt(function template.Function, arn, what string) {
	var declared []template.Permission
	for _, permission := range r.stack.Permissions {
		if permission.FunctionARN == arn {
			declared = append(declared, permission)
		}
	}
	input, at := lambda.GetPolicyInput{FunctionName: &function.Name}, " --function-name "+function.Name
	if arn != function.ARN {
		input.Qualifier, at = &function.Alias, at+" --qualifier "+function.Alias
	}
	answer, err := r.lambda.GetPolicy(r.ctx, &input)
	if isMissing(err) && len(declared) == 0 || !r.answered(what, err, "aws lambda add-permission for each rule, as in the template") {
		return
	}
	found := map[string]identified{}
	for _, is := range identifiedIn(aws.ToString(answer.Policy)) {
		found[words(is.statement)] = is
	}
	for _, permission := range declared {
		expected := words(r.statement(permission))
		source := r.here(permission.SourceARN)
		check := Check{What: "permission of " + cmp.Or(lastOf(source), permission.Principal), Verdict: OK}
		if _, granted := found[expected]; !granted {
			check.Verdict, check.Expected, check.Found = Wrong, permission.Principal+" may invoke it for "+cmp.Or(source, "every source"), "no such statement"
			check.Mend = "aws lambda add-permission" + at + " --statement-id " + permission.LogicalID + " --action " + permission.Action + " --principal " + permission.Principal
			if source != "" {
				check.Mend += " --source-arn " + source
			}
		}
		delete(found, expected)
		r.record(check)
	}
	for _, written := range slices.Sorted(maps.Keys(found)) {
		r.record(Check{
			What: "no further permissions", Verdict: Wrong, Expected: "only those of the template", Found: found[written].SID + ": " + written,
			Mend: "aws lambda remove-permission" + at + " --statement-id " + found[written].SID,
		})
	}
}

// statement is what Lambda makes of a permission.
func (r resource) statement(permission template.Permission) statement {
	made := statement{
		Effect: "Allow", Principals: []string{permission.Principal}, Actions: []string{permission.Action}, Resources: []string{r.here(permission.FunctionARN)},
	}
	if permission.SourceARN != "" {
		made.Sources = []string{r.here(permission.SourceARN)}
	}
	if permission.SourceAccount != "" {
		account := permission.SourceAccount
		if account == localAccount {
			account = r.account
		}
		made.Conditions = map[string]map[string][]string{"StringEquals": {"aws:sourceaccount": {account}}}
	}
	return made
}
