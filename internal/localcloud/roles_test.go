package localcloud

import (
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/iam"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

func TestAFunctionHasTheRoleThatItsStackGivesIt(t *testing.T) {
	t.Parallel()
	mine := &iam.Identity{ARN: "arn:aws:iam::123456789012:role/mine"}
	granted := &access{
		described: &template.Stack{Functions: []template.Function{
			{Resource: template.Resource{Name: "price"}, RoleARN: mine.ARN},
			{Resource: template.Resource{Name: "foreign"}, RoleARN: "arn:aws:iam::123456789012:role/elsewhere"},
		}},
		roles: map[string]*iam.Identity{mine.ARN: mine},
	}
	if session, restricted := granted.session("price"); !restricted || session.Role != mine {
		t.Errorf("price: %v, %v", session, restricted)
	}
	if session, restricted := granted.session("foreign"); restricted {
		t.Errorf("a function with a role that no stack has: %v", session)
	}
	session, restricted := granted.session("gone")
	if !restricted || session.Name != "gone" {
		t.Fatalf("a function that no stack has: %v, %v", session, restricted)
	}
	if session.Role.Allows(iam.Demand{Action: "dynamodb:GetItem", Resource: "*"}) {
		t.Error("a function that no stack has may read")
	}
}
