package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
)

const (
	// queueBytesMax is how much text waits for a sink. An idle agent makes about 1 KiB in 10 s.
	queueBytesMax = 256 << 10
	// datagramBytesMax is how much goes into one datagram: it fits an Ethernet frame.
	datagramBytesMax = 1400
	dialTimeout      = 5 * time.Second
	writeTimeout     = 5 * time.Second
	backoffMin       = time.Second
	backoffMax       = time.Minute
)

// checkAddr says what keeps addr from being host:port.
func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if host == "" {
		return fmt.Errorf("address %s: missing host", addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("address %s: port %q is not a number from 1 to 65535", addr, port)
	}
	return nil
}

// sink sends lines to one program.
type sink struct {
	name, network, addr string
	log                 *journal.Journal
	dropped             atomic.Uint64 // lines

	backoff  time.Duration // before the next attempt to connect; of run alone
	troubled bool          // and that was said; of run alone

	ready  chan struct{} // holds a token when there may be something to do
	ending chan struct{} // closed by finish: what is queued is sent, if that works at once
	ended  chan struct{} // closed when run has returned

	mu    sync.Mutex
	queue [][]byte // batches of whole lines
	bytes int      // in queue
}

func newSink(name, network, addr string, log *journal.Journal) *sink {
	return &sink{name: name, network: network, addr: addr, log: log, ready: make(chan struct{}, 1), ending: make(chan struct{}),
		ended: make(chan struct{})}
}

// put queues a batch and drops the oldest ones for which there is no room any more. It waits for nobody.
func (s *sink) put(batch []byte) {
	s.mu.Lock()
	s.queue = append(s.queue, batch)
	s.bytes += len(batch)
	for s.bytes > queueBytesMax {
		s.drop(s.queue[0])
		s.bytes -= len(s.queue[0])
		s.queue = s.queue[1:]
	}
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *sink) drop(batch []byte) { s.dropped.Add(uint64(bytes.Count(batch, []byte{'\n'}))) }

// take removes the oldest batch, nil if there is none.
func (s *sink) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil
	}
	batch := s.queue[0]
	s.queue = s.queue[1:]
	s.bytes -= len(batch)
	return batch
}

// putBack queues a batch that could not be sent at all.
func (s *sink) putBack(batch []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append([][]byte{batch}, s.queue...)
	s.bytes += len(batch)
}

// finish makes run return when the queue is empty, or at the first error.
func (s *sink) finish() { close(s.ending) }

// run sends what is queued until ctx ends.
func (s *sink) run(ctx context.Context) {
	defer close(s.ended)
	s.backoff = backoffMin
	for {
		err := s.serve(ctx)
		if ctx.Err() != nil || err == nil {
			return
		}
		if !s.troubled {
			s.log.Printf(journal.Warn, "agent", "%s sink %s: %v (trying again)", s.name, s.addr, err)
			s.troubled = true
		}
		timer := time.NewTimer(s.backoff)
		select {
		case <-timer.C:
		case <-s.ending:
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			return
		}
		s.backoff = min(2*s.backoff, backoffMax)
	}
}

// serve connects and sends until an error, which is nil when there is nothing more to do.
func (s *sink) serve(ctx context.Context) error {
	dialer := net.Dialer{Timeout: dialTimeout}
	conn, err := dialer.DialContext(ctx, s.network, s.addr)
	if err != nil {
		return err
	}
	gone := make(chan struct{})
	defer func() {
		_ = conn.Close()
		<-gone
	}()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	lost := make(chan error, 1)
	go func() { // notices at once when the other side goes, so that no batch is lost to a closed connection
		defer close(gone)
		lost <- watch(conn)
	}()
	for {
		if batch := s.take(); batch != nil {
			if err := s.send(conn, batch); err != nil {
				return err
			}
			continue
		}
		select {
		case <-s.ready:
		case err := <-lost:
			return err
		case <-s.ending:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// send writes a batch. What has not left may be sent again only if nothing has: a total that came twice would be wrong.
func (s *sink) send(conn net.Conn, batch []byte) error {
	n, err := s.write(conn, batch)
	switch {
	case err != nil && n == 0:
		s.putBack(batch)
	case err != nil:
		s.drop(batch[n:])
	case s.troubled:
		s.log.Printf(journal.Info, "agent", "%s sink %s works again", s.name, s.addr)
		s.troubled = false
		fallthrough
	default:
		s.backoff = backoffMin
	}
	return err
}

// watch reads until the connection ends, and returns why. Sinks say nothing that counts.
func watch(conn net.Conn) error {
	_, err := io.Copy(io.Discard, conn)
	if err == nil {
		return errors.New("connection closed by the other side")
	}
	return err
}

// write sends a batch, in datagrams of whole lines if there are datagrams. It returns how much of it has left.
func (s *sink) write(conn net.Conn, batch []byte) (sent int, err error) {
	_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if s.network == "tcp" {
		return conn.Write(batch)
	}
	for sent < len(batch) {
		end := datagramEnd(batch[sent:])
		if _, err := conn.Write(batch[sent : sent+end]); err != nil {
			return sent, err
		}
		sent += end
	}
	return sent, nil
}

// datagramEnd returns how much of lines goes into one datagram: as many whole ones as fit, at least one.
func datagramEnd(lines []byte) int {
	if len(lines) <= datagramBytesMax {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:datagramBytesMax], '\n'); end >= 0 {
		return end + 1
	}
	return bytes.IndexByte(lines, '\n') + 1
}
