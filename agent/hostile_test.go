package agent

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
	"serf/swim"
	"serf/transport"
	"serf/transport/envelope"
	"serf/transport/memnet"
)

func TestJoinOfUnreachableAddressSaysWhich(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Resolver = names{} })
		_, err := a.Join(t.Context(), []string{"10.0.0.9:1", "nope.example"}, false)
		var failed *JoinError
		if !errors.As(err, &failed) || len(failed.Failures) != 2 {
			t.Fatalf("Join: %v", err)
		}
		for _, part := range []string{
			"2 errors occurred:\n",
			"\t* failed to resolve nope.example: lookup nope.example: no such host\n",
			"\t* failed to join 10.0.0.9:1: dial tcp 10.0.0.9:1: connect: connection refused\n\n",
		} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in %q", part, err)
			}
		}
		w.wantLine(a, "[WARN] agent: error joining: 2 errors occurred:")
		b := w.start(2)
		n, err := b.Join(t.Context(), []string{"10.0.0.9:1", addr(1).String()}, false)
		if n != 1 || err != nil {
			t.Errorf("one of two answers: %d, %v", n, err)
		}
		w.wantLine(b, "[WARN] agent: failed to join 10.0.0.9:1: dial tcp")
		w.works(a, 3)
	})
}

func TestKeyMismatchAtJoinIsOneClearError(t *testing.T) {
	key := func(b byte) func(c *Config) {
		return func(c *Config) {
			if b != 0 {
				c.Keyring = ring(t, b)
			}
		}
	}
	for _, tt := range []struct {
		name           string
		member, joiner byte
		want, line     string
	}{
		{"two keys", 'a', 'b', "no installed keys could decrypt the message", "no installed keys could decrypt the message"},
		{"plain joiner", 'a', 0, "remote state is encrypted and encryption is not configured", "encryption is configured but remote state is not encrypted"},
		{"plain member", 0, 'b', "encryption is configured but remote state is not encrypted", "remote state is encrypted and encryption is not configured"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in(t, func(t *testing.T, w *world) {
				member, joiner := w.start(1, key(tt.member)), w.start(2, key(tt.joiner))
				_, err := joiner.Join(t.Context(), []string{addr(1).String()}, false)
				if err == nil || !strings.HasPrefix(err.Error(), "1 error occurred:\n\t* failed to join 10.0.0.1:7946: ") || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("Join: %v, want %q", err, tt.want)
				}
				w.wantLine(member, tt.line)
				for range 20 {
					_, _ = joiner.Join(t.Context(), []string{addr(1).String()}, false)
				}
				w.wantLine(member, tt.line)
				w.works(member, 3)
			})
		})
	}
}

func TestPacketsUnderAnotherKeyAreCountedAndHinted(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Keyring = ring(t, 'a') })
		evil := w.endpoint(9)
		sealer := newSealer(envelope.Config{})
		sealed, err := sealer.SealPacket(nil, ring(t, 'b'), []byte{8, 1, 2}, []uint16{3}, false)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			w.packet(evil, 1, sealed)
		}
		w.pass(time.Second)
		w.wantLine(a, "[ERR] memberlist: Decrypt packet failed: no installed keys could decrypt the message from=10.0.0.9:7946 (key mismatch?)")
		if got := a.Stats()["trouble"]["packets_wrong_key"]; got != "1000" {
			t.Errorf("packets_wrong_key = %q, want 1000", got)
		}
		w.pass(limitPause)
		w.packet(evil, 1, sealed)
		w.pass(time.Second)
		w.wantLine(a, "(999 similar lines suppressed)")
		w.works(a, 2)
	})
}

// limitPause is longer than the log holds back lines of one kind.
const limitPause = 11 * time.Second

func TestGarbagePacketsAreBoundedInTheLog(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		good := capture(w)
		evil := w.endpoint(9)
		rng := rand.New(rand.NewPCG(7, 7))
		for _, p := range hostilePackets(rng, good) {
			w.packet(evil, 1, p)
			w.pass(time.Millisecond)
		}
		w.pass(time.Minute)
		noise := 0
		for _, l := range lines(agents[0].log) {
			if strings.Contains(l, "10.0.0.9") {
				noise++
			}
		}
		if noise == 0 || noise > 60 {
			t.Errorf("%d lines about 3000 bad packets, want some and at most one per kind and 10 s", noise)
		}
		if got := status(agents[0], "n2"); got != eventbus.StatusAlive {
			t.Errorf("n2 is %v", got)
		}
		w.works(agents[0], 3)
	})
}

