package swim

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"serf/broadcast"
)

// takePackets returns the packets that n wants to send.
func takePackets(n *Node) (list []Effect) {
	for e, ok := n.NextEffect(); ok; e, ok = n.NextEffect() {
		if e.Kind == EffectPacket {
			list = append(list, e)
		}
	}
	return list
}

func TestFirstHopOfNewsNeedsNoTick(t *testing.T) {
	n := bigNode(t, 10)
	now := epoch.Add(time.Minute)
	n.cfg.ProbeInterval, n.cfg.PushPullInterval = 0, 0
	n.timers = newTimers()
	hear(t, n, now, aliveOf(20, "new", 1))
	at, why := n.NextDeadline()
	if why != TimerGossip || !at.Equal(now) {
		t.Fatalf("got %s at %s, want gossip at once", why, at)
	}
	n.HandleDeadline(now)
	want(t, "packets", len(takePackets(n)), n.cfg.GossipNodes)
	hear(t, n, now, aliveOf(21, "newer", 1))
	at, why = n.NextDeadline()
	if why != TimerGossip || !at.Equal(now.Add(n.cfg.GossipInterval)) {
		t.Fatalf("got %s at %s, want gossip one interval later", why, at.Sub(now))
	}
}

func TestMuchToSayForApplicationsShortensTheInterval(t *testing.T) {
	n := bigNode(t, 10)
	q := broadcast.New(broadcast.Config{RetransmitMult: 4})
	n.Attach(q)
	for _, c := range []struct {
		queued int
		want   time.Duration
	}{{1, n.cfg.GossipInterval}, {gossipDeep, n.cfg.GossipInterval}, {4 * gossipDeep, n.cfg.GossipInterval / 4},
		{4000, n.cfg.GossipInterval / gossipHurryMax}} {
		for q.Len() < c.queued {
			if _, err := q.Push("", []byte{byte(TypeUser)}, false); err != nil {
				t.Fatal(err)
			}
		}
		want(t, fmt.Sprintf("interval with %d queued", c.queued), time.Duration(n.gossipInterval()), c.want)
	}
}

func TestGossipStopsWhenNothingIsQueued(t *testing.T) {
	n := bigNode(t, 10)
	n.cfg.ProbeInterval, n.cfg.PushPullInterval = 0, 0
	n.timers = newTimers()
	hear(t, n, epoch, aliveOf(20, "new", 1))
	rounds, now := 0, epoch
	for at, why := n.NextDeadline(); why == TimerGossip; at, why = n.NextDeadline() {
		now = at
		n.HandleDeadline(now)
		rounds += min(1, len(takePackets(n)))
	}
	limit := broadcast.TransmitLimit(4, 11)
	want(t, "rounds with packets", rounds, (limit+2)/3)
	want(t, "queued", n.queue.Len(), 0)
}

func TestLonelyNodeDoesNotWake(t *testing.T) {
	w := newWorld(t)
	a := w.add("a", nil)
	want(t, "queued", a.queue.Len(), 1)
	q := broadcast.New(broadcast.Config{RetransmitMult: 4})
	a.Attach(q)
	q.Push("", []byte{byte(TypeUser), 1}, false)
	a.WakeGossip(w.now)
	if at, why := a.NextDeadline(); !at.IsZero() {
		t.Errorf("got %s at %s, want nothing", why, at)
	}
}

func TestAttachedQueuesRideBehindOwnBroadcasts(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	w.run(5 * time.Second)
	q := broadcast.New(broadcast.Config{RetransmitMult: 4})
	c[0].Attach(q)
	q.Push("", []byte{byte(TypeUser), 'h', 'i'}, false)
	c[0].queue.Push("x", suspectOf("nobody", 1, "b"), false)
	mark := len(c[0].packets)
	c[0].WakeGossip(w.now)
	w.run(100 * time.Millisecond)
	got := fmt.Sprint(c[0].sentTypes(c[1].addr, mark)[0])
	want(t, "first packet", got, fmt.Sprint([]MessageType{TypeSuspect, TypeUser}))
	heard := 0
	for _, e := range c[1].events {
		if e.Kind == EventUser && string(e.Payload) == "hi" {
			heard++
		}
	}
	want(t, "messages heard", heard, 1)
}

