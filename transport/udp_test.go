package transport

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// eachSocket runs f for both kinds of packet socket and both families.
func eachSocket(t *testing.T, f func(t *testing.T, open func(Config) *Net, bind netip.AddrPort)) {
	kinds := map[string]func(testing.TB, Config) *Net{"batched": listen, "single": listenSingle}
	for kind, open := range kinds {
		for family, bind := range loopbacks {
			t.Run(kind+"/"+family, func(t *testing.T) {
				f(t, func(cfg Config) *Net { return open(t, cfg) }, bind)
			})
		}
	}
}

func TestPacketsArriveWholeAndInOrder(t *testing.T) {
	eachSocket(t, func(t *testing.T, open func(Config) *Net, bind netip.AddrPort) {
		a, b := open(Config{Bind: bind}), open(Config{Bind: bind})
		var out []Outgoing
		for i := range 3*BatchLen + 5 {
			out = append(out, Outgoing{To: b.LocalAddr(), Data: fmt.Appendf(nil, "packet %d", i)})
		}
		if failed, err := a.WriteBatch(out); failed != 0 || err != nil {
			t.Fatalf("WriteBatch = %d, %v, want 0, nil", failed, err)
		}
		for i, p := range readN(t, b, len(out)) {
			if p.From != a.LocalAddr() {
				t.Errorf("packet %d: from %v, want %v", i, p.From, a.LocalAddr())
			}
			if got, want := string(p.Data), string(out[i].Data); got != want {
				t.Errorf("packet %d: got %q, want %q", i, got, want)
			}
			if p.At.IsZero() {
				t.Errorf("packet %d has no time", i)
			}
		}
	})
}

func TestPacketsOfAllSizesArriveWhole(t *testing.T) {
	eachSocket(t, func(t *testing.T, open func(Config) *Net, bind netip.AddrPort) {
		a, b := open(Config{Bind: bind}), open(Config{Bind: bind})
		rng := rand.New(rand.NewPCG(1, 2))
		sizes := []int{1, 1400, slotBytes - 1, slotBytes, slotBytes + 1, 9000, 3, PacketBytesMax, 40000, PacketBytesMax, 7}
		var out []Outgoing
		for _, size := range sizes {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(rng.Uint32())
			}
			out = append(out, Outgoing{To: b.LocalAddr(), Data: data})
		}
		for range 3 { // the buffers of the round before are used again
			for i := range out { // one by one, since together they might not fit into the socket's buffer
				if _, err := a.WriteBatch(out[i : i+1]); err != nil {
					t.Fatal(err)
				}
				got := readN(t, b, 1)
				if !bytes.Equal(got[0].Data, out[i].Data) {
					t.Fatalf("packet of %d bytes arrived as %d bytes, or damaged", len(out[i].Data), len(got[0].Data))
				}
			}
		}
		if got, want := b.Stats().PacketsLarge, uint64(3*5); got != want {
			t.Errorf("PacketsLarge = %d, want %d", got, want)
		}
	})
}

func TestLargePacketsShareABatch(t *testing.T) {
	a, b := listen(t, Config{}), listen(t, Config{})
	var out []Outgoing
	for i := range 8 {
		out = append(out, Outgoing{To: b.LocalAddr(), Data: bytes.Repeat([]byte{byte(i)}, 10000+i)})
	}
	batch := NewBatch(0)
	readAtOnce(t, a, b, out, batch)
	for i, p := range batch.Packets {
		if !bytes.Equal(p.Data, out[i].Data) {
			t.Errorf("packet %d is damaged", i)
		}
	}
}

func TestOneReadTakesWhatIsThere(t *testing.T) {
	a, b := listen(t, Config{}), listen(t, Config{})
	out := make([]Outgoing, 10)
	for i := range out {
		out[i] = Outgoing{To: b.LocalAddr(), Data: []byte{byte(i)}}
	}
	readAtOnce(t, a, b, out, NewBatch(len(out)))
	small := NewBatch(4)
	var before Stats
	var sizes []int
	for end := time.Now().Add(soon); !slices.Equal(sizes, []int{4, 4, 2}) && time.Now().Before(end); {
		before, sizes = b.Stats(), sizes[:0]
		if _, err := a.WriteBatch(out); err != nil {
			t.Fatal(err)
		}
		for sum := 0; sum < len(out); sum += sizes[len(sizes)-1] {
			if err := b.ReadBatch(small); err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, len(small.Packets))
			small.Packets = small.Packets[1:] // the holder may do so
		}
	}
	if !slices.Equal(sizes, []int{4, 4, 2}) {
		t.Errorf("reads gave %d packets, want 4, 4 and 2", sizes)
	}
	if s := b.Stats(); s.Reads-before.Reads != 3 || s.PacketsIn-before.PacketsIn != 10 || s.BytesIn-before.BytesIn != 10 {
		t.Errorf("Stats before %+v, after %+v, want 3 reads, 10 packets, 10 bytes more", before, s)
	}
	if s := a.Stats(); s.PacketsOut%10 != 0 || s.BytesOut != s.PacketsOut || s.PacketsUnsent != 0 {
		t.Errorf("Stats = %+v, want tens of packets of one byte out", s)
	}
}

// readAtOnce sends out from a to b until one read gives all of it. On a busy machine the system may deliver the last packets
// of a batch a little later than the first.
func readAtOnce(t *testing.T, a, b *Net, out []Outgoing, batch *Batch) {
	t.Helper()
	for end := time.Now().Add(soon); ; {
		if _, err := a.WriteBatch(out); err != nil {
			t.Fatal(err)
		}
		if err := b.ReadBatch(batch); err != nil {
			t.Fatal(err)
		}
		got := len(batch.Packets)
		if got == len(out) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("one read gave %d packets, want %d", got, len(out))
		}
		readN(t, b, len(out)-got)
	}
}

