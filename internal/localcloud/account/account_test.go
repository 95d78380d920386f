package account_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/account"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestWhoIsWho(t *testing.T) {
	t.Parallel()
	stack := &template.Stack{
		Functions:       []template.Function{{Resource: template.Resource{Name: "price"}, RoleARN: "arn:aws:iam::123456789012:role/price-role"}},
		ManagedPolicies: []template.ManagedPolicy{{Resource: template.Resource{Name: "shared", ARN: "arn:aws:iam::123456789012:policy/shared"}}},
	}
	mine := account.Account{
		FunctionOf: func(key string) (string, bool) { return "price", key == "ASIAPRICE" },
		Described:  func() *template.Stack { return stack },
	}
	for _, test := range []struct {
		handler      http.Handler
		key, body    string
		want, wantNo string
	}{
		{mine.Tokens(), "any", "Action=GetCallerIdentity", "<Arn>arn:aws:iam::123456789012:root</Arn>", "price"},
		{mine.Tokens(), "ASIAPRICE", "Action=GetCallerIdentity", "<Arn>arn:aws:sts::123456789012:assumed-role/price-role/price</Arn>", "root"},
		{mine.Tokens(), "any", "Action=AssumeRole", "<Code>InvalidAction</Code>", "Result"},
		{mine.Policies(), "any", "Action=ListPolicies&Scope=Local", "policy/shared", "aws:policy"},
		{mine.Policies(), "any", "Action=ListPolicies&Scope=AWS", "AWSLambdaBasicExecutionRole", "shared"},
		{mine.Resources(), "any", `{"TypeName":"AWS::Lambda::Url","Identifier":"price"}`, "ResourceNotFoundException", "Unsupported"},
		{mine.Resources(), "any", `{"TypeName":"AWS::SQS::Queue","Identifier":"price"}`, "UnsupportedActionException", "NotFound"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(test.body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("X-Amz-Target", "CloudApiService.GetResource")
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+test.key+"/20261126/us-east-1/sts/aws4_request, Signature=0")
		answer := httptest.NewRecorder()
		test.handler.ServeHTTP(answer, request)
		if got := answer.Body.String(); !strings.Contains(got, test.want) || strings.Contains(got, test.wantNo) {
			t.Errorf("%s: %s", test.body, got)
		}
	}
}
