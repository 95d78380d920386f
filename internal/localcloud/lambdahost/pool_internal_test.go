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