func TestEmptyDatagramsAreCountedNotDelivered(t *testing.T) {
	eachSocket(t, func(t *testing.T, open func(Config) *Net, bind netip.AddrPort) {
		n := open(Config{Bind: bind})
		conn, err := net.Dial("udp", n.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, data := range []string{"", "one", "", "", "two", ""} {
			if _, err := conn.Write([]byte(data)); err != nil {
				t.Fatal(err)
			}
		}
		got := readN(t, n, 2)
		if string(got[0].Data) != "one" || string(got[1].Data) != "two" {
			t.Errorf("got %q and %q, want one and two", got[0].Data, got[1].Data)
		}
		if got := n.Stats().PacketsEmpty; got < 3 {
			t.Errorf("PacketsEmpty = %d, want at least 3", got)
		}
	})
}

func TestEachUnsentPacketHasItsError(t *testing.T) {
	eachSocket(t, func(t *testing.T, open func(Config) *Net, bind netip.AddrPort) {
		a, b := open(Config{Bind: bind}), open(Config{Bind: bind})
		good := Outgoing{To: b.LocalAddr(), Data: []byte("x"), Err: net.ErrClosed}
		out := []Outgoing{
			good,
			{To: b.LocalAddr()},
			{Data: []byte("no address")},
			good,
			{To: b.LocalAddr(), Data: make([]byte, 1<<17)},
			good,
		}
		failed, err := a.WriteBatch(out)
		if failed != 3 || err == nil || err != out[1].Err {
			t.Fatalf("WriteBatch = %d, %v, want 3 and the error of packet 1 (%v)", failed, err, out[1].Err)
		}
		for i, wantErr := range []bool{false, true, true, false, true, false} {
			if got := out[i].Err != nil; got != wantErr {
				t.Errorf("packet %d: error %v, want one: %t", i, out[i].Err, wantErr)
			}
		}
		readN(t, b, 3)
		if s := a.Stats(); s.PacketsOut != 3 || s.PacketsUnsent != 3 {
			t.Errorf("Stats = %+v, want 3 out, 3 unsent", s)
		}
	})
}

func TestOtherFamilyIsRefusedNotSent(t *testing.T) {
	n := listen(t, Config{Bind: loopbacks["ipv4"]})
	failed, err := n.WriteBatch([]Outgoing{{To: netip.MustParseAddrPort("[::1]:9"), Data: []byte("x")}})
	if failed != 1 || err == nil {
		t.Errorf("WriteBatch = %d, %v, want 1 and an error", failed, err)
	}
}

func TestUnspecifiedSocketSpeaksBothFamilies(t *testing.T) {
	for _, bind := range []string{"0.0.0.0:0", "[::]:0"} {
		t.Run(bind, func(t *testing.T) {
			wide := listen(t, Config{Bind: netip.MustParseAddrPort(bind)})
			if got, want := wide.LocalAddr().Addr(), netip.MustParseAddrPort(bind).Addr(); got != want {
				t.Errorf("LocalAddr = %v, want %v", got, want)
			}
			for family, loopback := range loopbacks {
				peer := listen(t, Config{Bind: loopback})
				at := netip.AddrPortFrom(loopback.Addr(), wide.LocalAddr().Port())
				exchange(t, family, peer, wide, at)
			}
		})
	}
}

// exchange sends a packet from peer to wide, which is reached at the address at, and one back to the source it saw.
func exchange(t *testing.T, family string, peer, wide *Net, at netip.AddrPort) {
	t.Helper()
	if _, err := peer.WriteBatch([]Outgoing{{To: at, Data: []byte("there")}}); err != nil {
		t.Fatalf("%s: %v", family, err)
	}
	from := readN(t, wide, 1)[0].From
	if from != peer.LocalAddr() {
		t.Errorf("%s: source %v, want %v", family, from, peer.LocalAddr())
	}
	mapped := netip.AddrPortFrom(netip.AddrFrom16(from.Addr().As16()), from.Port())
	if _, err := wide.WriteBatch([]Outgoing{{To: from, Data: []byte("back")}, {To: mapped, Data: []byte("again")}}); err != nil {
		t.Fatalf("%s: %v", family, err)
	}
	for _, p := range readN(t, peer, 2) {
		if p.From != at {
			t.Errorf("%s: reply from %v, want %v", family, p.From, at)
		}
	}
}

func TestBatchesPassToAnotherGoroutine(t *testing.T) {
	a, b := listen(t, Config{}), listen(t, Config{})
	free, full := make(chan *Batch, 2), make(chan *Batch, 2)
	free <- NewBatch(4)
	free <- NewBatch(4)
	go func() {
		defer close(full)
		for batch := range free {
			if b.ReadBatch(batch) != nil {
				return
			}
			full <- batch
		}
	}()
	const count = 300
	go func() {
		for i := range count {
			a.WriteBatch([]Outgoing{{To: b.LocalAddr(), Data: []byte{byte(i), byte(i >> 8)}}})
		}
	}()
	next := 0
	for batch := range full {
		for _, p := range batch.Packets {
			if got := int(p.Data[0]) | int(p.Data[1])<<8; got != next {
				t.Fatalf("got packet %d, want %d", got, next)
			}
			next++
		}
		free <- batch
		if next == count {
			break
		}
	}
	b.Close()
	close(free)
	for range full {
	}
}
