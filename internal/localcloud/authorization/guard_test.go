package authorization_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/authorization"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/awsapi"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

const (
	functionKey = "ASIAFUNCTION"
	user        = "arn:aws:sts::123456789012:assumed-role/price/price-monitor"
)

// guard knows one function, whose role has the grants.
func guard(t *testing.T, grants ...iam.Grant) *authorization.Guard {
	t.Helper()
	role, err := iam.NewIdentity("arn:aws:iam::123456789012:role/price", grants, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &authorization.Guard{
		Session: func(accessKeyID string) (authorization.Session, bool) {
			return authorization.Session{Role: role, Name: "price-monitor"}, accessKeyID == functionKey
		},
		PartitionKey: func(_, index string) string { return index + "PK" },
		InvokedARN:   lambdahost.InvokedARN,
		SecretARN: func(id string) (string, bool) {
			return awsapi.ARN("secretsmanager", "secret:"+id+"-abcdef"), id == "links"
		},
		KeyARN: func(id string) (string, bool) { return awsapi.ARN("kms", "key/1"), id == "alias/tokens" },
		MakerARN: func(ciphertext []byte) (string, bool) {
			return awsapi.ARN("kms", "key/2"), string(ciphertext) == "sealed"
		},
	}
}

// echo answers every request with its body.
func echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
}

// request is a call that is signed with a key.
func request(t *testing.T, key, method, path, target, body string) *http.Request {
	t.Helper()
	made := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	made.Header.Set("X-Amz-Target", target)
	made.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261124/us-east-1/any/aws4_request, SignedHeaders=host, Signature=0")
	return made
}

