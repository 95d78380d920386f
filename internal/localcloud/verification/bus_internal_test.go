package verification

import (
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestFurtherRules(t *testing.T) {
	t.Parallel()
	for rules, want := range map[string]string{
		`{"Name":"price"}`: "",
		`{"Name":"price"},{"Name":"Events-Archive-a","ManagedBy":"prod.vhs.events.aws.internal"}`: "",
		`{"Name":"price"},{"Name":"spy","EventPattern":"{}"}`:                                     "wrong no further rules",
		`{"Name":"of-another-bus"}`: "wrong no further rules",
	} {
		v := fake{
			"DescribeEventBus": `{"Name":"b","Arn":"arn:aws:events:eu-west-1:999999999999:event-bus/b","LogConfig":{"Level":"OFF","IncludeDetail":"NONE"}}`,
			"ListRules":        `{"Rules":[` + rules + `]}`,
		}.on(t, &template.Stack{
			Buses: []template.Bus{{Resource: template.Resource{Name: "b"}, LogLevel: "OFF"}},
			Rules: []template.Rule{{Resource: template.Resource{Name: "price"}, Bus: "b"}, {Resource: template.Resource{Name: "of-another-bus"}, Bus: "c"}},
		})
		v.buses()
		if got := problems(v.checks); got != want {
			t.Errorf("%s: %q, want %q", rules, got, want)
		}
	}
	v := fake{"DescribeEventBus": `{"LogConfig":{"Level":"OFF","IncludeDetail":"NONE"}}`}.on(t, &template.Stack{
		Buses: []template.Bus{{Resource: template.Resource{Name: "b"}, LogLevel: "OFF"}},
	})
	v.buses()
	if got, want := problems(v.checks), "unknown no further rules"; got != want {
		t.Errorf("rules that nobody may list: %q, want %q", got, want)
	}
}
