package verification

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

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

func (r resource) asyncConfig(function template.Function) {
	mend := "aws lambda put-function-event-invoke-config --function-name " + function.Name
	if function.Alias != "" {
		mend += " --qualifier " + function.Alias
	}
	mend += " …, as in the template"
	found, err := r.lambda.GetFunctionEventInvokeConfig(r.ctx, &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: &function.Name, Qualifier: qualifier(function),
	})
	if !r.answered("event invoke config", err, mend) {
		return
	}
	const attempts, age = 2, 21600 // Lambda's own
	r.same("asynchronous retries",
		retries(function.Async.Retry.MaximumRetryAttempts, int(function.Async.Retry.MaximumEventAge.Seconds())),
		retries(valueOr(found.MaximumRetryAttempts, attempts), valueOr(found.MaximumEventAgeInSeconds, age)), mend)
	var onFailure string
	if found.DestinationConfig != nil && found.DestinationConfig.OnFailure != nil {
		onFailure = aws.ToString(found.DestinationConfig.OnFailure.Destination)
	}
	r.same("on-failure queue", r.here(function.Async.OnFailureARN), onFailure, mend)
}

// permissions looks whether each rule may invoke the function. Further permissions are not looked at.
func (r resource) permissions(function template.Function) {
	answer, err := r.lambda.GetPolicy(r.ctx, &lambda.GetPolicyInput{FunctionName: &function.Name, Qualifier: qualifier(function)})
	if !r.answered("resource policy", err, "aws lambda add-permission for each rule, as in the template") {
		return
	}
	granted := map[string]bool{}
	for _, found := range statementsOf(aws.ToString(answer.Policy)) {
		for _, source := range found.Sources {
			for _, principal := range found.Principals {
				granted[principal+" "+source] = granted[principal+" "+source] || found.Effect == "Allow" && len(found.Actions) == 1 && found.Actions[0] == "lambda:InvokeFunction"
			}
		}
	}
	for _, permission := range r.stack.Permissions {
		if permission.FunctionARN != function.InvokedARN() {
			continue
		}
		source := r.here(permission.SourceARN)
		check := Check{What: "permission of " + lastOf(source), Verdict: OK}
		if !granted[permission.Principal+" "+source] {
			check.Verdict, check.Expected, check.Found = Wrong, permission.Principal+" may invoke it for "+source, "no such statement"
			check.Mend = "aws lambda add-permission --function-name " + function.Name + " --statement-id " + permission.LogicalID +
				" --action lambda:InvokeFunction --principal " + permission.Principal + " --source-arn " + source
			if function.Alias != "" {
				check.Mend += " --qualifier " + function.Alias
			}
		}
		r.record(check)
	}
}
