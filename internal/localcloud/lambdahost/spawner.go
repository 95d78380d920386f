package lambdahost

import (
	"os/exec"
	"runtime"
)

// spawner starts processes from one thread. On Linux a process can ask to be killed when its parent dies, but what counts
// there is the thread that started it: so this thread lives as long as the host.
type spawner struct {
	starts chan start
	ended  chan struct{}
}

type start struct {
	command *exec.Cmd
	done    chan error
}

func newSpawner() *spawner {
	s := &spawner{starts: make(chan start), ended: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // without an unlock: the thread ends with this goroutine
		defer close(s.ended)
		for next := range s.starts {
			next.done <- next.command.Start()
		}
	}()
	return s
}

// start starts a process. The spawner must not be closed yet.
func (s *spawner) start(command *exec.Cmd) error {
	done := make(chan error, 1)
	s.starts <- start{command, done}
	return <-done
}

// close ends the thread, and with it all processes that still run.
func (s *spawner) close() {
	close(s.starts)
	<-s.ended
}
