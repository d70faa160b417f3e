package agent

import (
	"testing"
	"time"

	"serf/swim"
	"serf/transport"
	"serf/transport/envelope"
	"serf/transport/memnet"
)

// sink is an endpoint that forgets what it is to send.
type sink struct {
	*memnet.Endpoint
	sent int
}

func (s *sink) WriteBatch(out []transport.Outgoing) (int, error) {
	s.sent += len(out)
	return 0, nil
}

// answering returns a function that takes one encrypted ping through reader and loop to the sealed ack, and the sink that it ends in.
func answering(tb testing.TB) (answer func(), end *sink) {
	tb.Helper()
	e, err := memnet.New(memnet.Config{}).Listen(addr(1))
	if err != nil {
		tb.Fatal(err)
	}
	end = &sink{Endpoint: e}
	cfg := Config{Cluster: clusterConfig("n1"), Envelope: envelope.Default(), Keyring: ring(tb, 'k')}
	a, l, err := assemble(cfg.withDefaults(), end)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		a.cancel()
		l.timer.Stop()
		_ = e.Close()
	})
	ping := swim.AppendPing(nil, &swim.Ping{Sequence: 1, Node: []byte("n1")})
	sealed, err := newSealer(cfg.Envelope).SealPacket(nil, cfg.Keyring, ping, []uint16{uint16(len(ping))}, false)
	if err != nil {
		tb.Fatal(err)
	}
	opener := envelope.NewOpener(cfg.Envelope)
	packet := transport.Packet{From: addr(2), Data: sealed}
	now := time.Now()
	return func() {
		now = now.Add(time.Microsecond)
		packet.At = now
		a.openPacket(opener, &packet)
		l.onMail()
		l.settle(now)
	}, end
}

func TestAnsweringAPingAllocatesLittle(t *testing.T) {
	answer, end := answering(t)
	answer()
	before := end.sent
	if got := testing.AllocsPerRun(1000, answer); got > pingAllocsMax {
		t.Errorf("%v allocations per ping, want at most %d", got, pingAllocsMax)
	}
	if end.sent-before < 1000 {
		t.Errorf("%d acks were sent for 1000 pings", end.sent-before)
	}
}

func BenchmarkPingToAck(b *testing.B) {
	answer, _ := answering(b)
	b.ReportAllocs()
	for b.Loop() {
		answer()
	}
}
