package verification

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// price is a stack with one function, which declares what most do.
func price() *template.Stack {
	function := template.Function{
		Resource: template.Resource{LogicalID: "Price", Name: "price", ARN: "arn:aws:lambda:us-east-1:123456789012:function:price"},
		Alias:    "live", Architecture: "arm64", MemoryMB: 256, Timeout: time.Minute, RoleARN: "arn:aws:iam::123456789012:role/stack-PriceRole-GENERATED",
		Environment: map[string]string{"TABLE": "t", "QUEUE": "arn:aws:sqs:us-east-1:123456789012:q", "TOKEN": "secret"},
		Async: template.Async{
			Retry: template.RetryPolicy{MaximumRetryAttempts: 2, MaximumEventAge: 6 * time.Hour}, OnFailureARN: "arn:aws:sqs:us-east-1:123456789012:failures",
		},
	}
	return &template.Stack{
		Functions: []template.Function{function},
		Roles:     []template.Role{{Resource: template.Resource{LogicalID: "PriceRole", ARN: function.RoleARN}}},
		Permissions: []template.Permission{{
			LogicalID: "PriceRulePermission", FunctionARN: function.InvokedARN(), Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com",
			SourceARN: "arn:aws:events:us-east-1:123456789012:rule/b/price",
		}},
		Declarations: []template.Declaration{{Resource: template.Resource{LogicalID: "PriceRole"}, Properties: json.RawMessage(`{}`)}},
	}
}

const (
	configurationCall = "GET /2015-03-31/functions/price/configuration?Qualifier=live"
	concurrencyCall   = "GET /2019-09-30/functions/price/concurrency"
	asyncCall         = "GET /2019-09-25/functions/price/event-invoke-config?Qualifier=live"
	policyCall        = "GET /2015-03-31/functions/price/policy?Qualifier=live"
	plainPolicyCall   = "GET /2015-03-31/functions/price/policy"
)

