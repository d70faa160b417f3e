package envelope

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// split cuts body into n messages of about one length, each beginning with the type of an alive message.
func split(body []byte, n int) (sizes []uint16) {
	for i := range n {
		from, to := len(body)*i/n, len(body)*(i+1)/n
		body[from] = 4
		sizes = append(sizes, uint16(to-from))
	}
	return sizes
}

// configs are all ways to wrap a packet.
func configs() (all []Config) {
	for i := range 24 {
		c := Config{Compression: i&1 != 0, Version0: i/8 == 1, CompressBytesMin: 1}
		if i/8 == 2 {
			c.Cipher = XChaCha20
		}
		if i&2 != 0 {
			c.Label = "blue"
			c.SkipInboundLabelCheck = i&4 != 0
		}
		all = append(all, c)
	}
	return all
}

func TestPacketRoundTrip(t *testing.T) {
	for i, cfg := range configs() {
		for _, ring := range []*Keyring{nil, mustRing(t, key16), mustRing(t, key32, key24)} {
			for _, n := range []int{1, 2, 20, 255} {
				for _, checksum := range []bool{false, true} {
					name := fmt.Sprintf("config %d, %d keys, %d messages, checksum %v", i, ring.Len(), n, checksum)
					checkPacketRoundTrip(t, name, cfg, ring, n, checksum)
				}
			}
		}
	}
}

func checkPacketRoundTrip(t *testing.T, name string, cfg Config, ring *Keyring, n int, checksum bool) {
	t.Helper()
	body := gossip(1300)
	sizes := split(body, n)
	packet, err := NewSealer(cfg, new(NonceCounter)).SealPacket([]byte("before"), ring, body, sizes, checksum)
	if err != nil || !bytes.HasPrefix(packet, []byte("before")) {
		t.Fatalf("%s: got packet %x and error %v", name, packet, err)
	}
	packet = packet[6:]
	if cfg.SkipInboundLabelCheck {
		packet = packet[labelOverhead(cfg.Label):]
	}
	got := openAll(cfg, ring, packet)
	if got.err != nil || len(got.messages) != n || got.rejected+got.truncated != 0 {
		t.Fatalf("%s: got %d messages and error %v, want %d and none", name, len(got.messages), got.err, n)
	}
	if joined := bytes.Join(got.messages, nil); !bytes.Equal(joined, body) {
		t.Errorf("%s: got %x, want %x", name, joined, body)
	}
}

// TestPacketPrefixesFail cuts sealed packets everywhere. Without key and checksum a cut compound gives what is complete.
func TestPacketPrefixesFail(t *testing.T) {
	ring := mustRing(t, key16)
	for i, cfg := range configs() {
		for _, sealed := range []bool{false, true} {
			r := ring
			if !sealed {
				r = nil
			}
			body := gossip(300)
			sizes := split(body, 3)
			packet, err := NewSealer(cfg, new(NonceCounter)).SealPacket(nil, r, body, sizes, true)
			if err != nil {
				t.Fatal(err)
			}
			cfg.SkipInboundLabelCheck = false
			for n := range packet {
				if got := openAll(cfg, r, packet[:n]); got.err == nil {
					t.Errorf("config %d, sealed %v: first %d bytes: got %d messages, want an error",
						i, sealed, n, len(got.messages))
				}
			}
		}
	}
}

func TestSealPacketRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		body  []byte
		sizes []uint16
		want  error
	}{
		"nothing":         {nil, nil, ErrEmpty},
		"empty message":   {[]byte{4}, []uint16{1, 0}, ErrEmpty},
		"256 messages":    {make([]byte, 256), split(make([]byte, 256), 256), ErrTooLarge},
		"sizes too small": {make([]byte, 9), []uint16{4, 4}, ErrShort},
		"sizes too large": {make([]byte, 7), []uint16{4, 4}, ErrShort},
		"no datagram":     {make([]byte, 65535), []uint16{65535}, ErrTooLarge},
	} {
		got, err := NewSealer(Config{}, nil).SealPacket([]byte("before"), nil, c.body, c.sizes, false)
		if !errors.Is(err, c.want) || string(got) != "before" {
			t.Errorf("%s: got %d bytes and error %v, want dst as it was and %v", name, len(got), err, c.want)
		}
	}
}

