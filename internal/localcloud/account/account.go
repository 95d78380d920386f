// Package account is what the local cloud's account says of itself: who a caller is (STS), and which managed policies there
// are (IAM). Whoever is no function is the account's root.
package account

import (
	"net/http"
	"strings"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// Account answers for the account.
type Account struct {
	// FunctionOf tells which function has an access key.
	FunctionOf func(accessKeyID string) (name string, ok bool)
	// Described is what there is.
	Described func() *template.Stack
}

const mostBytes = 1 << 20

// Tokens serves STS, as far as GetCallerIdentity.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (a Account) Tokens() http.Handler {
	return &awsapi.Query{
		Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", MaxBody: mostBytes,
		Operations: map[string]awsapi.QueryOperation{"GetCallerIdentity": a.callerIdentity},
	}
}

type identity struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string
}

func (a Account) callerIdentity(r *http.Request, _ awsapi.Form) (any, error) {
	key := awsapi.AccessKeyID(r)
	name, ok := a.FunctionOf(key)
	if !ok {
		return identity{"arn:aws:iam::" + awsapi.Account + ":root", awsapi.Account, awsapi.Account}, nil
	}
	role := "unknown"
	for _, function := range a.Described().Functions {
		if function.Name == name {
			role = function.RoleARN[strings.LastIndexByte(function.RoleARN, '/')+1:]
		}
	}
	return identity{"arn:aws:sts::" + awsapi.Account + ":assumed-role/" + role + "/" + name, key + ":" + name, awsapi.Account}, nil
}

// Policies serves IAM, as far as ListPolicies: the stacks' managed policies, and of AWS's own those that SAM's expansion names.
//
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
func (a Account) Policies() http.Handler {
	return &awsapi.Query{
		Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", MaxBody: mostBytes,
		Operations: map[string]awsapi.QueryOperation{"ListPolicies": a.listPolicies},
	}
}

type policy struct {
	PolicyName string
	ARN        string `xml:"Arn"`
	Path       string
}

func (a Account) listPolicies(_ *http.Request, form awsapi.Form) (any, error) {
	var list []policy
	scope := form.Text("Scope")
	if scope != "Local" {
		list = append(list,
			policy{"AWSLambdaBasicExecutionRole", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", "/service-role/"},
			policy{"AWSXrayWriteOnlyAccess", "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess", "/"})
	}
	if scope != "AWS" {
		for _, managed := range a.Described().ManagedPolicies {
			list = append(list, policy{managed.Name, managed.ARN, "/"})
		}
	}
	return struct {
		IsTruncated bool
		Policies    awsapi.Members[policy]
	}{false, awsapi.Members[policy]{Member: list}}, nil
}
