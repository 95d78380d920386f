package lambdahost

import (
	"slices"
	"sync"
	"time"
)

// pool finds processes for the invocations of a function: one at a time for each process, further processes while all are
// busy, up to a limit.
type pool struct {
	function *function
	limit    int
	settled  chan struct{} // closed when it is known whether the function can be started
	drained  chan struct{} // closed when the pool is closed and no invocation is under way

	mu        sync.Mutex
	processes map[*process]struct{}
	starting  int           // processes that have not asked for work yet
	leaving   int           // processes that were idle for too long and are ending
	idle      []*process    // those that wait for work, longest first
	waiting   []*invocation // those that wait for a process, longest first
	underWay  int           // invocations that wait or run
	growing   bool          // whether it is looked again later if further processes are wanted
	ready     bool          // whether a process has ever asked for work
	problem   string        // why the last process could not be started
	failures  int           // processes in a row that could not be started
	notBefore time.Time     // when the next one may be
	closed    bool
	retired   bool // whether another pool has taken over
}

func newPool(f *function) *pool {
	p := &pool{
		function:  f,
		limit:     f.host.config.Concurrency,
		settled:   make(chan struct{}),
		drained:   make(chan struct{}),
		processes: map[*process]struct{}{},
	}
	if f.host.config.Lazy {
		p.ready = true
		close(p.settled)
	}
	return p
}

// patience is how long an invocation waits for a busy process before another one is started: about as long as a start takes.
const patience = 10 * time.Millisecond

// admission is whether an invocation is let in.
type admission int

const (
	admitted  admission = iota
	throttled           // the function's reserved concurrency is in use
	full                // the host runs as many processes as it may
	retired             // another pool has taken over
)

// run lets an invocation in and finds it a process. One that can wait is not let in while as many are under way as the
// host has processes for.
func (p *pool) run(next *invocation, canWait bool) admission {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.retired {
		return retired
	}
	if !p.hasReserved() {
		return throttled
	}
	if canWait && p.underWay >= p.limit {
		return full
	}
	p.underWay++
	if last := len(p.idle) - 1; last >= 0 {
		fit := p.idle[last]
		p.idle = p.idle[:last]
		fit.idle = false
		fit.assign(next)
		return admitted
	}
	next.queued = time.Now()
	p.waiting = append(p.waiting, next)
	p.grow()
	return admitted
}

// hasRoom tells whether an invocation that can wait would be let in.
func (p *pool) hasRoom() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.underWay < p.limit && p.hasReserved()
}

// hasReserved tells whether the function's reserved concurrency, if any, lets in one more. The caller holds p.mu.
func (p *pool) hasReserved() bool {
	reserved := p.function.settings.Load().reserved
	return reserved == nil || p.underWay < *reserved
}

// done notes that an invocation is not under way any more, so that there is room for another.
func (p *pool) done() {
	p.mu.Lock()
	p.underWay--
	p.signalDrained()
	p.mu.Unlock()
	p.function.backlog.pump()
}

// warm starts a first process.
func (p *pool) warm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.processes) == 0 && p.limit > 0 {
		p.start()
	}
}

// grow starts a process for each invocation that has waited too long, and sees to the others later. The caller holds p.mu.
func (p *pool) grow() {
	for !p.growing && len(p.waiting) > p.starting && len(p.processes) < p.limit {
		wait := time.Until(p.notBefore)
		if len(p.processes) > 0 {
			wait = max(wait, time.Until(p.waiting[p.starting].queued.Add(patience)))
		}
		if wait <= 0 {
			p.start()
			continue
		}
		p.growing = true
		time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.growing = false
			p.grow()
		})
	}
}

// start starts a process. The caller holds p.mu.
func (p *pool) start() {
	next := newProcess(p.function)
	p.processes[next] = struct{}{}
	p.starting++
	go next.run()
	const longestInit = 10 * time.Second
	time.AfterFunc(longestInit, func() { p.giveUpStart(next) })
}

// giveUpStart kills a process that has not asked for work in the time that AWS grants.
func (p *pool) giveUpStart(slow *process) {
	p.mu.Lock()
	polled := slow.polled
	p.mu.Unlock()
	if !polled {
		slow.kill()
	}
}

