package template_test

import (
	"reflect"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// TestJoinLeavesNothingOut fills each list of a stack, so that a list that is added to Stack and not to Join is found.
func TestJoinLeavesNothingOut(t *testing.T) {
	t.Parallel()
	one := &template.Stack{}
	lists := reflect.ValueOf(one).Elem()
	for i := range lists.NumField() {
		if field := lists.Field(i); field.Kind() == reflect.Slice {
			field.Set(reflect.MakeSlice(field.Type(), 2, 2))
		}
	}
	joined := reflect.ValueOf(template.Join(one, &template.Stack{}, one)).Elem()
	for i := range joined.NumField() {
		if field := joined.Field(i); field.Kind() == reflect.Slice && field.Len() != 4 {
			t.Errorf("%s: %d, want 4", joined.Type().Field(i).Name, field.Len())
		}
	}
}
