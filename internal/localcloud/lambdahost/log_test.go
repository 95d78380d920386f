package lambdahost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bayon-coagent/event-consumers/internal/localcloud/lambdahost"
)

func TestLogIsKeptAndAttributed(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	type line struct{ function, requestID, text string }
	lines := make(chan line, 1000)
	host := newHost(t, lambdahost.Config{Concurrency: 1, Logs: func(function, requestID, text string) {
		lines <- line{function, requestID, text}
	}})
	create(t, host, function("price", director.environment("directed")))
	long := strings.Repeat("x", 10_000)
	text := long + "\n\nshort"
	director.direct(t, func(*call) order { return order{"print", text} })
	for i := range 50 {
		result := invoke(t, host, "price", "{}")
		for _, want := range []string{long, "short", "to stderr"} {
			if got, want := <-lines, (line{"price", result.RequestID, want}); got != want {
				t.Fatalf("invocation %d printed %.40v, want %.40v", i, got, want)
			}
		}
		tail, id := string(result.LogTail), result.RequestID
		const end = "xxx\nshort\nto stderr\nEND RequestId: %s\nREPORT RequestId: %s\tDuration: "
		if len(tail) > 4096 || !strings.Contains(tail, fmt.Sprintf(end, id, id)) ||
			!strings.Contains(tail, "\tMemory Size: 256 MB\tMax Memory Used: ") || strings.Contains(tail, "Init Duration") != (i == 0) {
			t.Fatalf("tail of %d bytes: %s", len(tail), tail[max(0, len(tail)-300):])
		}
	}
	kept := host.Lines("price")
	if len(kept) != 150 || kept[149].Text != "to stderr" || kept[0].Text != long || kept[0].RequestID == "" {
		t.Errorf("%d lines kept, the last %+v", len(kept), kept[len(kept)-1])
	}
	if none := host.Lines("nobody"); none != nil {
		t.Errorf("lines of nobody: %v", none)
	}
}

func TestOldLinesAreForgotten(t *testing.T) {
	t.Parallel()
	director := newDirector(t)
	host := newHost(t, lambdahost.Config{})
	create(t, host, function("price", director.environment("directed")))
	var many []string
	for i := range 1500 {
		many = append(many, fmt.Sprint(i))
	}
	director.direct(t, func(*call) order { return order{"print", strings.Join(many, "\n")} })
	invoke(t, host, "price", "{}")
	kept := host.Lines("price")
	if len(kept) != 1000 || kept[0].Text != "501" || kept[998].Text != "1499" || kept[999].Text != "to stderr" {
		t.Errorf("%d lines kept, from %+v to %+v", len(kept), kept[0], kept[len(kept)-1])
	}
}
