package verification

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPoliciesAreComparedByWhatTheySay(t *testing.T) {
	t.Parallel()
	const written = `{"Statement":[{"Sid":"A","Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"q",
		"Condition":{"ArnEquals":{"aws:SourceArn":["b","a"]}}},{"Effect":"Deny","Principal":"*","Action":["x","w"],"Condition":{"StringEquals":{"AWS:PrincipalAccount":"1"}}}]}`
	const asAWSTellsIt = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["w","x"],"Condition":{"StringEquals":{"aws:principalaccount":["1"]}}},
		{"Effect":"Allow","Principal":{"Service":["events.amazonaws.com"]},"Action":["sqs:SendMessage"],"Resource":["q"],"Condition":{"ArnLike":{"AWS:SourceArn":["a","b"]}}}]}`
	if diff := cmp.Diff(statementsOf(written), statementsOf(asAWSTellsIt)); diff != "" {
		t.Errorf("the same (-want +got):\n%s", diff)
	}
	for _, other := range []string{`{"Statement":[]}`, `no policy`} {
		if cmp.Equal(statementsOf(written), statementsOf(other)) {
			t.Errorf("counts as the same: %s", other)
		}
	}
	for _, change := range []struct{ was, is string }{
		{`"aws:SourceArn":["b","a"]`, `"aws:SourceArn":["a"]`},
		{`"ArnEquals"`, `"ArnNotLike"`},
		{`"ArnEquals"`, `"ArnNotEquals"`},
		{`"ArnEquals"`, `"ArnLikeIfExists"`},
		{`"Resource":"q"`, `"Resource":"p"`},
		{`"Resource":"q"`, `"NotResource":"q"`},
		{`"Action":["x","w"]`, `"NotAction":["x","w"]`},
		{`"Principal":"*"`, `"NotPrincipal":"*"`},
		{`"Effect":"Deny"`, `"Effect":"Allow"`},
		{`"StringEquals"`, `"StringNotEquals"`},
	} {
		changed := strings.Replace(written, change.was, change.is, 1)
		if changed == written || cmp.Equal(statementsOf(written), statementsOf(changed)) {
			t.Errorf("counts as the same with %s", change.is)
		}
	}
}

func TestTextsArePutWhereTheDeploymentIs(t *testing.T) {
	t.Parallel()
	v := &verifier{region: "eu-west-1", account: "999999999999"}
	for text, want := range map[string]string{
		"arn:aws:sqs:us-east-1:123456789012:q":           "arn:aws:sqs:eu-west-1:999999999999:q",
		"arn:aws:iam::123456789012:role/r":               "arn:aws:iam::999999999999:role/r",
		`{"aws:PrincipalAccount":"123456789012"}`:        `{"aws:PrincipalAccount":"999999999999"}`,
		"arn:aws:sqs:us-east-1:123456789012:q-us-east-1": "arn:aws:sqs:eu-west-1:999999999999:q-us-east-1",
	} {
		if got := v.here(text); got != want {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}
