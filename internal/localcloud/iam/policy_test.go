package iam_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
)

const (
	queue     = "arn:aws:sqs:us-east-1:123456789012:failures"
	rule      = "arn:aws:events:us-east-1:123456789012:rule/bus/price"
	otherRule = "arn:aws:events:us-east-1:123456789012:rule/bus/other"
	function  = "arn:aws:lambda:us-east-1:123456789012:function:price"
)

func TestAllows(t *testing.T) {
	t.Parallel()
	eventBridge := iam.Caller{Service: iam.EventBridge, SourceARN: rule}
	lambda := iam.Caller{Service: iam.Lambda, SourceARN: function}
	tests := []struct {
		name       string
		statements string
		caller     iam.Caller
		want       bool
	}{
		{
			name:       "service and source",
			statements: allow(`"Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}`),
			caller:     eventBridge, want: true,
		},
		{
			name:       "another source",
			statements: allow(`"Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"}}`),
			caller:     iam.Caller{Service: iam.EventBridge, SourceARN: otherRule},
		},
		{
			name:       "one of several sources, key in another case",
			statements: allow(`"Condition":{"ArnLike":{"AWS:SourceArn":["` + otherRule + `","` + rule + `"]}}`),
			caller:     eventBridge, want: true,
		},
		{
			name:       "asterisk within a part of an ARN",
			statements: allow(`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:123456789012:rule/b?s/*"}}`),
			caller:     eventBridge, want: true,
		},
		{
			name:       "asterisk does not reach over the parts of an ARN",
			statements: allow(`"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:rule/bus/price"}}`),
			caller:     eventBridge,
		},
		{
			name:       "StringLike reaches over colons",
			statements: allow(`"Condition":{"StringLike":{"aws:SourceArn":"arn:aws:events:*:rule/bus/price"}}`),
			caller:     eventBridge, want: true,
		},
		{
			name:       "StringEquals takes an asterisk for itself",
			statements: allow(`"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:events:*"}}`),
			caller:     eventBridge,
		},
		{
			name:       "EventBridge does not tell its account",
			statements: allow(`"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}`),
			caller:     eventBridge,
		},
		{
			name: "all conditions must hold",
			statements: allow(`"Condition":{"ArnEquals":{"aws:SourceArn":"` + rule + `"},` +
				`"StringEquals":{"aws:SourceAccount":"123456789012"}}`),
			caller: eventBridge,
		},
		{name: "no condition", statements: allow(""), caller: eventBridge, want: true},
		{
			name:       "one of several services",
			statements: allow("", `"Principal":{"Service":["s3.amazonaws.com","events.amazonaws.com"]}`),
			caller:     eventBridge, want: true,
		},
		{
			name:       "another service",
			statements: allow("", `"Principal":{"Service":"s3.amazonaws.com"}`),
			caller:     eventBridge,
		},
		{name: "everyone", statements: allow("", `"Principal":"*"`), caller: eventBridge, want: true},
		{name: "every AWS identity", statements: allow("", `"Principal":{"AWS":"*"}`), caller: eventBridge, want: true},
		{name: "the account is not EventBridge", statements: allow("", `"Principal":{"AWS":"123456789012"}`), caller: eventBridge},
		{
			name:       "actions know no case and take wildcards",
			statements: allow("", `"Action":["sqs:Receive*","SQS:send*"]`),
			caller:     eventBridge, want: true,
		},
		{name: "another action", statements: allow("", `"Action":"sqs:ReceiveMessage"`), caller: eventBridge},
		{name: "resource with wildcard", statements: allow("", `"Resource":"arn:aws:sqs:*:failures"`), caller: eventBridge, want: true},
		{name: "another resource", statements: allow("", `"Resource":"`+queue+`-2"`), caller: eventBridge},
		{
			name:       "deny wins",
			statements: allow("") + "," + deny(`"Condition":{"ArnEquals":{"aws:SourceArn":"`+rule+`"}}`),
			caller:     eventBridge,
		},
		{
			name:       "deny of another source",
			statements: allow("") + "," + deny(`"Condition":{"ArnEquals":{"aws:SourceArn":"`+otherRule+`"}}`),
			caller:     eventBridge, want: true,
		},
		{name: "a function's role needs no statement", statements: "", caller: lambda, want: true},
		{
			name:       "a function's role can be shut out",
			statements: deny("", `"Principal":{"AWS":"arn:aws:iam::123456789012:root"}`),
			caller:     lambda,
		},
		{
			name: "the account of a function is known",
			statements: deny(`"Condition":{"StringEquals":{"aws:SourceAccount":["1","123456789012"]}}`,
				`"Principal":"*"`),
			caller: lambda,
		},
		{name: "nobody let in", statements: "", caller: eventBridge},
		{name: "the administrator may do everything", statements: deny("", `"Principal":"*"`), want: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var policy iam.Policy
			if test.statements != "" {
				var err error
				if policy, err = iam.ParsePolicy([]byte(`{"Version":"2012-10-17","Statement":[` + test.statements + `]}`)); err != nil {
					t.Fatal(err)
				}
			}
			if got := policy.Allows(test.caller, "sqs:SendMessage", queue); got != test.want {
				t.Errorf("Allows = %v, want %v", got, test.want)
			}
		})
	}
}

// allow is a statement that lets EventBridge send to the queue, with further elements or other ones.
func allow(condition string, others ...string) string { return statement("Allow", condition, others) }

