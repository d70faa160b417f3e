package agent

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"serf/swim"
	"serf/transport/memnet"
)

// frame is the beginning of an encrypted frame that is to be size bytes long, and some of its bytes, which no key opens.
func frame(size uint32, sent int) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{10}, size), bytes.Repeat([]byte{1}, sent)...)
}

// push opens streams from evil to the first member and writes b on each.
func (w *world) push(evil *memnet.Endpoint, streams int, b []byte) {
	w.t.Helper()
	for range streams {
		c := w.dial(evil, 1)
		w.t.Cleanup(func() { _ = c.Close() })
		go func() { _, _ = c.Write(b) }()
		w.pass(time.Millisecond)
	}
}

// frameHeader is the type byte and the length of a frame.
const frameHeader = 5

func TestStreamsOfOutsidersHold64KiBEach(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring = ring(t, 'k') })
		const streams, large, perStream = 100, 1 << 20, 64 << 10
		w.push(w.endpoint(9), streams, frame(large+1, large))
		w.pass(time.Second)
		held := a.streams.received.Load()
		if limit := int64(large + frameHeader + (streams-1)*perStream); held > limit || held < large {
			t.Errorf("%d streams of an outsider hold %d bytes, want %d at most: one of them may have more than %d", streams, held, limit, perStream)
		}
		w.works(a, 2) // a newcomer brings little
		w.pass(3 * a.timeout)
		if got := a.transport.Stats().StreamsOpen; got > 1 {
			t.Errorf("%d streams are still open after %v", got, 3*a.timeout)
		}
		if a.Stats()["trouble"]["streams_of_guests_refused"] == "" {
			t.Error("streams that were refused are not counted")
		}
		if n := count(a.log, "closed a stream: too much from addresses of no member"); n == 0 || n > 3 {
			t.Errorf("%d lines about streams that were closed, want one in 10 s", n)
		}
		w.until("all is given back", time.Minute, func() bool { return a.streams.received.Load() == 0 && a.streams.guestBytes.Load() == 0 })
	})
}

func TestOutsidersLeaveHalfOfTheRoomToMembers(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		key := func(c *Config) { c.Keyring = ring(t, 'k') }
		a := w.start(1, key)
		for i := range 4 {
			w.push(w.endpoint(20+i), 100, frame(guestFrameBytesMax, guestFrameBytesMax-1))
		}
		if held := a.streams.received.Load(); held > guestBytesMax+100*readBytes {
			t.Errorf("outsiders hold %d bytes, want %d at most", held, guestBytesMax)
		}
		w.push(w.endpoint(30), 1, frame(guestBytesMax+1, 100))
		if a.Stats()["trouble"]["streams_of_guests_refused"] == "" {
			t.Error("streams that were refused are not counted")
		}
		w.pass(2 * a.timeout)
		w.works(a, 2)
	})
}

// A cluster that joins another one as a whole brings a large state from an address that the other does not know.
func TestLargeStateOfAnotherClusterIsTaken(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		key := func(c *Config) { c.Keyring = ring(t, 'k') }
		a, b := w.start(1, key), w.start(2, key)
		const others = 900
		noise := rand.NewChaCha8([32]byte{1}) // is not compressed
		for i := range others {
			meta := make([]byte, 100)
			_, _ = noise.Read(meta)
			m := swim.AppendAlive(nil, &swim.AliveMessage{Incarnation: 1, Node: fmt.Appendf(nil, "other-%03d", i), Meta: meta,
				Versions: []byte{1, 5, 2, 2, 5, 4}, Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 7946)})
			if !b.in.put(addr(7), time.Now(), m) {
				t.Fatal("the inbox is full")
			}
			b.in.announce()
			w.pass(time.Millisecond)
		}
		w.join(b, addr(1).String())
		w.pass(time.Second)
		if n := len(a.Members()); n < others {
			t.Errorf("the member that was joined knows %d members, want %d", n, others+2)
		}
		if a.streams.guestBytes.Load() != 0 || len(a.streams.guestLarge) != 0 {
			t.Error("the account of a stream that is over is still open")
		}
		if got := a.Stats()["trouble"]["streams_of_guests_refused"]; got != "" {
			t.Errorf("streams_of_guests_refused = %s, want none", got)
		}
	})
}
