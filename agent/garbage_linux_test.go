package agent

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"serf/swim"
	"serf/transport"
	"serf/transport/envelope"
	"serf/transport/memnet"
)

// threadTime returns how long this thread has run.
func threadTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Mutated packets, without encryption and under a key that is not known here, take little time from the reader and the loop.
func TestGarbagePacketsCostLittleTime(t *testing.T) {
	for name, key := range map[string]byte{"plain": 0, "encrypted": 'k'} {
		t.Run(name, func(t *testing.T) {
			e, err := memnet.New(memnet.Config{}).Listen(addr(1))
			if err != nil {
				t.Fatal(err)
			}
			cfg := Config{Cluster: clusterConfig("n1"), Envelope: envelope.Default()}
			if key != 0 {
				cfg.Keyring = ring(t, key)
			}
			a, l, err := assemble(cfg.withDefaults(), &sink{Endpoint: e})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				a.cancel()
				l.timer.Stop()
				_ = e.Close()
			})
			var body []byte
			var sizes []uint16
			for len(body) < 1200 {
				start := len(body)
				body = swim.AppendAlive(body, &swim.AliveMessage{Incarnation: 1, Node: []byte("x"), Versions: []byte{1, 5, 2, 2, 5, 4}, Addr: addr(7)})
				sizes = append(sizes, uint16(len(body)-start))
			}
			good, err := newSealer(envelope.Config{}).SealPacket(nil, a.Keyring(), body, sizes, false)
			if err != nil {
				t.Fatal(err)
			}
			const packets = 5000
			noise, opener := rand.New(rand.NewPCG(3, 4)), envelope.NewOpener(a.envelope)
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			before, bad := threadTime(t), make([]byte, len(good))
			for range packets {
				copy(bad, good)
				for range 1 + noise.IntN(8) {
					bad[noise.IntN(len(bad))] ^= byte(1 + noise.IntN(255))
				}
				a.openPacket(opener, &transport.Packet{From: addr(9), At: time.Now(), Data: bad})
				l.onMail()
			}
			each := (threadTime(t) - before) / packets
			t.Logf("%v of processor time for each packet", each)
			if each > garbageCostMax {
				t.Errorf("a packet of %d bytes that is changed takes %v, want %v at most", len(good), each, garbageCostMax)
			}
		})
	}
}
