package transport

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// singleConn is a packet socket that moves one packet a system call, for systems without batches.
type singleConn struct {
	conn  *net.UDPConn
	stats *counters

	mu  sync.Mutex
	buf []byte // room for the largest datagram
}

func newSingleConn(conn *net.UDPConn, stats *counters) *singleConn {
	return &singleConn{conn: conn, stats: stats, buf: make([]byte, 1<<16)}
}

func (c *singleConn) read(b *Batch) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, from, err := c.conn.ReadFromUDPAddrPort(c.buf)
	if err != nil {
		return err
	}
	if n == 0 {
		c.stats.packetsEmpty.Add(1)
		return nil
	}
	if n > slotBytes {
		c.stats.packetsLarge.Add(1)
	}
	b.Add(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), time.Now(), c.buf[:n])
	return nil
}

func (c *singleConn) write(out []Outgoing) {
	for i := range out {
		o := &out[i]
		if len(o.Data) == 0 {
			o.Err = writeError(o.To, "write", errEmptyPacket)
			continue
		}
		_, o.Err = c.conn.WriteToUDPAddrPort(o.Data, o.To)
	}
}

func (c *singleConn) close() error { return c.conn.Close() }