// capture returns packets as members send them.
func capture(w *world) [][]byte {
	sealer := newSealer(envelope.Config{Compression: true})
	alive := func(i int) []byte {
		return swim.AppendAlive(nil, &swim.AliveMessage{
			Incarnation: 1, Node: []byte(name(i)), Addr: addr(i), Meta: bytes.Repeat([]byte("meta"), 50),
			Versions: []byte{1, 5, 2, 2, 5, 5},
		})
	}
	one := alive(20)
	two := alive(21)
	var packets [][]byte
	for _, checksum := range []bool{false, true} {
		for _, n := range []int{1, 2} {
			body, sizes := bytes.Clone(one), []uint16{uint16(len(one))}
			if n == 2 {
				body, sizes = append(body, two...), append(sizes, uint16(len(two)))
			}
			p, err := sealer.SealPacket(nil, nil, body, sizes, checksum)
			if err != nil {
				w.t.Fatal(err)
			}
			packets = append(packets, p)
		}
	}
	return packets
}

// hostilePackets returns truncated, mutated and random packets.
func hostilePackets(rng *rand.Rand, good [][]byte) [][]byte {
	var all [][]byte
	for len(all) < 1000 {
		p := good[rng.IntN(len(good))]
		all = append(all, p[:rng.IntN(len(p))+1])
	}
	for len(all) < 2000 {
		p := bytes.Clone(good[rng.IntN(len(good))])
		for range 1 + rng.IntN(4) {
			p[rng.IntN(len(p))] = byte(rng.Uint32())
		}
		all = append(all, p)
	}
	for len(all) < 3000 {
		p := make([]byte, 1+rng.IntN(1400))
		for i := range p {
			p[i] = byte(rng.Uint32())
		}
		all = append(all, p)
	}
	return all
}

func TestGarbageStreamsEndWithOneLine(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		evil := w.endpoint(9)
		for _, request := range [][]byte{
			{6}, {6, 0xc1}, {6, 0x83}, {77}, {0xf4, 3, 'x'}, {0xf4, 0}, {10, 0xff, 0xff, 0xff, 0xff}, {9, 0x82, 0xc1}, {8, 0x81},
			{0}, {0, 0xc1}, {13}, {5, 0x80}, bytes.Repeat([]byte{0x93}, 5000), []byte("GET / HTTP/1.1\r\n\r\n"), {},
		} {
			c := w.dial(evil, 1)
			if _, err := c.Write(request); err != nil && len(request) > 0 {
				t.Fatal(err)
			}
			_ = c.(interface{ CloseWrite() error }).CloseWrite()
			answer, err := io.ReadAll(c)
			if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Logf("%x: %v", request[:min(8, len(request))], err)
			}
			if len(answer) > 0 && answer[0] != byte(swim.TypeError) {
				t.Errorf("%x was answered with %x", request[:min(8, len(request))], answer)
			}
			_ = c.Close()
		}
		if got := count(a.log, "10.0.0.9"); got == 0 {
			t.Error("no line tells of the garbage")
		}
		if got := count(a.log, "[ERR] memberlist: failed to receive:"); got != 1 {
			t.Errorf("%d lines tell of bad streams, want 1", got)
		}
		w.works(a, 2)
	})
}