func TestShortAndDensePacketsAreNotCompressed(t *testing.T) {
	noise := inputs()["noise"][:1300]
	noise[0] = 8
	zeros := make([]byte, CompressBytesMin)
	for name, c := range map[string]struct {
		body []byte
		want bool
	}{
		"below the threshold": {zeros[:CompressBytesMin-1], false},
		"at the threshold":    {zeros, true},
		"noise":               {noise, false},
	} {
		got, err := NewSealer(Default(), nil).SealPacket(nil, nil, c.body, []uint16{uint16(len(c.body))}, false)
		if err != nil || (got[0] == typeCompress) != c.want {
			t.Errorf("%s: got first byte %d and error %v, want compressed %v", name, got[0], err, c.want)
		}
	}
}

func TestVersion0IsRefusedUnlessConfigured(t *testing.T) {
	ring := mustRing(t, key16)
	sealer := NewSealer(Config{Version0: true}, new(NonceCounter))
	packet, err := sealer.SealPacket(nil, ring, []byte("\x08hello"), []uint16{6}, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := openAll(Config{}, ring, packet); !errors.Is(got.err, ErrVersion) {
		t.Errorf("got error %v, want ErrVersion", got.err)
	}
	if got := openAll(Config{AcceptVersion0: true}, ring, packet); got.err != nil || len(got.messages) != 1 {
		t.Errorf("got %d messages and error %v, want 1 and none", len(got.messages), got.err)
	}
}

// TestRelabelledVersion1IsRefused changes the version byte of packets of each length and last byte: without version 0 all
// are refused, with it all that do not end in what is valid padding.
func TestRelabelledVersion1IsRefused(t *testing.T) {
	ring := mustRing(t, key16)
	sealer := NewSealer(Config{}, new(NonceCounter))
	strict, lenient := NewOpener(Config{}), NewOpener(Config{AcceptVersion0: true})
	for n := 1; n <= 48; n++ {
		for last := range 256 {
			body := bytes.Repeat([]byte{8}, n)
			body[n-1] = byte(last)
			if last == 1 || last == 8 && n >= 8 {
				continue // by chance a padded text
			}
			packet, err := sealer.SealPacket(nil, ring, body, []uint16{uint16(n)}, false)
			if err != nil {
				t.Fatal(err)
			}
			packet[0] = 0
			if _, err := strict.OpenPacket(ring, packet); !errors.Is(err, ErrVersion) {
				t.Fatalf("length %d, last byte %d: got error %v, want ErrVersion", n, last, err)
			}
			if _, err := lenient.OpenPacket(ring, packet); !errors.Is(err, ErrPadding) && !errors.Is(err, ErrShort) {
				t.Fatalf("length %d, last byte %d: got error %v, want ErrPadding or ErrShort", n, last, err)
			}
		}
	}
}

func TestPaddingIsValidatedWhole(t *testing.T) {
	for n := range 33 {
		text := appendPadding(make([]byte, n), n)
		if len(text)%padBytes != 0 {
			t.Fatalf("%d bytes are padded to %d, want a multiple of %d", n, len(text), padBytes)
		}
		if got, err := cutPadding(text); err != nil || len(got) != n {
			t.Errorf("%d bytes: got %d and error %v back", n, len(got), err)
		}
		for i := n; i < len(text); i++ {
			bad := bytes.Clone(text)
			bad[i] ^= 0x40
			if _, err := cutPadding(bad); !errors.Is(err, ErrPadding) {
				t.Errorf("%d bytes, byte %d changed: got error %v, want ErrPadding", n, i, err)
			}
		}
	}
}

// The verdict, which is reached without branches, is that of the plain rule.
func TestPaddingIsJudgedByTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SliceOfN(rapid.ByteRange(0, 20), 1, 40).Draw(t, "text")
		if pad := rapid.IntRange(0, 20).Draw(t, "pad"); rapid.Bool().Draw(t, "padded") {
			for i := max(0, len(text)-pad); i < len(text); i++ {
				text[i] = byte(pad)
			}
		}
		pad := int(text[len(text)-1])
		good := pad >= 1 && pad <= padBytes && pad <= len(text)
		for i := 1; good && i <= pad; i++ {
			good = text[len(text)-i] == byte(pad)
		}
		got, err := cutPadding(text)
		if (err == nil) != good || good && len(got) != len(text)-pad {
			t.Fatalf("%v: got %d bytes and error %v, want the padding to be good: %v", text, len(got), err, good)
		}
	})
}

