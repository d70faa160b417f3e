package sim

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"serf/broadcast"
	"serf/membership"
	"serf/swim"
	"serf/transport/envelope"
)

// These benchmarks measure a packet's whole way through envelope and machine, encrypted with a key of 32 bytes.

type bench struct {
	node   *swim.Node
	now    time.Time
	ring   *envelope.Keyring
	sealer *envelope.Sealer
	opener *envelope.Opener
	buf    []byte

	ack  []byte // the sealed answer to the last ping, nil when there is none
	from netip.AddrPort
}

func addrOf(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7946)
}

func stateOf(n int) *swim.State {
	s := &swim.State{Join: true}
	for i := 1; i <= n; i++ {
		s.Members = append(s.Members, swim.MemberState{
			Info: &swim.Info{Name: fmt.Sprintf("node-%05d.dc1", i), Addr: addrOf(i), Meta: []byte("\xff\x81\xa4role\xa3web"),
				Versions: swim.Versions{1, 5, 2, 2, 5, 5}},
			Incarnation: 1,
		})
	}
	return s
}

func newBench(b *testing.B, members int) *bench {
	b.Helper()
	ring, err := envelope.NewKeyring(nil, []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		b.Fatal(err)
	}
	cfg := envelope.Config{Compression: true}
	x := &bench{now: time.Unix(0, 0), ring: ring, sealer: envelope.NewSealer(cfg, envelope.NewNonceCounter([envelope.NonceSeedBytes]byte{})),
		opener: envelope.NewOpener(cfg)}
	c := swim.DefaultLAN()
	c.Name, c.Advertise, c.PacketBytesMax = "node-00000.dc1", addrOf(0), 1400-cfg.Overhead(ring)
	c.DelegateMin, c.DelegateMax, c.DelegateVersion = 2, 5, 5
	c.PushPullInterval, c.GossipNodes = 0, 0
	if x.node, err = swim.New(c, x.now, rand.New(rand.NewPCG(1, 2))); err != nil {
		b.Fatal(err)
	}
	if err := x.node.HandleState(x.now, swim.Accepted(1), stateOf(members)); err != nil {
		b.Fatal(err)
	}
	x.drain(nil)
	return x
}

func (x *bench) drain(packet func(swim.Effect)) {
	for e, ok := x.node.NextEffect(); ok; e, ok = x.node.NextEffect() {
		if e.Kind == swim.EffectPacket && packet != nil {
			packet(e)
		}
	}
}

func (x *bench) seal(b *testing.B, batch *broadcast.Batch, checksum bool) []byte {
	out, err := x.sealer.SealPacket(x.buf[:0], x.ring, batch.Body, batch.Sizes, checksum)
	if err != nil {
		b.Fatal(err)
	}
	x.buf = out
	return out
}

// receive opens a packet and hands its messages to the node.
func (x *bench) receive(b *testing.B, from netip.AddrPort, packet []byte) {
	messages, err := x.opener.OpenPacket(x.ring, packet)
	if err != nil {
		b.Fatal(err)
	}
	for m, ok := messages.Next(); ok; m, ok = messages.Next() {
		if err := x.node.HandlePacket(x.now, from, m); err != nil {
			b.Fatal(err)
		}
		x.drain(nil)
	}
}

func BenchmarkPingEncodedAndSealed(b *testing.B) {
	x := newBench(b, 1)
	ping := swim.Ping{Sequence: 123456, Node: []byte("node-00001.dc1"), Source: addrOf(0), SourceNode: []byte("node-00000.dc1")}
	var batch broadcast.Batch
	var message []byte
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		message = swim.AppendPing(message[:0], &ping)
		if err := batch.Append(message); err != nil {
			b.Fatal(err)
		}
		x.seal(b, &batch, false)
	}
}