func TestHugeDeclaredStateCostsNothing(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		evil := w.endpoint(9)
		for _, nodes := range []uint32{1 << 31, 1<<31 - 1, 1 << 20} {
			request := []byte{6, 0x83}
			request = append(request, "\xa4Join\xc3\xa5Nodes\xce"...)
			request = binary.BigEndian.AppendUint32(request, nodes)
			request = append(request, "\xacUserStateLen\x00"...)
			before := heap()
			conns := make([]net.Conn, 20)
			for i := range conns {
				conns[i] = w.dial(evil, 1)
				if _, err := conns[i].Write(request); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(time.Second)
			if grown := int64(heap()) - int64(before); grown > 8<<20 {
				t.Errorf("%d nodes declared in 20 streams: %d bytes held", nodes, grown)
			}
			for _, c := range conns {
				_ = c.Close()
			}
		}
		w.pass(time.Second)
		w.wantLine(a, "[ERR] memberlist: failed to receive:")
		w.works(a, 2)
	})
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bomb returns a compress message of n inflated zero bytes.
func bomb(t *testing.T, n int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := lzw.NewWriter(&packed, lzw.LSB, 8)
	if _, err := w.Write(make([]byte, n)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	message := append([]byte{9, 0x82}, "\xa4Algo\x00\xa3Buf\xdb"...)
	message = binary.BigEndian.AppendUint32(message, uint32(packed.Len()))
	return append(message, packed.Bytes()...)
}

func TestCompressionBombsAreBounded(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		evil := w.endpoint(9)
		packet := bomb(t, 1<<20)
		if len(packet) > 65507 {
			t.Fatalf("the bomb of %d bytes does not fit a datagram", len(packet))
		}
		before := heap()
		for range 100 {
			w.packet(evil, 1, packet)
		}
		w.pass(time.Second)
		w.wantLine(a, "[WARN] memberlist: dropped a packet:")
		stream := bomb(t, 60<<20)
		for range 10 {
			c := w.dial(evil, 1)
			go func() {
				_, _ = c.Write(stream)
				_, _ = io.Copy(io.Discard, c)
			}()
		}
		w.pass(5 * time.Second)
		if grown := int64(heap()) - int64(before); grown > 16<<20 {
			t.Errorf("%d bytes held after 110 bombs", grown)
		}
		w.wantLine(a, "[ERR] memberlist: failed to receive:")
		w.works(a, 2)
	})
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		evil := w.endpoint(9)
		before := heap()
		var conns []net.Conn
		for range 500 {
			conns = append(conns, w.dial(evil, 1))
			w.pass(time.Millisecond)
		}
		if grown := int64(heap()) - int64(before); grown > 500*(64<<10) {
			t.Errorf("500 idle streams hold %d bytes", grown)
		}
		w.works(a, 2) // while they idle
		w.pass(a.timeout)
		if got := a.transport.Stats().StreamsOpen; got != 0 {
			t.Errorf("%d streams are still open after %v", got, a.timeout)
		}
		for _, c := range conns {
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Fatal("an idle stream got data")
			}
		}
		w.wantLine(a, "[WARN] memberlist: closed a stream that sent no complete message in 10s from=10.0.0.9:")
	})
}

func TestPushPullsAtOnceAreBounded(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		a.streams.pushPulls.Store(pushPullsMax)
		b := w.start(2)
		if _, err := b.Join(t.Context(), []string{addr(1).String()}, false); err == nil {
			t.Error("one push/pull too many was answered")
		}
		if got := a.Stats()["trouble"]["push_pulls_refused"]; got != "1" {
			t.Errorf("push_pulls_refused = %q, want 1", got)
		}
		w.wantLine(a, "[ERR] memberlist: too many pending push/pull requests")
		a.streams.pushPulls.Store(0)
		w.works(a, 3)
	})
}

func TestBytesOfAllStreamsAreBounded(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		a.streams.received.Store(streamBytesMax)
		b := w.start(2)
		if _, err := b.Join(t.Context(), []string{addr(1).String()}, false); err == nil {
			t.Error("a stream beyond the budget was answered")
		}
		w.wantLine(a, "bytes received on open streams")
		if got := a.streams.received.Load(); got != streamBytesMax {
			t.Errorf("the budget is off by %d", got-streamBytesMax)
		}
		a.streams.received.Store(0)
		w.works(a, 3)
	})
}

func TestPacketFloodIsDroppedNotQueued(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		for a.in.put(addr(9), time.Now(), []byte{77}) {
		}
		a.openPacket(envelope.NewOpener(a.envelope), &transport.Packet{From: addr(9), At: time.Now(), Data: []byte{8, 1, 2}})
		if got := a.Stats()["trouble"]["packets_dropped"]; got != "1" {
			t.Errorf("packets_dropped = %q, want 1", got)
		}
		a.in.announce()
		w.pass(time.Second)
		w.wantLine(a, "[WARN] memberlist: handler queue full, dropping messages from=10.0.0.9:7946")
		w.works(a, 2)
	})
}

// mute is an endpoint whose packets cannot leave the host while failing is set. It holds its writer up once for the time
// in stall.
type mute struct {
	*memnet.Endpoint
	failing atomic.Bool
	stall   atomic.Int64
}

func (m *mute) WriteBatch(out []transport.Outgoing) (int, error) {
	if d := m.stall.Swap(0); d > 0 {
		<-time.After(time.Duration(d))
	}
	if !m.failing.Load() {
		return m.Endpoint.WriteBatch(out)
	}
	for i := range out {
		out[i].Err = syscall.ENETUNREACH
	}
	return len(out), syscall.ENETUNREACH
}

