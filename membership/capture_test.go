package membership

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// captured returns a machine called local that knows the three members of the captured run.
func captured(local string) *machine {
	cfg := DefaultLAN()
	cfg.Swim.Name = local
	for i, name := range []string{"node-a", "node-b", "node-c"} {
		if name == local {
			cfg.Swim.Advertise = capturedAddr(i)
		}
	}
	m := newMachineOf(cfg)
	for i, name := range []string{"node-a", "node-b", "node-c"} {
		info := roleInfo(name, "")
		info.Addr, info.Versions = capturedAddr(i), swim.Versions{1, 5, 2, 2, 5, 5}
		if err := m.table.onJoin(0, info); err != nil {
			panic(err)
		}
	}
	return m
}

func capturedAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 77, 1, byte(i + 1)}), 7946)
}

// TestCapturedQueryIsAnsweredAndRelayedAsByTheReference gives the members of a run of the reference, one after the other,
// what they got there, and looks at what they send.
func TestCapturedQueryIsAnsweredAndRelayedAsByTheReference(t *testing.T) {
	var vs []struct{ Description, Message, From, To, Hex string }
	readVectors(t, "capture_query_relay.json", &vs)
	find := func(from, message string, to netip.AddrPort, i int) []byte {
		t.Helper()
		for _, v := range vs {
			if v.From == from && v.Message == message && v.To == to.String() {
				if i == 0 {
					return unhex(t, v.Hex)
				}
				i--
			}
		}
		t.Fatalf("no %s from %s to %v", message, from, to)
		return nil
	}
	query := find("node-a", "query", capturedAddr(1), 0)
	ack := find("node-c", "query_response", capturedAddr(0), 0)
	relay := find("node-c", "relay", capturedAddr(1), 0)

	c := captured("node-c")
	c.onMessage(c.now, query)
	sent := map[string]int{}
	for _, s := range c.sends {
		switch {
		case s.to == capturedAddr(0) && bytes.Equal(s.bytes, ack):
			sent["ack"]++
		case s.to == capturedAddr(1) && bytes.Equal(s.bytes, relay):
			sent["relay"]++
		default:
			t.Errorf("node-c sends %x to %v", s.bytes, s.to)
		}
	}
	if sent["ack"] != 1 || sent["relay"] != 1 {
		t.Errorf("node-c sends %v, want one ack and, since who asks is no relay, one relay", sent)
	}
	if n := c.queues[queueQuery].Len(); n != 1 {
		t.Errorf("%d queries are gossiped on, want 1", n)
	}

	b := captured("node-b")
	b.onMessage(b.now, query)
	if len(b.sends) != 0 {
		t.Errorf("node-b, which was not asked, sends %d messages", len(b.sends))
	}
	b.onMessage(b.now, relay)
	if len(b.sends) != 1 || b.sends[0].to != capturedAddr(0) || !bytes.Equal(b.sends[0].bytes, ack) {
		t.Errorf("node-b passes on %+v, want the ack to node-a", b.sends)
	}
	b.onMessage(b.now, eventbus.AppendRelayTo(nil, capturedAddr(7), "node-a", ack))
	if len(b.sends) != 1 || b.queries.Stats().RelayRefused != 1 {
		t.Error("node-b passes an ack on to an address of no member")
	}
}

func TestAnswersThatWaitAreBounded(t *testing.T) {
	m := captured("node-a")
	for range 2 * sendsMax {
		m.send(m.now, capturedAddr(1), nil, false)
	}
	if n := m.counters.SendsDropped; len(m.sends) != sendsMax || n != sendsMax {
		t.Errorf("%d answers wait, %d were dropped", len(m.sends), n)
	}
}

func TestPoisonedClocksAreNotBelieved(t *testing.T) {
	m := captured("node-a")
	for _, b := range [][]byte{
		eventbus.AppendUser(nil, &eventbus.UserMessage{LTime: 1<<64 - 1, Name: []byte("x")}),
		eventbus.AppendQuery(nil, &eventbus.QueryMessage{LTime: 1<<64 - 1, Name: []byte("x"), Timeout: time.Second}),
		appendPushPull(nil, &pushPull{LTime: 1<<64 - 1, EventLTime: 1<<64 - 1, QueryLTime: 1<<64 - 1}),
	} {
		m.onMessage(m.now, b)
		if b[0] == byte(typePushPull) {
			m.merge(m.now, b, true)
		}
	}
	if e, q, c := m.users.Time(), m.queries.Time(), m.table.clock.Time(); e != 1 || q != 1 || c != 1 || m.users.MinTime() != 0 {
		t.Errorf("clocks %d, %d, %d, least time %d; want them unmoved", e, q, c, m.users.MinTime())
	}
}