func TestPacketsStayWithinTheBudget(t *testing.T) {
	n := bigNode(t, 500)
	for i := range 500 {
		size := 1 + i*7%1300
		n.queue.Push("", make([]byte, size), false)
	}
	now := epoch
	count := 0
	for range 300 {
		n.HandlePacket(now, stranger, AppendPing(nil, &Ping{Sequence: 1, Source: stranger}))
		n.HandleDeadline(now)
		for _, e := range takePackets(n) {
			size := len(e.Batch.Body)
			if e.Batch.Len() > 1 {
				size += compoundOverhead + partOverhead*e.Batch.Len()
			}
			if e.Checksum {
				size += checksumBytes
			}
			if size > n.cfg.PacketBytesMax || e.Batch.Len() > broadcast.BatchLenMax {
				t.Fatalf("packet of %d messages has %d bytes, want at most %d", e.Batch.Len(), size, n.cfg.PacketBytesMax)
			}
			count += e.Batch.Len()
		}
		now = now.Add(200 * time.Millisecond)
	}
	if count < 1000 {
		t.Errorf("got %d messages sent, want all several times", count)
	}
}

func TestTinyBroadcastsStopAt255Parts(t *testing.T) {
	n := bigNode(t, 5)
	for range 1000 {
		n.queue.Push("", []byte{byte(TypeUser)}, false)
	}
	n.HandlePacket(epoch, stranger, AppendPing(nil, &Ping{Sequence: 1}))
	p := takePackets(n)
	want(t, "parts", p[len(p)-1].Batch.Len(), broadcast.BatchLenMax)
}

func TestChecksumIsWantedOfThoseWhoUnderstandIt(t *testing.T) {
	w := newWorld(t)
	c := w.cluster(2, nil)
	mark := len(c[0].packets)
	w.run(3 * time.Second)
	for _, e := range c[0].packets[mark:] {
		want(t, "checksum to a known member", e.Checksum, true)
	}
	c[0].HandlePacket(w.now, stranger, AppendPing(nil, &Ping{Sequence: 1}))
	for _, e := range takePackets(c[0].Node) {
		want(t, "checksum to a stranger", e.Checksum, false)
	}
}

func TestGossipGoesToTheRecentlyDeadButNotToTheLeft(t *testing.T) {
	n := bigNode(t, 3)
	hear(t, n, epoch, deadOf("m1", 1, "m2"))
	hear(t, n, epoch, deadOf("m2", 1, "m2"))
	to := map[netip.AddrPort]int{}
	for i := range 160 {
		n.queue.Push("", []byte{byte(TypeUser)}, false)
		n.HandleDeadline(epoch.Add(time.Duration(i) * 200 * time.Millisecond))
		for _, e := range takePackets(n) {
			to[e.To]++
		}
	}
	if to[bigAddr(1)] == 0 || to[bigAddr(2)] != 0 {
		t.Errorf("got packets to %v, want some to m1 and none to m2", to)
	}
	n.queue.Push("", []byte{byte(TypeUser)}, false)
	n.HandleDeadline(epoch.Add(time.Hour))
	want(t, "packets to the long dead", len(takePackets(n)), 0)
}

func TestEffectsStayUntilTakenAndAreReused(t *testing.T) {
	n := bigNode(t, 3)
	ping := AppendPing(nil, &Ping{Sequence: 7})
	hear(t, n, epoch, ping)
	hear(t, n, epoch, ping)
	p := takePackets(n)
	want(t, "packets of two inputs", len(p), 2)
	body := p[0].Batch.Body
	hear(t, n, epoch, ping)
	if got := takePackets(n)[0].Batch.Body; &got[0] != &body[0] {
		t.Error("the memory of a taken effect is not used again")
	}
}

func TestEffectBytesAreScribbledOver(t *testing.T) {
	if !invariants {
		return // only then
	}
	n := bigNode(t, 3)
	hear(t, n, epoch, AppendPing(nil, &Ping{Sequence: 7}))
	body := takePackets(n)[0].Batch.Body
	hear(t, n, epoch, deadOf("nobody", 1, "x"))
	want(t, "first byte", body[0], 0xdb)
}