// poll answers a process that asks for work: there is an invocation assigned to it, or it is told to wait.
func (p *pool) poll(asking *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, lives := p.processes[asking]; !lives {
		return // it has ended since it asked
	}
	if !asking.polled {
		asking.polled = true
		asking.initialized()
		p.starting--
		p.failures = 0
		p.settle(true, "")
	}
	if asking.idle || asking.assigned() != nil {
		return // it has asked before
	}
	if len(p.waiting) > 0 {
		asking.assign(p.waiting[0])
		p.waiting = slices.Delete(p.waiting, 0, 1)
		return
	}
	asking.idle, asking.idleSince = true, time.Now()
	p.idle = append(p.idle, asking)
}

// bury removes a process that has ended. Its invocation fails as described; if it had not even asked for work, the next
// start waits a while, and those that wait fail as well if there is no other process for them.
func (p *pool) bury(dead *process, describe func(requestID string) Result) {
	p.mu.Lock()
	delete(p.processes, dead)
	if dead.leaving {
		p.leaving--
	}
	p.idle = slices.DeleteFunc(p.idle, func(other *process) bool { return other == dead })
	var failed []*invocation
	if !dead.polled {
		p.starting--
		p.failures++
		p.notBefore = time.Now().Add(backOff(p.failures))
		p.settle(false, describe("").Summary())
		if len(p.processes) == 0 {
			failed, p.waiting = p.waiting, nil
		}
	}
	last := dead.running()
	if unfetched := dead.assigned(); unfetched != last {
		p.waiting = slices.Insert(p.waiting, 0, unfetched)
	}
	p.grow()
	p.mu.Unlock()

	if last != nil {
		result := describe(last.requestID)
		dead.finish(last, result, result.Summary())
	}
	for _, next := range failed {
		result := describe(next.requestID)
		p.function.log("", next, result.Summary())
		next.claim()
		next.end(result)
	}
}

// backOff is the pause after a number of processes in a row that could not be started.
func backOff(failures int) time.Duration {
	const first, longest = 100 * time.Millisecond, 5 * time.Second
	const doublings = 6 // first << doublings > longest
	return min(first<<min(failures-1, doublings), longest)
}

// settle notes whether the function can be started. The caller holds p.mu.
func (p *pool) settle(ready bool, problem string) {
	p.ready = p.ready || ready
	p.problem = problem
	select {
	case <-p.settled:
	default:
		close(p.settled)
	}
}

// state tells whether the function is ready, or why not.
func (p *pool) state() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.ready:
		return StateReady
	case p.problem != "":
		return p.problem
	default:
		return StateStarting
	}
}

// running is the number of invocations that are under way.
func (p *pool) running() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.underWay
}

// reap ends processes that have been idle since before a time, but for the last one.
func (p *pool) reap(before time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.processes)-p.leaving > 1 && len(p.idle) > 0 && p.idle[0].idleSince.Before(before) {
		p.idle[0].leaving = true
		p.leaving++
		p.idle[0].terminate()
		p.idle = p.idle[1:]
	}
}

// close ends the starting of processes, but for those whom invocations wait for that were let in.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.signalDrained()
}

func (p *pool) isRetired() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.retired
}

// retire ends a pool whose place another has taken, or nobody: it lets nothing more in, ends its processes as soon as those
// are served that were let in, and tells then.
func (p *pool) retire(gone func()) {
	p.mu.Lock()
	p.closed, p.retired = true, true
	for _, idle := range p.idle {
		idle.terminate()
	}
	p.idle = nil
	p.signalDrained()
	p.mu.Unlock()
	go func() {
		<-p.drained
		p.killAll()
		gone()
	}()
}

// signalDrained closes drained if the time for it has come. The caller holds p.mu.
func (p *pool) signalDrained() {
	if !p.closed || p.underWay > 0 {
		return
	}
	select {
	case <-p.drained:
	default:
		close(p.drained)
	}
}

// killAll ends all processes and waits for their end.
func (p *pool) killAll() {
	p.mu.Lock()
	p.limit = 0
	doomed := make([]*process, 0, len(p.processes))
	for running := range p.processes {
		doomed = append(doomed, running)
	}
	p.mu.Unlock()
	for _, running := range doomed {
		running.terminate()
	}
	for _, running := range doomed {
		<-running.ended
	}
}
