package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/bayon-coagent/event-consumers/internal/localcloud"
	"github.com/bayon-coagent/event-consumers/internal/localcloud/narrative"
)

// screen is where a person watches: what happens, and what the command has to say about it. It is safe for concurrent use.
type screen struct {
	mu       sync.Mutex
	output   io.Writer
	style    narrative.Style
	narrator *narrative.Narrator
}

func newScreen(output *os.File) *screen {
	style := terminalStyle(output)
	return &screen{output: output, style: style, narrator: narrative.New(output, style)}
}

// say writes what the command itself has to say.
func (s *screen) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(s.output, s.style.Title.Render(text))
}

// show writes text as it is.
func (s *screen) show(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.output, text)
}

// follow tells what happens from now on, until ctx ends.
func (s *screen) follow(ctx context.Context, cloud *localcloud.Cloud) {
	for happened := range cloud.Activities(ctx, time.Now(), true) {
		s.mu.Lock()
		err := s.narrator.Tell(happened)
		s.mu.Unlock()
		if err != nil {
			return // nobody is watching any more
		}
	}
}
