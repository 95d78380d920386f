// Package traces is the X-Ray daemon of the local cloud: it takes the trace segments that functions send, and keeps the
// newest for whoever wants to look.
//
// Protocol: https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
package traces

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"sync"
)

// Segment is a part of a trace, as its sender described it.
type Segment struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"`
	TraceID     string         `json:"trace_id"`
	ParentID    string         `json:"parent_id"`
	Namespace   string         `json:"namespace"`
	Start       float64        `json:"start_time"` // seconds since 1970
	End         float64        `json:"end_time"`
	InProgress  bool           `json:"in_progress"`
	Annotations map[string]any `json:"annotations"`
	AWS         map[string]any `json:"aws"`
	Subsegments []Segment      `json:"subsegments"`
}

// kept is how many documents are remembered.
const kept = 2_000

// maxDocument is X-Ray's limit of the size of a document, and some room for the header.
const maxDocument = 65 << 10

// Collector receives segments. It is safe for concurrent use.
type Collector struct {
	socket net.PacketConn
	ended  chan struct{}

	mu       sync.Mutex
	segments []Segment
}

// Listen receives at a free port of the loopback interface.
func Listen() (*Collector, error) {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0") //nolint:noctx // it lives as long as the local cloud
	if err != nil {
		return nil, fmt.Errorf("listen for traces: %w", err)
	}
	c := &Collector{socket: socket, ended: make(chan struct{})}
	go c.receive()
	return c, nil
}

// Address is what functions get as AWS_XRAY_DAEMON_ADDRESS.
func (c *Collector) Address() string { return c.socket.LocalAddr().String() }

// Close ends the receiving.
func (c *Collector) Close() error {
	err := c.socket.Close()
	<-c.ended
	return err
}

// Trace returns the segments of a trace, in the order of their arrival.
func (c *Collector) Trace(id string) []Segment {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []Segment
	for _, segment := range c.segments {
		if segment.TraceID == id {
			found = append(found, segment)
		}
	}
	return found
}

func (c *Collector) receive() {
	defer close(c.ended)
	buffer := make([]byte, maxDocument)
	for {
		size, _, err := c.socket.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		if segment, ok := parse(buffer[:size]); ok {
			c.keep(segment)
		}
	}
}

// parse reads a header line and a document; what is no segment is passed over, as the daemon does.
func parse(datagram []byte) (Segment, bool) {
	_, document, found := bytes.Cut(datagram, []byte("\n"))
	var segment Segment
	if !found || json.Unmarshal(document, &segment) != nil {
		return Segment{}, false
	}
	return segment, segment.TraceID != ""
}

func (c *Collector) keep(segment Segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.segments) == kept {
		c.segments = append(c.segments[:0], c.segments[kept/2:]...)
	}
	c.segments = append(c.segments, segment)
}
