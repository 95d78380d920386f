package provision

import (
	"fmt"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/social"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Functions makes the functions be there, each with the bootstrap of its logical id and the identity of its role, if that is
// one of the stack's.
func Functions(
	host *lambdahost.Host, stack *template.Stack, identities map[string]*iam.Identity, bootstraps map[string]string, endpoint string,
) error {
	for _, described := range stack.Functions {
		if err := host.Create(definition(stack, described, identities, bootstraps[described.LogicalID], endpoint)); err != nil {
			return fmt.Errorf("function %s: %w", described.LogicalID, err)
		}
	}
	return nil
}

// definition is what Lambda is told of a function.
func definition(
	stack *template.Stack, described template.Function, identities map[string]*iam.Identity, bootstrap, endpoint string,
) lambdahost.Function {
	return lambdahost.Function{
		Name:         described.Name,
		LogicalID:    described.LogicalID,
		Description:  described.Description,
		Bootstrap:    bootstrap,
		Architecture: described.Architecture,
		Environment:  Environment(described, endpoint),
		Timeout:      described.Timeout,
		MemoryMB:     described.MemoryMB,
		Alias:        described.Alias,
		Role:         described.RoleARN,
		Identity:     identities[described.RoleARN],
		LogGroup:     described.Logging.LogGroup,
		LogFormat:    described.Logging.Format,
		LogLevel:     described.Logging.ApplicationLevel,
		Tracing:      described.Tracing,
		Reserved:     described.ReservedConcurrency,
		MaxRetries:   described.Async.Retry.MaximumRetryAttempts,
		MaxAge:       described.Async.Retry.MaximumEventAge,
		OnFailure:    described.Async.OnFailureARN,
		OnSuccess:    described.Async.OnSuccessARN,
		Permissions:  permissionsOf(stack, described),
	}
}

// Environment is what a function's process gets of the template. Its calls of AWS go to endpoint, and so do those of the social
// networks whose addresses the template gives it (FACEBOOK_BASE_URL and the like), whatever addresses these are.
func Environment(function template.Function, endpoint string) map[string]string {
	environment := map[string]string{"AWS_ENDPOINT_URL": endpoint}
	networks := social.BaseURLs(endpoint)
	for name, value := range function.Environment {
		switch address, isNetwork := networks[name]; {
		case isNetwork:
			environment[name] = address
		case name != "AWS_ENDPOINT_URL":
			environment[name] = value
		}
	}
	return environment
}

// permissionsOf are the stack's permissions that are about a function.
func permissionsOf(stack *template.Stack, function template.Function) []lambdahost.Permission {
	var permissions []lambdahost.Permission
	for _, p := range stack.Permissions {
		rest, isAbout := strings.CutPrefix(p.FunctionARN, function.ARN)
		if qualifier := strings.TrimPrefix(rest, ":"); isAbout && (rest == "" || qualifier != rest) {
			permissions = append(permissions, lambdahost.Permission{
				SID: p.LogicalID, Qualifier: qualifier, Action: p.Action, Principal: p.Principal, SourceARN: p.SourceARN, SourceAccount: p.SourceAccount,
			})
		}
	}
	return permissions
}
