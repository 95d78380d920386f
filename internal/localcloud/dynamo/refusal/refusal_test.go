package refusal_test

import (
	"errors"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/dynamo/refusal"
)

func TestOnlyValidationsAreWorded(t *testing.T) {
	t.Parallel()
	other := errors.New("the disk is full")
	tests := []struct {
		err  error
		want string
	}{
		{refusal.Validation("bad %d", 5), "ValidationException: before bad 5 after"},
		{refusal.Parameter("bad"), "ValidationException: before One or more parameter values were invalid: bad after"},
		{refusal.Serialization("bad"), "SerializationException: bad"},
		{other, "the disk is full"},
	}
	for _, test := range tests {
		if got := refusal.Worded("before ", test.err, " after"); got.Error() != test.want {
			t.Errorf("got %v, want %s", got, test.want)
		}
	}
	if got := refusal.Prefixed("before ", nil); got != nil {
		t.Errorf("no error is worded as %v", got)
	}
}
