package swim

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"serf/broadcast"
	"serf/sim/proof"
)

// steadyNode is a node among a hundred with nothing queued.
func steadyNode(t testing.TB) *Node {
	n := bigNode(t, 100)
	n.queue.Prune(0)
	drainAll(n)
	return n
}

// startProbe makes n probe somebody at t and returns the ping.
func startProbe(n *Node, now time.Time) Effect {
	n.begin(now)
	n.timers.disarm(TimerProbe)
	n.fireProbe()
	n.settle()
	for {
		e, ok := n.NextEffect()
		if !ok {
			panic("no ping")
		}
		if e.Kind == EffectPacket && e.Probe != 0 {
			return e
		}
	}
}

func BenchmarkPingOut(b *testing.B) {
	n := steadyNode(b)
	now := epoch.Add(time.Second)
	startProbe(n, now)
	b.ReportAllocs()
	for b.Loop() {
		n.probe.open = false
		now = now.Add(time.Microsecond)
		startProbe(n, now)
	}
}

func BenchmarkAckIn(b *testing.B) {
	n := steadyNode(b)
	now := epoch.Add(time.Second)
	startProbe(n, now)
	p := n.probe
	ack := AppendAck(nil, &Ack{Sequence: p.sequence})
	b.ReportAllocs()
	for b.Loop() {
		n.probe.open = true
		if err := n.HandlePacket(now, p.info.Addr, ack); err != nil || n.probe.open {
			b.Fatal(err)
		}
		drainAll(n)
	}
}

func BenchmarkPingIn(b *testing.B) {
	n := steadyNode(b)
	ping := AppendPing(nil, &Ping{Sequence: 1, Node: []byte("m0"), Source: bigAddr(5), SourceNode: []byte("m5")})
	b.ReportAllocs()
	for b.Loop() {
		if err := n.HandlePacket(epoch, bigAddr(5), ping); err != nil {
			b.Fatal(err)
		}
		drainAll(n)
	}
}

// BenchmarkProbeRound is a probe that is answered: the ping out, the ack in and the deadlines between.
func BenchmarkProbeRound(b *testing.B) {
	n := steadyNode(b)
	n.cfg.PushPullInterval = 0
	n.timers.disarm(TimerPushPull)
	now := epoch.Add(time.Minute)
	var ack []byte
	b.ReportAllocs()
	for b.Loop() {
		now = now.Add(n.cfg.ProbeInterval)
		n.HandleDeadline(now)
		drainAll(n)
		ack = AppendAck(ack[:0], &Ack{Sequence: n.probe.sequence})
		if err := n.HandlePacket(now.Add(time.Millisecond), n.probe.info.Addr, ack); err != nil || n.probe.open {
			b.Fatal(err, n.probe.open)
		}
		drainAll(n)
	}
}

// compound returns as many alive messages as a packet holds, about members that n knows, incarnation by incarnation.
func compound(n *Node, incarnation uint32) (list [][]byte) {
	size := compoundOverhead
	for i := 1; ; i++ {
		m := aliveOf(i, fmt.Sprint("m", i), incarnation)
		if size += len(m) + partOverhead; size > n.cfg.PacketBytesMax {
			return list
		}
		list = append(list, m)
	}
}

// BenchmarkCompoundIn dispatches a packet full of alive messages, all of them news.
func BenchmarkCompoundIn(b *testing.B) {
	n := steadyNode(b)
	list := compound(n, 2)
	incarnation := uint32(2)
	b.ReportAllocs()
	b.ReportMetric(float64(len(list)), "messages/op")
	for b.Loop() {
		incarnation++
		for i := range list {
			b.StopTimer()
			list[i] = AppendAlive(list[i][:0], &AliveMessage{Incarnation: incarnation, Node: []byte(fmt.Sprint("m", i+1)),
				Addr: bigAddr(i + 1), Meta: []byte("meta"), Versions: []byte{1, 5, 2, 2, 5, 4}})
			b.StartTimer()
		}
		for _, m := range list {
			if err := n.HandlePacket(epoch, stranger, m); err != nil {
				b.Fatal(err)
			}
			drainAll(n)
		}
	}
}

// BenchmarkCompoundInKnown does the same with nothing new, as most gossip is.
func BenchmarkCompoundInKnown(b *testing.B) {
	n := steadyNode(b)
	list := compound(n, 1)
	b.ReportAllocs()
	b.ReportMetric(float64(len(list)), "messages/op")
	for b.Loop() {
		for _, m := range list {
			if err := n.HandlePacket(epoch, stranger, m); err != nil {
				b.Fatal(err)
			}
			drainAll(n)
		}
	}
}

