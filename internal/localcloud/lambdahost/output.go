package lambdahost

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
)

// output reads what a process prints, line by line.
//
// A process prints through a pipe and answers through the Runtime API, so an answer can overtake a line that was printed
// before it. Whoever takes an answer therefore drains the pipe first: what the process wrote before is in it by then.
type output struct {
	pipe *os.File
	raw  syscall.RawConn
	line func(text string)

	mu      sync.Mutex // held while reading and while lines are passed on, so that they keep their order
	buffer  []byte
	partial []byte // the beginning of a line
}

// newOutput returns an output and the file that the process is to print to, which the caller closes.
func newOutput(line func(text string)) (*output, *os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	raw, err := read.SyscallConn()
	if err != nil {
		return nil, nil, fmt.Errorf("read from a pipe: %w", err)
	}
	return &output{pipe: read, raw: raw, line: line, buffer: make([]byte, 32<<10)}, write, nil
}

// follow passes lines on until nobody holds the other end any more, or the output is closed.
func (o *output) follow() {
	defer o.pipe.Close()
	for open := true; open; {
		// The function is called again when it returns false and there is something to read.
		err := o.raw.Read(func(fd uintptr) bool {
			var empty bool
			open, empty = o.read(fd)
			return !empty
		})
		open = open && err == nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flush()
}

// drain passes on what the process has printed so far.
func (o *output) drain() {
	_ = o.raw.Control(func(fd uintptr) { // it fails when the output is closed, which has drained it
		for open, empty := true, false; open && !empty; {
			open, empty = o.read(fd)
		}
	})
}

// read reads once without waiting, and tells whether the pipe is still open and whether it was empty.
func (o *output) read(fd uintptr) (open, empty bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := syscall.Read(int(fd), o.buffer)
	switch {
	case err == syscall.EAGAIN:
		return true, true
	case err == syscall.EINTR:
		return true, false
	case err != nil || n == 0:
		return false, false
	}
	o.split(o.buffer[:n])
	return true, false
}

func (o *output) split(printed []byte) {
	for {
		before, after, found := bytes.Cut(printed, []byte{'\n'})
		o.partial = append(o.partial, before...)
		if !found {
			break
		}
		o.flush()
		printed = after
	}
	const longest = 1 << 20 // CloudWatch's limit of a log event
	if len(o.partial) > longest {
		o.flush()
	}
}

// flush passes on a line, unless it is empty.
func (o *output) flush() {
	if text := strings.TrimRight(string(o.partial), "\r"); text != "" {
		o.line(text)
	}
	o.partial = o.partial[:0]
}
