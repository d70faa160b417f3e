package agent

import (
	"fmt"
	"net"
	"time"

	"serf/transport/envelope"
)

const (
	// guestFrameBytesMax is how long an encrypted message may be that comes from an address which no member has: whoever
	// joins sends a few hundred bytes. With the buffer that it is read into, readBytes, a stream of an outsider holds 64 KiB.
	guestFrameBytesMax = 48 << 10
	// guestLargeMax is how many such streams may bring more at once: members of another cluster that joins as a whole.
	guestLargeMax = 1
	// guestBytesMax bounds the bytes of all such streams together, so that members have half of streamBytesMax whatever
	// others send. The state of 65,536 members fits.
	guestBytesMax = 10 << 20
)

// errGuests is why a stream is closed that is no member's.
var errGuests = fmt.Errorf("too much from addresses of no member: more than %d bytes at once, or a second message above %d bytes",
	guestBytesMax, guestFrameBytesMax)

// guest is what a stream holds whose peer has shown no key yet, and whose address no member has. Whether a key opens a frame
// is known when all of it has come.
type guest struct {
	agent *Agent
	conn  net.Conn
	bytes int64
	large bool // it holds the token
}

// newGuest returns the account of a stream that was accepted, nil if its peer is none: a member, or anybody
// where nothing must be encrypted.
func (a *Agent) newGuest(conn net.Conn) *guest {
	if a.Keyring().Len() == 0 || a.envelope.AcceptPlaintext {
		return nil
	}
	from := remote(conn).Addr()
	for _, m := range a.View().Members {
		if m.Addr.Addr().Unmap() == from {
			return nil
		}
	}
	return &guest{agent: a, conn: conn}
}

// take counts n bytes more, of a message that is to be as long as s says. It waits where only one may go on, for as long as a stream
// may take, and has all of that time for the rest. It fails with errGuests or ErrClosed.
func (g *guest) take(n int, s *envelope.Scanner) error {
	if g == nil {
		return nil
	}
	g.bytes += int64(n)
	if g.agent.streams.guestBytes.Add(int64(n)) > guestBytesMax {
		return errGuests
	}
	if g.large || s.Claim() <= guestFrameBytesMax {
		return nil
	}
	if s.Claim() > guestBytesMax {
		return errGuests
	}
	wait := time.NewTimer(g.agent.timeout)
	defer wait.Stop()
	select {
	case g.agent.streams.guestLarge <- struct{}{}:
		g.large = true
		return g.conn.SetDeadline(time.Now().Add(g.agent.timeout))
	case <-wait.C:
		return errGuests
	case <-g.agent.ctx.Done():
		return ErrClosed
	}
}

// leave ends the account: the peer has shown a key, or its stream is over.
func (g *guest) leave() {
	if g == nil {
		return
	}
	g.agent.streams.guestBytes.Add(-g.bytes)
	g.bytes = 0
	if g.large {
		g.large = false
		<-g.agent.streams.guestLarge
	}
}