// BenchmarkCompoundOut fills the packets of a gossip round.
func BenchmarkCompoundOut(b *testing.B) {
	n := steadyNode(b)
	n.queue = broadcast.New(broadcast.Config{RetransmitMult: 1 << 30})
	for i := range 100 {
		n.queue.Push(fmt.Sprint("m", i), aliveOf(i, fmt.Sprint("m", i), 2), false)
	}
	b.ReportAllocs()
	for b.Loop() {
		n.out.begin()
		n.fill(n.out.packet(bigAddr(3)))
		drainAll(n)
	}
}

func BenchmarkPushPullBuild10000(b *testing.B) {
	n := bigNode(b, 10000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		n.generation++ // as if something had changed
		buf = AppendState(buf[:0], n.localState(false))
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

func BenchmarkPushPullMerge10000New(b *testing.B) {
	s := clusterState(10000)
	b.ReportAllocs()
	for b.Loop() {
		bigNodeFrom(b, s)
	}
}

// bigNodeFrom returns a node that has merged s.
func bigNodeFrom(b *testing.B, s *State) *Node {
	n := bigNode(b, 1)
	if err := n.HandleState(epoch, Accepted(2), s); err != nil {
		b.Fatal(err)
	}
	drainAll(n)
	return n
}

// The peer is one of ours: its members are sorted by name. Those of the reference are not.
func BenchmarkPushPullMerge10000Known(b *testing.B) {
	n := bigNode(b, 10000)
	wire := AppendState(nil, n.localState(false))
	view := n.View()
	b.ReportAllocs()
	for b.Loop() {
		s, err := DecodeStateSharing(wire, view)
		if err != nil {
			b.Fatal(err)
		}
		if err := n.HandleState(epoch, Accepted(2), s); err != nil {
			b.Fatal(err)
		}
		drainAll(n)
	}
}

// memberBytesBudget is what a known member may cost in this package, identity, name and metadata of 4 bytes included.
const memberBytesBudget = 200

func TestMemoryPerMember(t *testing.T) {
	const members = 10000
	s := clusterState(members)
	before := heap()
	n := bigNode(t, 1)
	if err := n.HandleState(epoch, Accepted(2), s); err != nil {
		t.Fatal(err)
	}
	drainAll(n)
	n.queue.Prune(0)
	n.out = outbox{}
	per := (int64(heap()) - int64(before)) / members
	runtime.KeepAlive(s)
	runtime.KeepAlive(n)
	t.Logf("%d bytes per member", per)
	if per > memberBytesBudget {
		t.Errorf("got %d bytes per known member, want at most %d", per, memberBytesBudget)
	}
	n.View()
	with := (int64(heap()) - int64(before)) / members
	runtime.KeepAlive(s)
	t.Logf("%d bytes per member with a view", with)
	runtime.KeepAlive(n)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	if invariants {
		return // checks allocate
	}
	n := steadyNode(t)
	now := epoch.Add(time.Second)
	startProbe(n, now)
	ack := AppendAck(nil, &Ack{Sequence: 1, Payload: []byte("payload")})
	round := func() {
		now = now.Add(n.cfg.ProbeInterval)
		n.probe.open = false
		startProbe(n, now)
		ack = AppendAck(ack[:0], &Ack{Sequence: n.probe.sequence})
		n.HandlePacket(now, n.probe.info.Addr, ack)
		drainAll(n)
	}
	round()
	proof.Allocations(t, "ping out and ack in", 0, round)
	ping := AppendPing(nil, &Ping{Sequence: 1, Node: []byte("m0"), Source: bigAddr(5), SourceNode: []byte("m5")})
	proof.Allocations(t, "ping in and ack out", 0, func() { n.HandlePacket(now, bigAddr(5), ping); drainAll(n) })
	old := aliveOf(5, "m5", 1)
	proof.Allocations(t, "old news in", 0, func() { n.HandlePacket(now, bigAddr(5), old); drainAll(n) })
	i := uint32(10)
	var news []byte
	proof.Allocations(t, "news in and out", 0, func() {
		i++
		news = AppendAlive(news[:0], &AliveMessage{Incarnation: i, Node: []byte("m5"), Addr: bigAddr(5), Meta: []byte("meta"),
			Versions: []byte{1, 5, 2, 2, 5, 4}})
		n.HandlePacket(now, bigAddr(5), news)
		now = now.Add(n.cfg.GossipInterval)
		n.begin(now)
		n.fireGossip()
		drainAll(n)
	})
}