func TestEachServiceAsksForItsActionAndResource(t *testing.T) {
	t.Parallel()
	sealed := base64.StdEncoding.EncodeToString([]byte("sealed"))
	type service = func(*authorization.Guard) http.Handler
	of := func(protect func(*authorization.Guard, http.Handler) http.Handler) service {
		return func(g *authorization.Guard) http.Handler { return protect(g, echo()) }
	}
	for _, test := range []struct {
		name             string
		service          service
		method, path     string
		target, body     string
		action, resource string
		status           int
	}{
		{
			"an item", of((*authorization.Guard).DynamoDB), "POST", "/", "DynamoDB_20120810.GetItem", `{"TableName":"t","Key":{"PK":{"S":"USER#1"}}}`,
			"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/t", 400,
		},
		{
			"an index", of((*authorization.Guard).DynamoDB), "POST", "/", "DynamoDB_20120810.Query", `{"TableName":"t","IndexName":"GSI1"}`,
			"dynamodb:Query", "arn:aws:dynamodb:us-east-1:123456789012:table/t/index/GSI1", 400,
		},
		{"all tables", of((*authorization.Guard).DynamoDB), "POST", "/", "DynamoDB_20120810.ListTables", `{}`, "dynamodb:ListTables", "*", 400},
		{
			"a message", of((*authorization.Guard).SQS), "POST", "/", "AmazonSQS.SendMessageBatch", `{"QueueUrl":"http://127.0.0.1:4599/123456789012/q"}`,
			"sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:q", 403,
		},
		{
			"a queue's name", of((*authorization.Guard).SQS), "POST", "/", "AmazonSQS.GetQueueUrl", `{"QueueName":"q"}`,
			"sqs:GetQueueUrl", "arn:aws:sqs:us-east-1:123456789012:q", 403,
		},
		{
			"a secret by its name", of((*authorization.Guard).SecretsManager), "POST", "/", "secretsmanager.GetSecretValue", `{"SecretId":"links"}`,
			"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:links-abcdef", 400,
		},
		{
			"a secret that is not there", of((*authorization.Guard).SecretsManager), "POST", "/", "secretsmanager.GetSecretValue", `{"SecretId":"other"}`,
			"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:123456789012:secret:other", 400,
		},
		{
			"a key by its alias", of((*authorization.Guard).KMS), "POST", "/", "TrentService.Encrypt", `{"KeyId":"alias/tokens"}`,
			"kms:Encrypt", "arn:aws:kms:us-east-1:123456789012:key/1", 400,
		},
		{
			"the key of a ciphertext", of((*authorization.Guard).KMS), "POST", "/", "TrentService.Decrypt", `{"CiphertextBlob":"` + sealed + `"}`,
			"kms:Decrypt", "arn:aws:kms:us-east-1:123456789012:key/2", 400,
		},
		{
			"a mail", of((*authorization.Guard).SES), "POST", "/v2/email/outbound-emails", "", `{"FromEmailAddress":"Bayon <a@bayon.example>"}`,
			"ses:SendEmail", "arn:aws:ses:us-east-1:123456789012:identity/bayon.example", 403,
		},
		{"another operation on mail", of((*authorization.Guard).SES), "GET", "/v2/email/identities", "", "", "ses:GET/v2/email/identities", "*", 403},
		{
			"a function", of((*authorization.Guard).Lambda), "POST", "/2015-03-31/functions/other/invocations", "", "{}",
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other", 403,
		},
		{
			"a function by its alias", of((*authorization.Guard).Lambda), "POST", "/2015-03-31/functions/other/invocations?Qualifier=live", "", "{}",
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other:live", 403,
		},
		{
			"a function by a partial ARN", of((*authorization.Guard).Lambda), "POST", "/2015-03-31/functions/123456789012:function:other:live/invocations", "", "{}",
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other:live", 403,
		},
		{
			"a function by an escaped ARN", of((*authorization.Guard).Lambda), "POST",
			"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aother/invocations?Qualifier=live", "", "{}",
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other:live", 403,
		},
		{
			"a function's newest version", of((*authorization.Guard).Lambda), "POST", "/2015-03-31/functions/other/invocations?Qualifier=$LATEST", "", "{}",
			"lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other", 403,
		},
		{
			"what is no function", of((*authorization.Guard).Lambda), "POST", "/2015-03-31/functions/a:b:c/invocations", "", "{}",
			"lambda:InvokeFunction", "*", 403,
		},
		{"functions", of((*authorization.Guard).Lambda), "GET", "/2015-03-31/functions/", "", "", "lambda:GET/2015-03-31/functions/", "*", 403},
		{"a rule", of((*authorization.Guard).EventBridge), "POST", "/", "AWSEvents.PutRule", `{}`, "events:PutRule", "*", 400},
		{
			"a service of nobody's", func(g *authorization.Guard) http.Handler { return g.Others(echo(), "scheduler") }, "GET", "/schedules", "", "",
			"scheduler:GET/schedules", "*", 403,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			grant := iam.Grant{Actions: []string{test.action}, Resources: []string{test.resource}}
			for _, caller := range []struct {
				name string
				key  string
				with *authorization.Guard
				want int
			}{
				{"with the permission", functionKey, guard(t, grant), 200},
				{"without", functionKey, guard(t), test.status},
				{"denied", functionKey, guard(t, grant, iam.Grant{Deny: true, Actions: []string{"*"}, Resources: []string{"*"}}), test.status},
				{"the administrator", "AKIAANYBODY", guard(t), 200},
			} {
				answer := httptest.NewRecorder()
				test.service(caller.with).ServeHTTP(answer, request(t, caller.key, test.method, test.path, test.target, test.body))
				if answer.Code != caller.want {
					t.Errorf("%s: status %d, want %d: %s", caller.name, answer.Code, caller.want, answer.Body)
				}
				if answer.Code == http.StatusOK && answer.Body.String() != test.body {
					t.Errorf("%s: the service got %q", caller.name, answer.Body)
				}
			}
		})
	}
}

func TestOneAliasIsNotAnother(t *testing.T) {
	t.Parallel()
	const function = "arn:aws:lambda:us-east-1:123456789012:function:other"
	for permitted, invocations := range map[string]map[string]int{
		function:           {"other": 200, "other:live": 403, "123456789012:function:other": 200, "other:$LATEST": 200},
		function + ":live": {"other": 403, "other:live": 200, "function:other:live": 200, "other:other": 403},
	} {
		for name, want := range invocations {
			answer := httptest.NewRecorder()
			g := guard(t, iam.Grant{Actions: []string{"lambda:InvokeFunction"}, Resources: []string{permitted}})
			g.Lambda(echo()).ServeHTTP(answer, request(t, functionKey, "POST", "/2015-03-31/functions/"+name+"/invocations", "", "{}"))
			if answer.Code != want {
				t.Errorf("who may invoke %s invokes %s: status %d, want %d", permitted, name, answer.Code, want)
			}
		}
	}
}