func TestUnsentProbesCountAsFailed(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		d := &mute{Endpoint: w.endpoint(1)}
		a := w.start(1, func(c *Config) { c.Transport = d })
		b := w.start(2)
		w.join(b, addr(1).String())
		w.pass(5 * time.Second)
		d.failing.Store(true)
		w.pass(5 * time.Second)
		if got := a.Stats()["trouble"]["packets_unsent"]; got == "" {
			t.Error("no unsent packet was counted")
		}
		w.wantLine(a, "[ERR] memberlist: failed to send a packet: ")
		d.failing.Store(false)
		w.pass(time.Minute)
		if got := status(a, "n2"); got != eventbus.StatusAlive {
			t.Errorf("n2 is %v after the fault", got)
		}
	})
}

func TestMemberThatStoodStillBlamesNobody(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		m := &mute{Endpoint: w.endpoint(1)}
		a := w.start(1, func(c *Config) { c.Transport = m })
		for i := 2; i <= 5; i++ {
			w.join(w.start(i), addr(1).String())
		}
		w.pass(5 * time.Second)
		m.stall.Store(int64(12 * time.Second))
		w.pass(time.Minute)
		if n := count(a.log, "EventMemberFailed"); n != 0 {
			t.Errorf("%d members were called failed by the one that stood still, in\n%s", n, strings.Join(lines(a.log), "\n"))
		}
		for i := 2; i <= 5; i++ {
			if got := status(a, name(i)); got != eventbus.StatusAlive {
				t.Errorf("%s is %v", name(i), got)
			}
		}
	})
}

func TestWhatIsVeryLateIsPutOffOnce(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a, l, err := assemble(w.config(1).withDefaults(), w.endpoint(1))
		if err != nil {
			t.Fatal(err)
		}
		defer a.cancel()
		l.settle(time.Now()) // nobody runs the loop, so that the timer comes as late as the test wants
		w.pass(time.Minute)
		deadline := l.armed
		l.onTimer(time.Now())
		l.settle(time.Now())
		if want := time.Now().Add(lateWait); !l.armed.Equal(want) {
			t.Errorf("the timer is set to %v, want %v", l.armed, want)
		}
		w.wantLine(a, "[WARN] agent: this process did not run for ")
		w.pass(time.Minute)
		l.onTimer(time.Now())
		l.settle(time.Now())
		if at, _ := l.cluster.NextDeadline(); at.Equal(deadline) || !l.armed.Equal(at) {
			t.Errorf("the deadline of %v is now %v and the timer set to %v", deadline, at, l.armed)
		}
		l.timer.Stop()
	})
}

func TestPortInUseIsOneError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	bind := netip.MustParseAddrPort(taken.Addr().String())
	_, err = Start(Config{Cluster: clusterConfig("n1"), Bind: bind})
	var failed *ListenError
	want := "could not set up network transport: failed to obtain an address: failed to start TCP listener on \"127.0.0.1\" port " +
		taken.Addr().String()[len("127.0.0.1:"):] + ": listen tcp " + bind.String() + ": bind: address already in use"
	if !errors.As(err, &failed) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestRealSocketsOnLoopback(t *testing.T) {
	log := journal.New(journal.Options{})
	start := func(name string) *Agent {
		a, err := Start(Config{
			Cluster:  clusterConfig(name),
			Bind:     netip.MustParseAddrPort("127.0.0.1:0"),
			Envelope: envelope.Default(),
			Keyring:  ring(t, 'k'),
			Log:      log,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.Shutdown() })
		return a
	}
	a, b := start("n1"), start("n2")
	if n, err := b.Join(t.Context(), []string{"n1/localhost:" + strconv.Itoa(int(a.LocalAddr().Port()))}, false); n != 1 || err != nil {
		t.Fatalf("Join: %d, %v", n, err)
	}
	if got := len(b.Members()); got != 2 {
		t.Errorf("n2 knows %d members, want 2", got)
	}
	_, err := b.Join(t.Context(), []string{"127.0.0.1:1"}, false)
	if want := "1 error occurred:\n\t* failed to join 127.0.0.1:1: dial tcp 127.0.0.1:1: connect: connection refused\n\n"; err == nil || err.Error() != want {
		t.Errorf("got  %q\nwant %q", err, want)
	}
	if got := a.View().State; got != membership.LifeAlive {
		t.Errorf("n1 is %v", got)
	}
}
