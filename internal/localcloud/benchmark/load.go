package benchmark

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// client sends requests over one connection, one after the other. It does as little as it can, since it shares the machine
// with what it measures.
type client struct {
	connection net.Conn
	reader     *bufio.Reader
	request    bytes.Buffer
	host       string
}

func dial(ctx context.Context, endpoint string) (*client, error) {
	host := strings.TrimPrefix(endpoint, "http://")
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", endpoint, err)
	}
	return &client{connection: connection, reader: bufio.NewReader(connection), host: host}, nil
}

func (c *client) close() { _ = c.connection.Close() }

// put sends a PutEvents request and reads the answer. It fails unless every entry was accepted.
func (c *client) put(body []byte) error {
	c.request.Reset()
	fmt.Fprintf(&c.request, "POST / HTTP/1.1\r\nHost: %s\r\nX-Amz-Target: AWSEvents.PutEvents\r\n"+
		"Content-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n", c.host, len(body))
	c.request.Write(body)
	if _, err := c.connection.Write(c.request.Bytes()); err != nil {
		return fmt.Errorf("send a request: %w", err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return fmt.Errorf("read a response: %w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read a response: %w", err)
	}
	if response.StatusCode != http.StatusOK || !bytes.Contains(answer, []byte(`"FailedEntryCount":0`)) {
		return fmt.Errorf("not all events were accepted: %s %s", response.Status, answer)
	}
	return nil
}

// clients is how many clients send at once.
const clients = 4

// drive has all clients send their share of the requests at once, and returns how long they took to have all accepted.
func drive(ctx context.Context, endpoint string, requests int, body func(request int) ([]byte, error)) (time.Duration, error) {
	begun := time.Now()
	senders, ctx := errgroup.WithContext(ctx)
	for number := range clients {
		senders.Go(func() error {
			sender, err := dial(ctx, endpoint)
			if err != nil {
				return err
			}
			defer sender.close()
			for request := number; request < requests && ctx.Err() == nil; request += clients {
				content, err := body(request)
				if err != nil {
					return err
				}
				if err := sender.put(content); err != nil {
					return err
				}
			}
			return ctx.Err()
		})
	}
	err := senders.Wait()
	return time.Since(begun), err
}

// constant is a server that reads requests and answers always the same: what HTTP alone costs on this machine.
type constant struct {
	server   *http.Server
	endpoint string
}

func serveConstant(ctx context.Context) (*constant, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the baseline: %w", err)
	}
	entries := strings.Repeat(`{"EventId":"6a7e8feb-b491-4cf7-a9f1-bf3703467718"},`, entriesPerRequest)
	answer := []byte(`{"FailedEntryCount":0,"Entries":[` + strings.TrimSuffix(entries, ",") + `]}`)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a client that has gone fails the measurement itself
		_, _ = w.Write(answer)
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }() // it ends with close
	return &constant{server: server, endpoint: "http://" + listener.Addr().String()}, nil
}

func (c *constant) close() { _ = c.server.Close() }
