package benchmark

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

// stamp says when the handler of an event began.
type stamp struct {
	sequence uint64
	began    time.Time
}

// stamps receives what the function of the folder stamp tells.
type stamps struct {
	listener net.Listener
	received chan stamp
	closed   chan struct{}
}

// stampsHeld is how many stamps may wait to be looked at before a function has to wait.
const stampsHeld = 1 << 16

func receiveStamps(ctx context.Context) (*stamps, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for stamps: %w", err)
	}
	s := &stamps{listener: listener, received: make(chan stamp, stampsHeld), closed: make(chan struct{})}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go s.read(connection)
		}
	}()
	return s, nil
}

func (s *stamps) address() string { return s.listener.Addr().String() }

func (s *stamps) close() {
	close(s.closed)
	_ = s.listener.Close() // nothing is expected any more
}

// read takes the stamps of one process until it ends.
func (s *stamps) read(connection net.Conn) {
	defer func() { _ = connection.Close() }() // nothing is to be told
	for {
		var told [2]uint64
		if binary.Read(connection, binary.BigEndian, &told) != nil {
			return
		}
		select {
		case s.received <- stamp{sequence: told[0], began: time.Unix(0, int64(told[1]))}:
		case <-s.closed:
			return
		}
	}
}

// stampTimeout bounds how long no stamp may come while one is waited for.
const stampTimeout = 30 * time.Second

// await returns when the handlers of all events from one sequence number up to, but not including, another have begun, and
// when the last of them did. An event may be delivered more than once; its first delivery counts.
func (s *stamps) await(ctx context.Context, from, to uint64) (last time.Time, err error) {
	missing := make(map[uint64]bool, to-from)
	for sequence := from; sequence < to; sequence++ {
		missing[sequence] = true
	}
	late := time.NewTimer(stampTimeout)
	defer late.Stop()
	for len(missing) > 0 {
		select {
		case next := <-s.received:
			if missing[next.sequence] && next.began.After(last) {
				last = next.began
			}
			delete(missing, next.sequence)
			late.Reset(stampTimeout)
		case <-late.C:
			return last, fmt.Errorf("%d events did not reach the function", len(missing))
		case <-ctx.Done():
			return last, errors.Join(fmt.Errorf("%d events have not reached the function", len(missing)), ctx.Err())
		}
	}
	return last, nil
}