func deny(condition string, others ...string) string { return statement("Deny", condition, others) }

func statement(effect, condition string, others []string) string {
	elements := map[string]string{
		"Effect":    `"Effect":"` + effect + `"`,
		"Principal": `"Principal":{"Service":"events.amazonaws.com"}`,
		"Action":    `"Action":"sqs:SendMessage"`,
		"Resource":  `"Resource":"` + queue + `"`,
	}
	if condition != "" {
		elements["Condition"] = condition
	}
	for _, other := range others {
		name, _, _ := strings.Cut(strings.TrimPrefix(other, `"`), `"`)
		elements[name] = other
	}
	var list []string
	for _, element := range elements {
		list = append(list, element)
	}
	return "{" + strings.Join(list, ",") + "}"
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, document, want string }{
		{"no JSON", `{`, "policy: not a JSON object"},
		{"no object", `[]`, "policy: not a JSON object"},
		{"no statement", `{"Version":"2012-10-17"}`, "policy: Statement: is missing"},
		{"statement of another kind", `{"Statement":"x"}`, "policy: Statement: must be one or a list of objects"},
		{"empty list", `{"Statement":[]}`, "policy: Statement: must be one or a list of objects"},
		{"unknown element", `{"Statments":[]}`, "policy: Statments is not an element of a policy"},
		{"version", `{"Version":"2020-01-01","Statement":{}}`, `policy: Version: must be 2012-10-17 or 2008-10-17, not "2020-01-01"`},
		{"effect", `{"Statement":{"Effect":"allow"}}`, "policy: Statement[0]: Effect: must be Allow or Deny"},
		{"no principal", `{"Statement":{"Effect":"Allow"}}`, `policy: Statement[0]: Principal: must be "*" or name services or accounts`},
		{"kind of principal", `{"Statement":{"Effect":"Allow","Principal":{"Federated":"x"}}}`,
			"policy: Statement[0]: Principal: Federated is not supported"},
		{"principal not a string", `{"Statement":{"Effect":"Allow","Principal":{"AWS":1}}}`,
			"policy: Statement[0]: Principal: AWS: must be one or a list of strings"},
		{"no action", `{"Statement":{"Effect":"Allow","Principal":"*"}}`, "policy: Statement[0]: Action: is missing"},
		{"NotAction", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","NotAction":"x"}}`,
			"policy: Statement[0]: NotAction is not supported"},
		{"no resource", `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*"}}`, "policy: Statement[0]: Resource: is missing"},
		{
			"operator", `{"Statement":[` + allow("") + `,` + allow(`"Condition":{"Bool":{"aws:SecureTransport":"true"}}`) + `]}`,
			"policy: Statement[1]: Condition: the operator Bool is not supported: use ArnEquals, ArnLike, StringEquals or StringLike, " +
				"their negations, ForAllValues and ForAnyValue, and IfExists",
		},
		{
			"key", `{"Statement":` + allow(`"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`) + `}`,
			"policy: Statement[0]: Condition: StringEquals: the key aws:PrincipalOrgID is not supported",
		},
		{
			"value", `{"Statement":` + allow(`"Condition":{"StringEquals":{"aws:SourceArn":7}}`) + `}`,
			"policy: Statement[0]: Condition: StringEquals: aws:SourceArn: must be one or a list of strings",
		},
		{
			"condition", `{"Statement":` + allow(`"Condition":["x"]`) + `}`,
			"policy: Statement[0]: Condition: must be an object of operators, each an object of keys",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := iam.ParsePolicy([]byte(test.document))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestPatternsMatchWhatTheyStandFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringMatching(`[ab:*?]{0,4}`), 1, 5).Draw(t, "parts")
		fillings := rapid.SliceOfN(rapid.StringMatching(`[ab:]{0,4}`), len(parts), len(parts)).Draw(t, "fillings")
		var pattern, text strings.Builder
		for i, part := range parts {
			part = strings.NewReplacer("*", "", "?", "").Replace(part)
			pattern.WriteString(part + "*")
			text.WriteString(part + fillings[i])
		}
		name := "sqs:" + text.String()
		document, err := json.Marshal(map[string]any{"Statement": map[string]any{
			"Effect": "Allow", "Principal": "*", "Action": "sqs:" + pattern.String(), "Resource": "*",
		}})
		if err != nil {
			t.Fatal(err)
		}
		policy, err := iam.ParsePolicy(document)
		if err != nil {
			t.Fatal(err)
		}
		if !policy.Allows(iam.Caller{Service: iam.EventBridge}, name, queue) {
			t.Errorf("%q does not match %q", pattern.String(), name)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add(`{"Version":"2012-10-17","Statement":[` + allow(`"Condition":{"ArnLike":{"aws:SourceArn":["*","`+rule+`"]}}`) + `]}`)
	f.Add(`{"Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}`)
	f.Add(`{"Statement":{"Effect":"Deny","Principal":{"AWS":["1"]},"Action":["*"],"Resource":["**?"],"Condition":{}}}`)
	f.Fuzz(func(t *testing.T, document string) {
		policy, err := iam.ParsePolicy([]byte(document))
		caller := iam.Caller{Service: iam.EventBridge, SourceARN: rule}
		if allowed := policy.Allows(caller, "sqs:SendMessage", queue); err != nil && allowed {
			t.Errorf("a refused policy lets %v in", caller)
		}
	})
}
