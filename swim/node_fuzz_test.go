package swim

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// fuzzNode returns a small node in the middle of its work, with tight limits.
func fuzzNode(t testing.TB) *Node {
	cfg := testConfig("m0", 1)
	cfg.MembersMax, cfg.ServedMax, cfg.BroadcastsMax, cfg.ExchangesMax = 16, 4, 32, 4
	n := bigNodeOf(t, cfg, 6)
	now := epoch.Add(3 * time.Second)
	n.HandleDeadline(now)
	n.Join(now, bigAddr(3), "")
	drainAll(n)
	return n
}

func drainAll(n *Node) (effects int) {
	for _, ok := n.NextEffect(); ok; _, ok = n.NextEffect() {
		effects++
	}
	return effects
}

// checkBounds fails when a limit of fuzzNode is exceeded.
func checkBounds(t *testing.T, n *Node) {
	t.Helper()
	s := n.Stats()
	if n.Len() > 16 || s.Serving > 4 || s.Queued > 32 || s.Open > 4 || s.Suspicions > 16 || len(n.aliases) > 16 || n.dir.Len() > 16+len(n.retired) {
		t.Fatalf("got %d members, %d names, %+v, beyond the limits", n.Len(), n.dir.Len(), s)
	}
	n.check()
}

func FuzzHandlePacket(f *testing.F) {
	addVectors(f, TypePing, TypeIndirectPing, TypeAck, TypeNack, TypeSuspect, TypeAlive, TypeDead, TypeUser)
	f.Add(aliveOf(9, "m9", 1))
	f.Add(suspectOf("m1", 1, "m2"))
	f.Add(deadOf("m0", 5, "m0"))
	f.Add(AppendIndirectPing(nil, &IndirectPing{Sequence: 1, Target: bigAddr(2), Node: []byte("m2"), WantNack: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := fuzzNode(t)
		now := epoch.Add(3 * time.Second)
		for range 3 {
			n.HandlePacket(now, stranger, b)
			if effects := drainAll(n); effects > 8 {
				t.Fatalf("one message causes %d effects", effects)
			}
		}
		n.HandleStream(now, Accepted(7), stranger, b)
		n.HandleReply(now, 2, b)
		checkBounds(t, n)
		n.HandleDeadline(now.Add(time.Minute))
		drainAll(n)
		checkBounds(t, n)
	})
}

func FuzzHandleState(f *testing.F) {
	addVectors(f, TypePushPull)
	f.Add(AppendState(nil, clusterState(20)))
	poisoned := clusterState(5)
	poisoned.Members[1].Status, poisoned.Members[2].Status, poisoned.Members[3].Status = Dead, Left, 9
	poisoned.Members[4].Info.Versions = Versions{}
	f.Add(AppendState(nil, poisoned))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeState(b)
		if err != nil {
			return
		}
		n := fuzzNode(t)
		now := epoch.Add(3 * time.Second)
		n.HandleState(now, Accepted(1), s)
		if effects := drainAll(n); effects > 2*len(s.Members)+8 {
			t.Fatalf("a state of %d members causes %d effects", len(s.Members), effects)
		}
		n.HandleState(now, 2, s)
		drainAll(n)
		checkBounds(t, n)
		n.HandleDeadline(now.Add(time.Hour))
		checkBounds(t, n)
	})
}

// FuzzInputs drives a node with a random sequence of inputs in a random order of times.
func FuzzInputs(f *testing.F) {
	f.Add(uint64(1), uint16(200))
	f.Add(uint64(2), uint16(299))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint16) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := fuzzNode(t)
		now := epoch
		for range steps % 300 {
			now = now.Add(time.Duration(rng.Int64N(int64(time.Second))))
			randomInput(n, rng, now)
			drainAll(n)
		}
		checkBounds(t, n)
	})
}

func randomInput(n *Node, rng *rand.Rand, now time.Time) {
	i := rng.IntN(20)
	name := "m" + string(rune('0'+i%10))
	inc := rng.Uint32N(8)
	switch rng.IntN(14) {
	case 0:
		n.HandlePacket(now, bigAddr(i), aliveOf(i, name, inc))
	case 1:
		n.HandlePacket(now, bigAddr(i), suspectOf(name, inc, "m1"))
	case 2:
		n.HandlePacket(now, bigAddr(i), deadOf(name, inc, "m"+string(rune('0'+rng.IntN(10)))))
	case 3:
		n.HandlePacket(now, bigAddr(i), AppendAck(nil, &Ack{Sequence: n.probe.sequence}))
	case 4:
		n.HandlePacket(now, bigAddr(i), AppendNack(nil, &Nack{Sequence: n.probe.sequence}))
	case 5:
		n.HandlePacket(now, bigAddr(i), AppendIndirectPing(nil, &IndirectPing{Sequence: inc, Target: bigAddr(i), Node: []byte(name),
			WantNack: i%2 == 0}))
	case 6:
		n.HandleUnsent(now, n.probe.sequence)
	case 7:
		n.HandleState(now, Exchange(rng.Uint64N(40)), clusterState(i+1))
	case 8:
		n.HandleReply(now, Exchange(rng.Uint64N(40)), AppendAck(nil, &Ack{Sequence: n.probe.sequence}))
	case 9:
		n.HandleFailure(now, Exchange(rng.Uint64N(40)), errors.New("broken"))
	case 10:
		n.SetMeta(now, make([]byte, i))
	case 11:
		n.Ping(now, name, bigAddr(i))
	default:
		n.HandleDeadline(now)
	}
}
