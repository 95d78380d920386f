package lambdahost

import "testing"

func TestInvocationIsPatientWithABusyProcess(t *testing.T) {
	t.Parallel()
	f := &function{host: &Host{config: Config{Concurrency: 4}}}
	f.settings.Store(&settings{})
	p := newPool(f)
	p.processes[&process{}] = struct{}{} // busy, as it is not idle
	if got := p.run(&invocation{}, true); got != admitted {
		t.Fatalf("admission %d", got)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.processes) != 1 || !p.growing || len(p.waiting) != 1 {
		t.Errorf("%d processes at once, looks again later: %v", len(p.processes), p.growing)
	}
	p.limit = 0 // nothing is to be started when it looks again
}

// A process's request for work can be looked up just before the process is buried, and come to the pool after that.
func TestNothingIsGivenToAProcessThatIsBuried(t *testing.T) {
	t.Parallel()
	for name, polled := range map[string]bool{"asked before": true, "asks for the first time": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &function{host: &Host{}} // with room for no process
			f.settings.Store(&settings{})
			p := newPool(f)
			dead := &process{function: f, polled: polled, work: make(chan *invocation, 1)}
			p.processes[dead] = struct{}{}
			if !polled {
				p.starting++
			}
			p.bury(dead, func(string) Result { return Result{} })
			p.poll(dead)
			if got := p.run(&invocation{}, false); got != admitted {
				t.Fatalf("admission %d", got)
			}
			if len(dead.work) > 0 || len(p.waiting) != 1 || p.starting != 0 {
				t.Errorf("%d invocations given to it, %d wait, %d processes are starting", len(dead.work), len(p.waiting), p.starting)
			}
		})
	}
}
