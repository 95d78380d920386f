package lambdahost

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Line is something that a function printed, or that Lambda wrote down about it.
type Line struct {
	Serial    uint64 // no other line has it, not even after a restart; later lines have higher ones
	At        time.Time
	Stream    string // name of the log stream of the process; empty if there is none
	RequestID string // of the invocation during which it was printed; empty outside of all
	Text      string
}

// keptLines and longestLine bound what is remembered of a function's log.
const (
	keptLines   = 1000
	longestLine = 16 << 10
)

// lines are the last lines of a function.
type lines struct {
	serial *atomic.Uint64 // of the last line of all functions

	mu   sync.Mutex
	ring []Line
	next int // where the next line goes, once the ring is full
}

func (l *lines) add(line Line) {
	if len(line.Text) > longestLine {
		line.Text = line.Text[:longestLine] + "…"
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	line.Serial = l.serial.Add(1)
	if len(l.ring) < keptLines {
		l.ring = append(l.ring, line)
		return
	}
	l.ring[l.next] = line
	l.next = (l.next + 1) % keptLines
}

func (l *lines) list() []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(append([]Line(nil), l.ring[l.next:]...), l.ring[:l.next]...)
}

// Lines returns the last lines of a function's log, at most a thousand, oldest first.
func (h *Host) Lines(function string) []Line {
	h.mu.RLock()
	f, exists := h.functions[function]
	h.mu.RUnlock()
	if !exists {
		return nil
	}
	return f.lines.list()
}

// LogGroups names the log group of each function, by the function's name.
func (h *Host) LogGroups() map[string]string {
	groups := map[string]string{}
	for _, f := range h.all() {
		groups[f.Name] = f.LogGroup
	}
	return groups
}

// log writes down a line that a process printed, during an invocation or nil.
func (p *process) log(during *invocation, text string) {
	p.function.log(logStream(p.started, p.id), during, text)
}

// log writes down a line in a log stream, during an invocation or nil.
func (f *function) log(stream string, during *invocation, text string) {
	requestID := ""
	if during != nil {
		requestID = during.requestID
		during.tail.add(text)
	}
	f.lines.add(Line{At: time.Now(), Stream: stream, RequestID: requestID, Text: text})
	f.host.config.Logs(f.Name, requestID, text)
}

// tailSize is how much of a log AWS answers with an invocation.
const tailSize = 4 << 10

// tail is the end of an invocation's log. A nil tail is that of an invocation whose log nobody asked for.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) add(line string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(append(t.text, line...), '\n')
	if surplus := len(t.text) - tailSize; surplus > 0 {
		t.text = append(t.text[:0], t.text[surplus:]...)
	}
}

// finish returns the log with what Lambda writes at its end.
func (t *tail) finish(p *process, requestID string, duration time.Duration) []byte {
	if t == nil {
		return nil
	}
	t.add("END RequestId: " + requestID)
	t.add(p.report(requestID, duration))
	return t.text
}

// report is Lambda's summary of an invocation.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html
func (p *process) report(requestID string, duration time.Duration) string {
	p.mu.Lock()
	pid, isFirst, initDuration := p.pid, p.invocations == 1, p.initDuration
	p.mu.Unlock()
	milliseconds := float64(duration) / float64(time.Millisecond)
	report := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB",
		requestID, milliseconds, math.Ceil(milliseconds), p.function.MemoryMB)
	if peak, known := peakMemoryMB(pid); known {
		report += fmt.Sprintf("\tMax Memory Used: %d MB", peak)
	}
	if isFirst {
		report += fmt.Sprintf("\tInit Duration: %.2f ms", float64(initDuration)/float64(time.Millisecond))
	}
	return report + "\t"
}

// peakMemoryMB is the most memory that a process has held so far, where the system tells it under /proc.
func peakMemoryMB(pid int) (int, bool) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, false
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, false
	}
	kilobytes, err := strconv.Atoi(fields[0])
	return (kilobytes + 1023) / 1024, err == nil
}

// oneLine cuts a text to a line that fits into a report.
func oneLine(text string) string {
	const longest = 300
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