// BenchmarkAckOpenedAndDispatched measures an ack whose probe is over: opened, decoded, looked up, counted.
func BenchmarkAckOpenedAndDispatched(b *testing.B) {
	x := newBench(b, 1)
	var batch broadcast.Batch
	if err := batch.Append(swim.AppendAck(nil, &swim.Ack{Sequence: 77})); err != nil {
		b.Fatal(err)
	}
	packet := append([]byte(nil), x.seal(b, &batch, false)...)
	messages := func() {
		m, err := x.opener.OpenPacket(x.ring, packet)
		if err != nil {
			b.Fatal(err)
		}
		for a, ok := m.Next(); ok; a, ok = m.Next() {
			_ = x.node.HandlePacket(x.now, addrOf(1), a) // a stale ack may count as an error
			x.drain(nil)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		messages()
	}
}

// BenchmarkProbeRound measures one probe that succeeds: timer, ping encoded and sealed, ack opened and dispatched.
func BenchmarkProbeRound(b *testing.B) {
	x := newBench(b, 100)
	var message, sealedAck []byte
	var batch broadcast.Batch
	answer := func(e swim.Effect) {
		x.seal(b, &e.Batch, e.Checksum)
		for m := range e.Batch.All {
			ping, err := swim.DecodePing(m)
			if err != nil {
				continue // gossip beside the ping
			}
			message = swim.AppendAck(message[:0], &swim.Ack{Sequence: ping.Sequence})
			batch.Reset()
			if err := batch.Append(message); err != nil {
				b.Fatal(err)
			}
			sealedAck = append(sealedAck[:0], x.seal(b, &batch, false)...)
			x.ack, x.from = sealedAck, e.To
		}
	}
	probes := x.node.Stats().Probes
	b.ReportAllocs()
	for b.Loop() {
		at, _ := x.node.NextDeadline()
		x.now = at
		x.node.HandleDeadline(x.now)
		x.drain(answer)
		if x.ack != nil {
			x.receive(b, x.from, x.ack)
			x.ack = nil
		}
	}
	s := x.node.Stats()
	if s.ProbeFailures > 0 || s.Probes == probes {
		b.Fatalf("%d probes, %d failed", s.Probes-probes, s.ProbeFailures)
	}
}

// aliveBatch fills a packet of 1400 bytes with alive messages.
func aliveBatch(b *testing.B, incarnation uint32) *broadcast.Batch {
	b.Helper()
	var batch broadcast.Batch
	used := 0
	for _, m := range stateOf(100).Members {
		message := swim.AppendAlive(nil, &swim.AliveMessage{Incarnation: incarnation, Node: []byte(m.Info.Name), Addr: m.Info.Addr,
			Meta: m.Info.Meta, Versions: m.Info.Versions[:]})
		if used += len(message) + 2; used > 1400-29-7 {
			return &batch
		}
		if err := batch.Append(message); err != nil {
			b.Fatal(err)
		}
	}
	b.Fatal("the packet did not fill up")
	return nil
}

// BenchmarkCompoundOut measures a full packet of queued alive messages: taken from the queue, compressed, sealed.
func BenchmarkCompoundOut(b *testing.B) {
	x := newBench(b, 1)
	q := broadcast.New(broadcast.Config{RetransmitMult: 1 << 40, MessageBytesMax: 1300, LenMax: 1000})
	for i, m := range stateOf(100).Members {
		message := swim.AppendAlive(nil, &swim.AliveMessage{Incarnation: uint32(i), Node: []byte(m.Info.Name), Addr: m.Info.Addr,
			Meta: m.Info.Meta, Versions: m.Info.Versions[:]})
		if _, err := q.Push(m.Info.Name, message, false); err != nil {
			b.Fatal(err)
		}
	}
	var batch broadcast.Batch
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		q.Take(&batch, 2, 1400-29-7, 10)
		x.seal(b, &batch, true)
	}
	b.ReportMetric(float64(batch.Len()), "messages")
}

// BenchmarkCompoundIn measures a full packet of alive messages about known members: opened, decoded, compared.
func BenchmarkCompoundIn(b *testing.B) {
	x := newBench(b, 100)
	batch := aliveBatch(b, 1)
	packet := append([]byte(nil), x.seal(b, batch, true)...)
	b.ReportAllocs()
	for b.Loop() {
		x.receive(b, addrOf(1), packet)
	}
	b.ReportMetric(float64(batch.Len()), "messages")
}