func TestPlaintextDuringMigration(t *testing.T) {
	ring := mustRing(t, key16)
	plain, err := NewSealer(Config{SendPlaintext: true}, nil).SealPacket(nil, ring, []byte("\x08hello"), []uint16{6}, false)
	if err != nil {
		t.Fatal(err)
	}
	got := openAll(Config{AcceptPlaintext: true}, ring, plain)
	if got.err != nil || len(got.messages) != 1 || got.stats.Plaintext != 1 {
		t.Errorf("got %d messages, %d counted, error %v, want 1, 1 and none", len(got.messages), got.stats.Plaintext, got.err)
	}
}

// wrapCompress returns the compress message for what deflates to packed.
func wrapCompress(text []byte) []byte { return appendCompress(nil, referenceDeflate(text)) }

// TestBombs sends packets that would inflate to far more than a datagram holds.
func TestBombs(t *testing.T) {
	bomb := wrapCompress(make([]byte, 10<<20))
	almost := wrapCompress(append([]byte{8}, make([]byte, 40000)...))
	many := []byte{typeCompound, 200}
	for range 200 {
		many = binary.BigEndian.AppendUint16(many, uint16(len(almost)))
	}
	many = append(many, bytes.Repeat(almost, 200)...)
	exact := wrapCompress(append([]byte{8}, make([]byte, PacketInflatedBytesMax-1)...))
	for name, c := range map[string]struct {
		packet             []byte
		messages, tooLarge int
	}{
		"one part of 10 MiB":      {bomb, 0, 1},
		"200 parts of 40 kB":      {many, 1, 199},
		"exactly the limit":       {exact, 1, 0},
		"one byte over the limit": {wrapCompress(append([]byte{8}, make([]byte, PacketInflatedBytesMax)...)), 0, 1},
	} {
		o := NewOpener(Config{})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, _ := o.OpenPacket(nil, c.packet)
		messages := 0
		for _, ok := m.Next(); ok; _, ok = m.Next() {
			messages++
		}
		runtime.ReadMemStats(&after)
		if got := int(o.Stats().TooLarge); messages != c.messages || got != c.tooLarge {
			t.Errorf("%s: got %d messages, %d refused, want %d and %d", name, messages, got, c.messages, c.tooLarge)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 4*PacketInflatedBytesMax {
			t.Errorf("%s: got %d bytes allocated, want %d at most", name, got, 4*PacketInflatedBytesMax)
		}
	}
}

func TestSealAndOpenDoNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i, cfg := range configs() {
		for _, ring := range []*Keyring{nil, mustRing(t, key16), mustRing(t, key16, key32)} {
			for _, n := range []int{91, 1352} {
				cfg.SkipInboundLabelCheck = false
				body := gossip(n)
				sizes := split(body, 1+rng.IntN(9))
				sealer, opener := NewSealer(cfg, new(NonceCounter)), NewOpener(cfg)
				packet := make([]byte, 0, 2000)
				if got := testing.AllocsPerRun(20, func() {
					packet, _ = sealer.SealPacket(packet[:0], ring, body, sizes, true)
				}); got != 0 {
					t.Errorf("config %d, %d keys, seal %d bytes: got %v allocations, want 0", i, ring.Len(), n, got)
				}
				if got := testing.AllocsPerRun(20, func() {
					m, err := opener.OpenPacket(ring, packet)
					if err != nil {
						t.Fatal(err)
					}
					for _, ok := m.Next(); ok; _, ok = m.Next() {
					}
				}); got != 0 {
					t.Errorf("config %d, %d keys, open %d bytes: got %v allocations, want 0", i, ring.Len(), n, got)
				}
			}
		}
	}
}
