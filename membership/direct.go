package membership

import (
	"bytes"
	"net/netip"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// sendsMax is how many answers may wait for the failure detector to send them. They wait until the next call, so that
// this is what one batch of packets may cause.
const sendsMax = 16384

// send is a message for one member. It waits for a call of its own: another input to the failure detector would destroy
// the bytes of what the driver has not taken yet.
type send struct {
	to     netip.AddrPort
	bytes  []byte
	stream bool
}

// send lets a copy of the Serf message m go to the given address in a packet of its own, or over a stream.
func (c *Cluster) send(now time.Time, to netip.AddrPort, m []byte, stream bool) {
	if len(c.sends) >= sendsMax {
		c.counters.SendsDropped++
		return
	}
	c.sends = append(c.sends, send{to, bytes.Clone(m), stream})
	c.wakeAt = min(c.wakeAt, c.at(now))
}

// flushSends hands what waits to the failure detector.
func (c *Cluster) flushSends(now time.Time) {
	for _, s := range c.sends {
		var err error
		if s.stream {
			_, err = c.node.SendUserStream(now, s.to, s.bytes)
		} else {
			err = c.node.SendUser(now, s.to, s.bytes)
		}
		if err != nil {
			c.counters.SendsFailed++
		}
	}
	clear(c.sends)
	c.sends = c.sends[:0]
}

// sendReply sends an ack or a response, over relays too if it says so. One to the local member needs no network.
func (c *Cluster) sendReply(now time.Time, r *eventbus.Reply) {
	if r.Message == nil {
		return
	}
	if r.Node == c.table.local && swim.SameAddr(r.To, c.cfg.source()) {
		_ = c.queries.HandleResponse(now, r.Message) // our own message can be read
		return
	}
	c.send(now, r.To, r.Message, r.Stream)
	c.relays = eventbus.AppendRelays(c.relays[:0], c.table.list(), r, c.table.local, c.rng)
	for _, m := range c.relays {
		c.send(now, m.Addr, r.Relay, false)
	}
	clear(c.relays)
}

// onRelay passes a response on.
func (c *Cluster) onRelay(now time.Time, b []byte) error {
	f, err := c.queries.HandleRelay(b)
	switch {
	case err != nil:
		return err
	case f.Self:
		return c.queries.HandleResponse(now, f.Message)
	}
	c.send(now, f.To, f.Message, false)
	return nil
}

// knows reports whether a member is so called and has that address: only such are sent answers. An old peer does not
// tell its name.
func (c *Cluster) knows(node string, addr netip.AddrPort) bool {
	if node != "" {
		if node == c.claimed {
			return true
		}
		r := c.table.find(node)
		return r != nil && swim.SameAddr(r.member.Addr, addr)
	}
	for r := range c.table.each {
		if swim.SameAddr(r.member.Addr, addr) {
			return true
		}
	}
	return false
}