func TestRefusalsReadAsOnAWS(t *testing.T) {
	t.Parallel()
	const table = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
	body := `{"TableName":"t","Key":{"PK":{"S":"OTHER#1"}}}`
	agentsOnly := iam.Grant{
		Actions: []string{"dynamodb:GetItem"}, Resources: []string{table},
		Condition: json.RawMessage(`{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":"USER#*"}}`),
	}
	never := iam.Grant{Deny: true, Actions: []string{"dynamodb:*"}, Resources: []string{"*"}}
	for reason, grants := range map[string][]iam.Grant{
		"because no identity-based policy allows the dynamodb:GetItem action": {agentsOnly},
		"with an explicit deny in an identity-based policy":                   {agentsOnly, never},
	} {
		answer := httptest.NewRecorder()
		guard(t, grants...).DynamoDB(echo()).ServeHTTP(answer, request(t, functionKey, "POST", "/", "DynamoDB_20120810.GetItem", body))
		want := `{"Message":"User: ` + user + ` is not authorized to perform: dynamodb:GetItem on resource: ` + table + ` ` + reason +
			`","__type":"AccessDeniedException"}`
		if answer.Body.String() != want || answer.Header().Get("X-Amzn-Errortype") != "AccessDeniedException" {
			t.Errorf("%s: %s", answer.Header(), answer.Body)
		}
	}
}

func TestMayPublish(t *testing.T) {
	t.Parallel()
	const bus = "arn:aws:events:us-east-1:123456789012:event-bus/b"
	grant := iam.Grant{
		Actions: []string{"events:PutEvents"}, Resources: []string{bus},
		Condition: json.RawMessage(`{"StringEquals":{"events:source":["bayon.alert"],"events:detail-type":["Alert Created"]}}`),
	}
	policy, err := iam.ParsePolicy([]byte(`{"Statement":[{"Effect":"Deny","Principal":"*","Action":"events:PutEvents","Resource":"` + bus +
		`","Condition":{"StringEquals":{"events:detail-type":"Alert Created"},"StringNotEquals":{"aws:PrincipalAccount":"111111111111"}}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	shut := guard(t, grant)
	shut.BusPolicy = func(string) iam.Policy { return policy }
	for _, test := range []struct {
		name                         string
		by                           *authorization.Guard
		key, bus, source, detailType string
		want                         string // error code
	}{
		{"its fact", guard(t, grant), functionKey, "b", "bayon.alert", "Alert Created", ""},
		{"of another source", guard(t, grant), functionKey, "b", "bayon.user", "Alert Created", "NotAuthorizedForSourceException"},
		{"of another detail type", guard(t, grant), functionKey, "b", "bayon.alert", "Alert Deleted", "NotAuthorizedForDetailTypeException"},
		{"of another source and detail type", guard(t, grant), functionKey, "b", "bayon.user", "Alert Deleted", "AccessDeniedException"},
		{"on another bus", guard(t, grant), functionKey, "default", "bayon.alert", "Alert Created", "AccessDeniedException"},
		{"without the permission", guard(t), functionKey, "b", "bayon.alert", "Alert Created", "AccessDeniedException"},
		{"shut out by the bus", shut, functionKey, "b", "bayon.alert", "Alert Created", "AccessDeniedException"},
		{"the administrator", shut, "AKIAANYBODY", "b", "bayon.user", "Anything", ""},
	} {
		refusal := test.by.MayPublish(test.key, test.bus, test.source, test.detailType)
		if (refusal == nil) != (test.want == "") || refusal != nil && refusal.Code != test.want {
			t.Errorf("%s: %v, want %q", test.name, refusal, test.want)
		}
	}
	answer := httptest.NewRecorder()
	guard(t).EventBridge(echo()).ServeHTTP(answer, request(t, functionKey, "POST", "/", "AWSEvents.PutEvents", `{"Entries":[]}`))
	if answer.Body.String() != `{"Entries":[]}` {
		t.Errorf("PutEvents is not left to the bus: %s", answer.Body)
	}
}
