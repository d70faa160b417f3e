package memnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// conn is one end of a stream. It implements net.Conn and CloseWrite.
type conn struct {
	in, out       *half
	local, remote netip.AddrPort
	once          sync.Once
	onClose       func() // may be nil; set before the stream is handed out
}

var _ net.Conn = (*conn)(nil)

// newPair returns the two ends of a stream that the endpoint from opened to the endpoint to. The addresses of the endpoints
// decide about the path; the dialler's end shows the address source.
func newPair(n *Network, source, from, to netip.AddrPort) (dialed, accepted *conn) {
	there := newHalf(func() (time.Duration, bool) { return n.path(from, to) })
	back := newHalf(func() (time.Duration, bool) { return n.path(to, from) })
	dialed = &conn{in: back, out: there, local: source, remote: to}
	accepted = &conn{in: there, out: back, local: to, remote: source}
	return dialed, accepted
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.read(p)
	if err != nil && err != io.EOF {
		err = opError("read", c.remote, err)
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	n, err := c.out.write(p)
	if err != nil {
		err = opError("write", c.remote, err)
	}
	return n, err
}

// CloseWrite tells the peer that nothing more comes.
func (c *conn) CloseWrite() error {
	c.out.finish()
	return nil
}

// Close ends both directions: the peer reads what is on its way and then the end, and its writes fail.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.out.finish()
		c.out.closeWriter()
		c.in.closeReader()
		if c.onClose != nil {
			c.onClose()
		}
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

func (c *conn) SetDeadline(t time.Time) error {
	c.in.readDeadline.set(t)
	c.out.writeDeadline.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.readDeadline.set(t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writeDeadline.set(t)
	return nil
}

// chunk is bytes of one write on their way; no bytes means the end.
type chunk struct {
	at   time.Time
	data []byte
}

// half is one direction of a stream.
type half struct {
	path                        func() (latency time.Duration, cut bool)
	readDeadline, writeDeadline *deadline
	wakeReader, wakeWriter      chan struct{}

	mu           sync.Mutex
	chunks       []chunk
	bytes        int       // in chunks
	last         time.Time // arrival of the last chunk: later ones do not overtake it
	stalled      bool      // a cut swallowed something: nothing arrives any more
	finished     bool      // the end is written
	readerClosed bool
	writerClosed bool
}

func newHalf(path func() (time.Duration, bool)) *half {
	return &half{
		path:          path,
		readDeadline:  newDeadline(),
		writeDeadline: newDeadline(),
		wakeReader:    make(chan struct{}, 1),
		wakeWriter:    make(chan struct{}, 1),
	}
}

func (h *half) read(p []byte) (int, error) {
	for {
		left, moved := h.readDeadline.left()
		n, next, err := h.tryRead(p, left == 0)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		wait(h.wakeReader, moved, sooner(next, left))
	}
}

// tryRead reads what has arrived; otherwise it returns how long the next bytes take, or a negative time.
func (h *half) tryRead(p []byte, expired bool) (n int, next time.Duration, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.readerClosed:
		signal(h.wakeReader) // for other readers of the same end
		return 0, 0, net.ErrClosed
	case expired:
		return 0, 0, os.ErrDeadlineExceeded
	}
	for len(h.chunks) > 0 && n < len(p) {
		c := &h.chunks[0]
		if d := time.Until(c.at); d > 0 {
			return n, d, nil
		}
		if len(c.data) == 0 {
			if n == 0 {
				err = io.EOF
			}
			return n, -1, err
		}
		k := copy(p[n:], c.data)
		n += k
		if c.data = c.data[k:]; len(c.data) == 0 {
			h.chunks = h.chunks[1:]
		}
		h.bytes -= k
		signal(h.wakeWriter)
	}
	return n, -1, nil
}

func (h *half) write(p []byte) (n int, err error) {
	for {
		left, moved := h.writeDeadline.left()
		k, err := h.tryWrite(p[n:], left == 0)
		if n += k; err != nil || n == len(p) {
			return n, err
		}
		wait(h.wakeWriter, moved, left)
	}
}

// tryWrite sends as much of p as the window has room for.
func (h *half) tryWrite(p []byte, expired bool) (int, error) {
	latency, cut := h.path()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.writerClosed:
		signal(h.wakeWriter)
		return 0, net.ErrClosed
	case expired:
		return 0, os.ErrDeadlineExceeded
	case h.finished:
		return 0, syscall.EPIPE
	case h.readerClosed:
		signal(h.wakeWriter)
		return 0, syscall.ECONNRESET
	}
	k := min(len(p), StreamWindow-h.bytes)
	if k > 0 {
		h.bytes += k
		h.append(latency, cut, append([]byte(nil), p[:k]...))
	}
	return k, nil
}

// finish sends the end.
func (h *half) finish() {
	latency, cut := h.path()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.finished {
		h.finished = true
		h.append(latency, cut, nil)
	}
}

// append puts a chunk on its way behind the others.
func (h *half) append(latency time.Duration, cut bool, data []byte) {
	h.stalled = h.stalled || cut
	if h.stalled {
		return // the bytes stay counted: the window fills up, as with a peer that does not answer
	}
	at := time.Now().Add(latency)
	if at.Before(h.last) {
		at = h.last
	}
	h.last = at
	h.chunks = append(h.chunks, chunk{at: at, data: data})
	signal(h.wakeReader)
}

func (h *half) closeReader() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readerClosed = true
	h.chunks = nil
	signal(h.wakeReader)
	signal(h.wakeWriter)
}

func (h *half) closeWriter() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.writerClosed = true
	signal(h.wakeWriter)
}
