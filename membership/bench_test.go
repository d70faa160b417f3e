package membership

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"testing"

	"serf/eventbus"
	"serf/swim"
)

const benchMembers = 10_000

// filled returns a machine that knows n members with the same tags, and their Infos.
func filled(n int) (*machine, []*swim.Info) {
	m := newMachine("node-00000")
	infos := make([]*swim.Info, n)
	for i := range infos {
		infos[i] = roleInfo(fmt.Sprintf("node-%05d", i), "web")
		if err := m.table.onJoin(0, infos[i]); err != nil {
			panic(err)
		}
		m.settleWithoutNode()
	}
	return m, infos
}

func BenchmarkStateBuilt(b *testing.B) {
	m, _ := filled(benchMembers)
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(m.appendUserPart(m.now, nil))))
	}
}

func BenchmarkStateMerged(b *testing.B) {
	m, _ := filled(benchMembers)
	state := m.appendUserPart(m.now, nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(state)))
	for b.Loop() {
		m.merge(m.now, state, false)
	}
}

func BenchmarkMemberChangePublished(b *testing.B) {
	m, infos := filled(benchMembers)
	m.table.list()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.table.onLeave(0, infos[1+i%9000].Name)
		if err := m.table.onJoin(0, infos[1+i%9000]); err != nil {
			b.Fatal(err)
		}
		m.table.list()
		m.settleWithoutNode()
	}
}

func BenchmarkKnownIntentIgnored(b *testing.B) {
	m, _ := filled(benchMembers)
	message := appendJoin(nil, joinIntent{LTime: 0, Node: "node-00007"})
	b.ReportAllocs()
	for b.Loop() {
		m.onMessage(m.now, message)
	}
}

// BenchmarkPingAnswered is what this package adds to a packet that does not concern it.
func BenchmarkPingAnswered(b *testing.B) {
	cfg := DefaultLAN()
	cfg.Swim.Name, cfg.Swim.Advertise = "a", netip.MustParseAddrPort("10.0.0.1:7946")
	c, err := New(cfg, start, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		b.Fatal(err)
	}
	from := netip.MustParseAddrPort("10.0.0.2:7946")
	ping := swim.AppendPing(nil, &swim.Ping{Sequence: 7, Node: []byte("a")})
	b.ReportAllocs()
	for b.Loop() {
		if err := c.HandlePacket(start, from, ping); err != nil {
			b.Fatal(err)
		}
		for e, ok := c.NextEffect(); ok; e, ok = c.NextEffect() {
			if e.Kind == EffectWire && e.Wire.Batch.Len() == 0 {
				b.Fatal("no ack")
			}
		}
		c.NextDeadline()
	}
}

// BenchmarkMemberMemory reports the bytes that one more member costs here, its Info and name apart.
func BenchmarkMemberMemory(b *testing.B) {
	for b.Loop() {
		_, infos := filled(1)
		for i := range benchMembers {
			infos = append(infos, roleInfo(fmt.Sprintf("node-%05d", i), "web"))
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		m := newMachine("node-00000")
		for _, info := range infos {
			if err := m.table.onJoin(0, info); err != nil {
				b.Fatal(err)
			}
			m.settleWithoutNode()
		}
		m.table.list()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/benchMembers, "bytes/member")
		runtime.KeepAlive(m)
		runtime.KeepAlive(infos)
	}
}

// BenchmarkUserEventPassedOn is a user event from the packet to the application and to the queue.
func BenchmarkUserEventPassedOn(b *testing.B) {
	m, _ := filled(100)
	payload := make([]byte, 100)
	var message []byte
	b.ReportAllocs()
	for i := uint64(1); b.Loop(); i++ {
		message = eventbus.AppendUser(message[:0], &eventbus.UserMessage{LTime: i, Name: []byte("deploy"), Payload: payload})
		m.onMessage(m.now, message)
		for _, ok := m.NextEffect(); ok; _, ok = m.NextEffect() {
		}
		m.queues[queueEvent].Prune(64)
	}
}

// BenchmarkQueryOfTenThousand is a query that 10,000 members ack and respond to, with all of its bookkeeping.
func BenchmarkQueryOfTenThousand(b *testing.B) {
	m, _ := filled(10_000)
	members := m.table.list()
	var message []byte
	b.ReportAllocs()
	for b.Loop() {
		id, err := m.ask(m.now, &QueryParams{Name: "up", Ack: true}, asked{token: 1})
		if err != nil {
			b.Fatal(err)
		}
		ends := 0
		drain := func() {
			m.onUpdates(m.now)
			for e, ok := m.NextEffect(); ok; e, ok = m.NextEffect() {
				if e.Kind == EffectDone {
					ends++
				}
			}
		}
		for _, member := range members {
			r := eventbus.ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte(member.Name), Flags: eventbus.FlagAck}
			message = eventbus.AppendResponse(message[:0], &r)
			m.onMessage(m.now, message)
			drain()
			r.Flags, r.Payload = 0, []byte("fine")
			message = eventbus.AppendResponse(message[:0], &r)
			m.onMessage(m.now, message)
			drain()
		}
		if ends != 1 {
			b.Fatalf("%d queries ended", ends)
		}
	}
}
