//go:build interop

package interop

import (
	"bytes"
	"compress/lzw"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"serf/swim"
	"serf/transport/envelope"
)

// packets sends mutated packets at a steady rate: without a key, or sealed with it so that what is inside is garbage.
func (o *overload) packets(t *testing.T, key []byte) {
	nc, err := net.Dial("udp", o.agent.bind)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	sealer, ring := o.sealer(t, rng), keyring(t, key)
	alive := swim.AppendAlive(nil, &swim.AliveMessage{
		Incarnation: 1, Node: []byte("nobody"), Addr: netip.MustParseAddrPort("127.0.0.9:7"), Meta: bytes.Repeat([]byte("meta"), 50),
		Versions: []byte{1, 5, 2, 2, 5, 5},
	})
	tick := time.NewTicker(time.Second / 100)
	defer tick.Stop()
	for sent := 0; sent < overloadPackets; {
		<-tick.C
		for range overloadRate / 100 {
			inner := bytes.Clone(alive)
			if key != nil {
				mutate(rng, inner)
			}
			p, err := sealer.SealPacket(nil, ring, inner, []uint16{uint16(len(inner))}, rng.IntN(2) == 0)
			if err != nil {
				t.Fatal(err)
			}
			if key == nil {
				mutate(rng, p)
				p = p[:1+rng.IntN(len(p))]
			}
			_, _ = nc.Write(p)
			sent++
		}
	}
}

// mutate changes some bytes, the type among them: what stays intact would be news.
func mutate(rng *rand.Rand, b []byte) {
	for range 1 + rng.IntN(4) {
		b[rng.IntN(len(b))] = byte(rng.Uint32())
	}
	b[min(len(b)-1, 1+rng.IntN(3))] ^= 0x55
}

// bombs sends small streams that inflate to a lot, all at once: to more than a message may have, and to a state and a user
// message as large as can be.
func (o *overload) bombs(t *testing.T) {
	sealer, ring := o.sealer(t, rand.New(rand.NewPCG(3, 4))), keyring(t, o.key)
	for _, b := range []struct {
		head  string
		bytes int
	}{
		{"", 50 << 20},
		{"\x06\x83\xa5Nodes\x00\xacUserStateLen\xce\x01\x3f\xf0\x00\xa4Join\xc2", 20 << 20},
		{"\x08\x81\xaaUserMsgLen\xce\x01\x3f\xf0\x00", 20 << 20},
	} {
		bomb := compressed(t, b.head, b.bytes)
		var all sync.WaitGroup
		for range bombs {
			stream, err := sealer.SealStream(nil, ring, bomb, true) // each sealed anew: no replay
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() { o.say(t, func(nc net.Conn) { _, _ = nc.Write(stream) }) })
		}
		all.Wait()
	}
}

// endless sends streams that never end: they declare too much, or all that is allowed and go on with what could be right.
func (o *overload) endless(t *testing.T) {
	const header = "\x83\xa5Nodes\xce\x00\x0f\xff\xff\xacUserStateLen\x00\xa4Join\xc2"
	heads := []string{
		"\x08\x81\xaaUserMsgLen\xce\x7f\xff\xff\xff", // a user message of 2 GiB
		"\x08\x81\xaaUserMsgLen\xce\x01\x3f\xf0\x00", // one of 20 MiB
		"\x06" + header,        // a million members
		"\x0a\xff\xff\xff\xff", // an encrypted frame of 4 GiB
		"\x0a\x01\x3f\xff\xff", // one of 20 MiB
		"\x09\x82\xa4Algo\x00\xa3Buf\xdb\x7f\xff\xff\xff",
		"\x09\x82\xa4Algo\x00\xa3Buf\xdb\x01\x3f\x00\x00",
	}
	junk := bytes.Repeat([]byte{0x80}, 64<<10) // empty maps
	var all sync.WaitGroup
	for _, head := range heads {
		for range 8 {
			all.Go(func() {
				o.say(t, func(nc net.Conn) {
					_, err := nc.Write([]byte(head))
					for err == nil {
						_, err = nc.Write(junk)
					}
				})
			})
		}
	}
	all.Wait()
}

// say opens a stream, lets write say something, and waits until the agent has closed it.
func (o *overload) say(t *testing.T, write func(net.Conn)) {
	nc, err := net.Dial("tcp", o.agent.bind)
	if err != nil {
		t.Error(err)
		return
	}
	defer nc.Close()
	if err := nc.SetDeadline(time.Now().Add(convergeWithin)); err != nil {
		t.Error(err)
	}
	write(nc)
	if _, err := io.Copy(io.Discard, nc); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Errorf("the agent kept a stream open for %v", convergeWithin)
		}
	}
}

func (o *overload) sealer(t *testing.T, rng *rand.Rand) *envelope.Sealer {
	t.Helper()
	var start [envelope.NonceSeedBytes]byte
	for i := range start {
		start[i] = byte(rng.Uint32())
	}
	return envelope.NewSealer(envelope.Config{}, envelope.NewNonceCounter(start))
}

func keyring(t *testing.T, key []byte) *envelope.Keyring {
	t.Helper()
	if key == nil {
		return nil
	}
	ring, err := envelope.NewKeyring(nil, key)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// compressed returns a compress message of head and zero bytes, n in all.
func compressed(t *testing.T, head string, n int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := lzw.NewWriter(&packed, lzw.LSB, 8)
	text := make([]byte, n)
	copy(text, head)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	message := append([]byte{9, 0x82}, "\xa4Algo\x00\xa3Buf\xdb"...)
	message = binary.BigEndian.AppendUint32(message, uint32(packed.Len()))
	return append(message, packed.Bytes()...)
}
