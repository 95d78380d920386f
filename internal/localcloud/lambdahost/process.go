package lambdahost

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// process is a bootstrap that runs, is being started, or has just ended.
type process struct {
	id        string // in the path of its Runtime API, and of its log stream
	accessKey string
	function  *function
	started   time.Time
	output    *output
	work      chan *invocation // holds the invocation that the pool has assigned, until the process fetches it
	ended     chan struct{}    // closed when the process is gone

	// Guarded by the pool's lock.
	polled    bool // whether it has asked for work
	idle      bool
	idleSince time.Time
	leaving   bool // whether it was idle for too long

	mu           sync.Mutex
	current      *invocation // assigned and not answered
	pid          int         // 0 before the start and after the end
	killed       bool
	terminable   bool // whether it wants to be told before it is killed
	invocations  int
	crash        *Crash // when the process is killed during its invocation; nil if it is not
	calls        int    // of AWS that the invocation has made, if the process is to be killed
	initDuration time.Duration
}

func newProcess(f *function) *process {
	return &process{
		id:        strings.ReplaceAll(uuid.NewString(), "-", ""),
		accessKey: f.newAccessKey(),
		function:  f,
		started:   time.Now(),
		work:      make(chan *invocation, 1),
		ended:     make(chan struct{}),
	}
}

// run starts the process, waits for its end, and tells the pool.
func (p *process) run() {
	host := p.function.host
	host.processes.Store(p.id, p)
	host.callers.Store(p.accessKey, p)
	err := p.live()
	host.processes.Delete(p.id)
	host.callers.Delete(p.accessKey)
	p.function.pool.bury(p, func(requestID string) Result { return describe(requestID, err) })
	close(p.ended)
}

// live returns how the process ended, or why it could not be started.
func (p *process) live() error {
	output, write, err := newOutput(func(text string) { p.log(p.assigned(), text) })
	if err != nil {
		return err
	}
	p.output = output
	command := exec.Command(p.function.Bootstrap) //nolint:noctx // it is killed as a group
	command.Dir = filepath.Dir(p.function.Bootstrap)
	command.Env = p.environment()
	command.Stdout, command.Stderr = write, write
	command.SysProcAttr = ownGroup()
	err = p.function.host.spawner.start(command)
	write.Close()
	if err != nil {
		output.pipe.Close()
		return err
	}
	p.born(command.Process.Pid)
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		output.follow()
	}()
	err = command.Wait()
	p.kill() // what it has started itself
	p.mu.Lock()
	p.pid = 0
	p.mu.Unlock()
	output.drain()
	output.pipe.Close()
	<-followed
	return err
}

// describe says how an invocation failed whose process could not be started or ended.
func describe(requestID string, err error) Result {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return exited(requestID, "")
	case errors.As(err, &exit):
		return exited(requestID, exit.Error())
	default:
		return invalidEntrypoint(requestID, err)
	}
}

// born notes the process's number, and kills it if that has been wanted already.
func (p *process) born(pid int) {
	p.mu.Lock()
	p.pid = pid
	killed := p.killed
	p.mu.Unlock()
	if killed {
		p.kill()
	}
}

// initialized notes that the process has asked for work for the first time.
func (p *process) initialized() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.initDuration = time.Since(p.started)
}

// kill ends the process and all that it has started, at once.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killed = true
	if p.pid != 0 {
		_ = syscall.Kill(-p.pid, syscall.SIGKILL) // it fails when nothing of the group is left
	}
}

// terminate ends the process; if it wants to be told, it is, and has half a second.
//
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
func (p *process) terminate() {
	p.mu.Lock()
	tell := p.terminable && p.pid != 0
	if tell {
		_ = syscall.Kill(p.pid, syscall.SIGTERM) // it fails when the process has just ended
	}
	p.mu.Unlock()
	if !tell {
		p.kill()
		return
	}
	const grace = 500 * time.Millisecond
	time.AfterFunc(grace, p.kill)
}

// assigned is the invocation that the process has or is about to get.
func (p *process) assigned() *invocation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

// assign gives the process an invocation to fetch.
func (p *process) assign(next *invocation) {
	p.mu.Lock()
	p.current = next
	p.mu.Unlock()
	p.work <- next
}

// begin starts an assigned invocation's time, and returns when that will be up. It fails if the process is gone meanwhile.
func (p *process) begin(next *invocation) (deadline time.Time, alive bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 || p.current != next {
		return time.Time{}, false
	}
	timeout := p.function.Timeout
	next.begun = time.Now()
	next.timer = time.AfterFunc(timeout, func() { p.timeOut(next) })
	next.tail.add("START RequestId: " + next.requestID + " Version: " + latest)
	p.invocations++
	if at, hit := p.function.host.config.Faults.Crash(p.function.Name); hit {
		p.crash = &at
	}
	return next.begun.Add(timeout), true
}

// running is the invocation that the process has begun and not answered.
func (p *process) running() *invocation {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.begun.IsZero() {
		return nil
	}
	return p.current
}

// finish ends an invocation of the process, after what Lambda writes into the log about it, if anything. It tells
// whether the invocation had not ended before.
func (p *process) finish(ended *invocation, result Result, logged string) bool {
	if !ended.claim() {
		return false
	}
	p.output.drain()
	if logged != "" {
		p.log(ended, logged)
	}
	p.mu.Lock()
	ended.timer.Stop()
	result.Duration = time.Since(ended.begun)
	p.current = nil
	p.mu.Unlock()
	result.LogTail = ended.tail.finish(p, ended.requestID, result.Duration)
	ended.end(result)
	return true
}

// timeOut ends an invocation whose time is up, and its process.
func (p *process) timeOut(late *invocation) {
	timeout := p.function.Timeout
	logged := time.Now().UTC().Format("2006-01-02T15:04:05.000Z") + " " + late.requestID + " " + timeoutText(timeout)
	if p.finish(late, timedOut(late.requestID, timeout), logged) {
		p.kill()
	}
}
