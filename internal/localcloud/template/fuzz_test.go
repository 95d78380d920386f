package template_test

import (
	"errors"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/template"
)

// FuzzRead looks for texts that make the reader panic or fail without saying where.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		expanded, head + queue,
		head + "  Q: {Type: AWS::SQS::Queue, Properties: !If [InDev, {QueueName: !Sub ['${A}', {A: !Ref Q}]}, !Ref AWS::NoValue]}\n",
		"Resources:\n  ? [a]\n  : b\n", "Conditions: {A: !Condition A}\n", "&a [*a]", "a: !Ref", "{Ref: }", "- - -", "\x00", "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		stack, err := template.Read("t.yaml", source, map[string]string{"Stage": "prod"})
		if err == nil {
			if stack == nil {
				t.Fatal("got neither a stack nor an error")
			}
			return
		}
		var refused *template.ReadError
		if !errors.As(err, &refused) || len(refused.Problems) == 0 {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		for _, problem := range refused.Problems {
			if problem.Line < 1 || problem.File == "" || problem.Text == "" {
				t.Fatalf("a problem does not say where or what: %+v", problem)
			}
		}
	})
}