// BenchmarkCompoundInNews is the same with news in every message: each changes the table and is queued for gossip.
func BenchmarkCompoundInNews(b *testing.B) {
	x := newBench(b, 100)
	var packets [][]byte
	const rounds = 4096
	for i := range rounds {
		packets = append(packets, append([]byte(nil), x.seal(b, aliveBatch(b, uint32(i+2)), true)...))
	}
	round := 0
	b.ReportAllocs()
	for b.Loop() {
		if round == rounds {
			b.StopTimer()
			x, round = newBench(b, 100), 0
			b.StartTimer()
		}
		x.receive(b, addrOf(1), packets[round])
		round++
	}
}

func benchConfig() membership.Config {
	c := membership.DefaultLAN()
	c.Swim.Name, c.Swim.Advertise = "node-00000.dc1", addrOf(0)
	return c
}

// BenchmarkPushPullOf10000 measures a reply to a push/pull of 10,000 members that the receiver knows: own state built and
// encoded, the other's decoded and merged.
func BenchmarkPushPullOf10000(b *testing.B) {
	c, err := membership.New(benchConfig(), time.Unix(0, 0), rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		b.Fatal(err)
	}
	request := swim.AppendState(nil, stateOf(10000))
	var out []byte
	exchange := uint64(0)
	once := func() {
		s, err := swim.DecodeState(request)
		if err != nil {
			b.Fatal(err)
		}
		exchange++
		if err := c.HandleState(time.Unix(0, int64(exchange)), swim.Accepted(exchange), s); err != nil {
			b.Fatal(err)
		}
		for e, ok := c.NextEffect(); ok; e, ok = c.NextEffect() {
			if e.Kind == membership.EffectWire && e.Wire.Kind == swim.EffectReply {
				out = swim.AppendState(out[:0], e.Wire.State)
			}
		}
	}
	once()
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
	b.ReportMetric(float64(len(out)), "bytes")
}

// BenchmarkMemoryPerMember measures what a known member costs: in the failure detector, and with Serf's layer.
func BenchmarkMemoryPerMember(b *testing.B) {
	const members = 10000
	state := stateOf(members)
	measure := func(b *testing.B, build func() any) {
		var kept any
		for b.Loop() {
			kept = nil
			before := heap()
			kept = build()
			b.ReportMetric((float64(heap())-float64(before))/members, "B/member")
		}
		runtime.KeepAlive(kept)
	}
	request := swim.AppendState(nil, state)
	b.Run("swim", func(b *testing.B) {
		measure(b, func() any {
			s, _ := swim.DecodeState(request)
			c := benchConfig().Swim
			c.BroadcastsMax = 1
			c.DelegateMin, c.DelegateMax, c.DelegateVersion = 2, 5, 5
			n, err := swim.New(c, time.Unix(0, 0), rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				b.Fatal(err)
			}
			if err := n.HandleState(time.Unix(0, 0), swim.Accepted(1), s); err != nil {
				b.Fatal(err)
			}
			for _, ok := n.NextEffect(); ok; _, ok = n.NextEffect() {
			}
			n.HandleDeadline(time.Unix(0, 0)) // any input gives the memory of the burst back
			return n
		})
	})
	b.Run("membership", func(b *testing.B) {
		measure(b, func() any {
			s, _ := swim.DecodeState(request)
			cfg := benchConfig()
			cfg.Swim.BroadcastsMax = 1
			c, err := membership.New(cfg, time.Unix(0, 0), rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				b.Fatal(err)
			}
			if err := c.HandleState(time.Unix(0, 0), swim.Accepted(1), s); err != nil {
				b.Fatal(err)
			}
			for _, ok := c.NextEffect(); ok; _, ok = c.NextEffect() {
			}
			c.HandleDeadline(time.Unix(0, 0)) // any input gives the memory of the burst back
			return c
		})
	})
}

// heap returns the bytes in live objects.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkFiftyMembersIdle measures the simulator: virtual seconds of an idle LAN cluster per second.
func BenchmarkFiftyMembersIdle(b *testing.B) {
	w, err := NewWorld(Options{Seed: 1, Hosts: 50, Network: lan, Direct: true})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 50 {
		if err := w.Start(i); err != nil {
			b.Fatal(err)
		}
		if i > 0 {
			w.At(time.Duration(i)*20*time.Millisecond, func() { _ = w.Join(i, 0) }) // checked by the tests
		}
	}
	w.Run(60 * time.Second)
	b.ReportAllocs()
	for b.Loop() {
		w.Run(time.Second)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "virtual-s/s")
}
