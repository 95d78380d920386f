package lambdahost_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/activity"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

// A function makes three calls. The first attempt is killed, the second one is not.
func TestProcessIsKilledAtACall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		crash lambdahost.Crash
		done  int64 // calls of the first attempt that had their effect
	}{
		{"when it answers", lambdahost.Crash{}, 3},
		{"before the first call", lambdahost.Crash{Call: 1}, 0},
		{"after the first call", lambdahost.Crash{Call: 1, Done: true}, 1},
		{"before the last call", lambdahost.Crash{Call: 3}, 2},
		{"after the last call", lambdahost.Crash{Call: 3, Done: true}, 3},
		{"at a call that it does not make", lambdahost.Crash{Call: 4}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			director, diary := newDirector(t), newDiary()
			var was atomic.Bool
			host := newHost(t, lambdahost.Config{Recorder: diary, Scale: atOnce, Faults: lambdahost.Faults{
				Crash: func(string) (lambdahost.Crash, bool) { return test.crash, was.CompareAndSwap(false, true) },
			}})
			var done atomic.Int64
			service := httptest.NewServer(host.Guard(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { done.Add(1) })))
			defer service.Close()
			create(t, host, function("price", director.environment("directed")))
			director.direct(t, func(*call) order { return order{"calls", service.URL} })
			invokeAsync(t, host, "price", "{}")
			failed := diary.of(t, 1, activity.Failed)
			if !strings.HasSuffix(failed[0].Reason, "signal: killed") {
				t.Errorf("failed: %s", failed[0].Reason)
			}
			delivered := diary.of(t, 1, activity.Delivered)
			if delivered[0].Attempt != 2 || done.Load() != test.done+3 {
				t.Errorf("%d calls were done by attempt %d, want %d of the first and 3", done.Load(), delivered[0].Attempt, test.done)
			}
		})
	}
}

// Other callers are none of the host's processes.
func TestGuardLetsOthersThrough(t *testing.T) {
	t.Parallel()
	host := newHost(t, lambdahost.Config{Faults: lambdahost.Faults{
		Crash: func(string) (lambdahost.Crash, bool) { return lambdahost.Crash{Call: 1}, true },
	}})
	guarded := host.Guard(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for _, authorization := range []string{"", "Bearer token", "AWS4-HMAC-SHA256 Credential=any/20261124/us-east-1/dynamodb/aws4_request"} {
		request := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		request.Header.Set("Authorization", authorization)
		answer := httptest.NewRecorder()
		guarded.ServeHTTP(answer, request)
		if answer.Code != http.StatusTeapot {
			t.Errorf("%q got %d", authorization, answer.Code)
		}
	}
}