// policyAnswer is GetPolicy's answer.
func policyAnswer(t *testing.T, statements ...string) string {
	t.Helper()
	encoded, err := json.Marshal(map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`})
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

const statementOfRule = `{"Sid":"made-by-cloudformation","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"lambda:InvokeFunction",
	"Resource":"` + functionElsewhere + `:live","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:events:eu-west-1:999999999999:rule/b/price"}}}`

func deployed(t *testing.T) fake {
	t.Helper()
	return fake{
		configurationCall: `{"State":"Active","Architectures":["arm64"],"MemorySize":256,"Timeout":60,
			"Role":"arn:aws:iam::999999999999:role/shortened-PriceRole-X1Y2Z3","Environment":{"Variables":
			{"TABLE":"t","QUEUE":"arn:aws:sqs:eu-west-1:999999999999:q","TOKEN":"secret"}}}`,
		concurrencyCall: `{}`,
		asyncCall: `{"MaximumRetryAttempts":2,"MaximumEventAgeInSeconds":21600,
			"DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:999999999999:failures"}}}`,
		policyCall: policyAnswer(t, statementOfRule),
	}
}

func TestFunctionsAreCompared(t *testing.T) {
	t.Parallel()
	is := deployed(t)
	changed := func(call, was, becomes string) fake {
		text := strings.Replace(is[call], was, becomes, 1)
		if text == is[call] {
			t.Fatalf("%s has no %s", call, was)
		}
		return is.with(call, text)
	}
	for name, test := range map[string]struct {
		is   fake
		want string
	}{
		"as declared":     {is, ""},
		"another value":   {changed(configurationCall, `"TABLE":"t"`, `"TABLE":"u"`), "wrong environment"},
		"a variable less": {changed(configurationCall, `"TABLE":"t",`, ``), "wrong environment"},
		"a variable more": {changed(configurationCall, `"TABLE":"t",`, `"TABLE":"t","MORE":"m",`), "wrong environment"},
		"variables that nobody may see": {
			changed(configurationCall, `"Environment":{`, `"Environment":{"Error":{"ErrorCode":"AccessDeniedException","Message":"kms"},`), "unknown environment",
		},
		"another's role":               {changed(configurationCall, "PriceRole", "TrendRole"), "wrong role"},
		"a role that was made by hand": {changed(configurationCall, "shortened-PriceRole-X1Y2Z3", "PriceRole"), "wrong role"},
		"a role of another account":    {changed(configurationCall, "PriceRole-X1Y2Z3", "Price"), "wrong role"},
		"stopped":                      {is.with(concurrencyCall, `{"ReservedConcurrentExecutions":0}`), "wrong reserved concurrency"},
		"slowed down":                  {is.with(concurrencyCall, `{"ReservedConcurrentExecutions":5}`), "wrong reserved concurrency"},
		"other retries":                {changed(asyncCall, `"MaximumRetryAttempts":2`, `"MaximumRetryAttempts":0`), "wrong asynchronous retries"},
		"another failure queue":        {changed(asyncCall, "failures", "others"), "wrong on-failure queue"},
		"a success queue":              {changed(asyncCall, `"OnFailure"`, `"OnSuccess":{"Destination":"q"},"OnFailure"`), "wrong on-success queue"},
		"no event invoke config":       {is.with(asyncCall, ""), "wrong event invoke config"},
		"no policy":                    {is.with(policyCall, ""), "wrong resource policy"},
		"a permission with a condition": {
			is.with(policyCall, policyAnswer(t, strings.Replace(statementOfRule, `"Condition":{`, `"Condition":{"StringEquals":{"AWS:SourceAccount":"999999999999"},`, 1))),
			"wrong permission of price, wrong no further permissions",
		},
		"a permission for other rules": {
			is.with(policyCall, policyAnswer(t, strings.Replace(statementOfRule, `ArnLike`, `ArnNotLike`, 1))),
			"wrong permission of price, wrong no further permissions",
		},
		"a permission more": {
			is.with(policyCall, policyAnswer(t, statementOfRule, strings.Replace(statementOfRule, "rule/b/price", "rule/b/another", 1))), "wrong no further permissions",
		},
		"a permission for all on the function itself": {
			is.with(plainPolicyCall, policyAnswer(t, `{"Sid":"open","Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction","Resource":"`+functionElsewhere+`"}`)),
			"wrong no further permissions",
		},
	} {
		v := test.is.on(t, price())
		v.functions()
		if got := problems(v.checks); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		for _, check := range v.checks {
			if strings.Contains(words(check), "secret") {
				t.Errorf("%s: a value is told: %+v", name, check)
			}
		}
	}
}

func TestVariablesThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	is := deployed(t)
	v := is.with(configurationCall, strings.Replace(is[configurationCall], `"TABLE":"t",`, `"MORE":"m",`, 1)).on(t, price())
	v.functions()
	for _, check := range v.checks {
		if check.What == "environment" && check.Found != "MORE is not in the template, TABLE is not set" {
			t.Errorf("found %q", check.Found)
		}
	}
}

func TestOnlyWhatAFunctionDeclaresMustBeThere(t *testing.T) {
	t.Parallel()
	stack := price()
	stack.Permissions = nil
	stack.Functions[0].Async.OnFailureARN = ""
	is := deployed(t).with(asyncCall, "").with(policyCall, "")
	v := is.on(t, stack)
	v.functions()
	if got := problems(v.checks); got != "" {
		t.Errorf("nothing is declared: %q", got)
	}
	stack.Functions[0].ReservedConcurrency = new(3)
	stack.Functions[0].Async.Retry.MaximumRetryAttempts = 1
	v = is.on(t, stack)
	v.functions()
	if got, want := problems(v.checks), "wrong reserved concurrency, wrong event invoke config"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	named := price()
	named.Declarations[0].Properties = json.RawMessage(`{"RoleName":"stack-PriceRole-GENERATED"}`)
	v = deployed(t).on(t, named)
	v.functions()
	if got, want := problems(v.checks), "wrong role"; got != want {
		t.Errorf("a role with a name: %q, want %q", got, want)
	}
}
