package envelope

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"testing"

	"serf/sim/proof"
	"serf/swim/msgpack"
)

// inflatedMemory bounds what it takes to inflate up to limit bytes: LZW makes a thousand bytes of one, so that the limit holds and not
// the length of the input. The result may be copied while it grows; the tables have their share.
func inflatedMemory(limit int) int { return 4*limit + 128<<10 }

// FuzzOpenPacket opens anything. What is accepted and can be sealed at all must come back the same after sealing.
func FuzzOpenPacket(f *testing.F) {
	for _, file := range []string{"packets", "compound", "compress", "captures"} {
		for _, v := range loadVectors(f, file) {
			if v.Layer != "stream" {
				f.Add([]byte(v.Hex), len(v.Config.Keys) > 0)
			}
		}
	}
	ring := mustRing(f, []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	f.Fuzz(func(t *testing.T, packet []byte, encrypted bool) {
		r := ring
		if !encrypted {
			r = nil
		}
		label, _, _ := cutLabel(packet)
		cfg := Config{Label: string(label), AcceptVersion0: true, Compression: true}
		var got opened
		proof.MemoryWithin(t, len(packet), inflatedMemory(PacketInflatedBytesMax)+64*len(packet), func() { got = openAll(cfg, r, packet) })
		if got.err != nil {
			if len(got.messages) > 0 {
				t.Fatalf("got %d messages and error %v", len(got.messages), got.err)
			}
			return
		}
		var body []byte
		var sizes []uint16
		for _, m := range got.messages {
			if len(m) == 0 || len(m) > 1<<16-1 {
				return
			}
			body, sizes = append(body, m...), append(sizes, uint16(len(m)))
		}
		sealed, err := NewSealer(cfg, new(NonceCounter)).SealPacket(nil, r, body, sizes, true)
		if err != nil {
			return
		}
		again := openAll(cfg, r, sealed)
		if again.err != nil || again.rejected+again.truncated != 0 || !bytes.Equal(bytes.Join(again.messages, nil), body) {
			t.Fatalf("got %x and error %v after sealing, want %x", again.messages, again.err, body)
		}
	})
}

// FuzzDecrypt seals any text under any version byte with the library and compares with the rules written down here.
func FuzzDecrypt(f *testing.F) {
	f.Add([]byte("0123456789abcde\x01"), byte(0), false)
	f.Add(bytes.Repeat([]byte{16}, 16), byte(0), true)
	f.Add([]byte{}, byte(1), false)
	f.Add([]byte("text"), byte(2), false)
	block, err := aes.NewCipher(key16)
	if err != nil {
		f.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		f.Fatal(err)
	}
	ring := mustRing(f, key32, key16)
	f.Fuzz(func(t *testing.T, text []byte, version byte, damaged bool) {
		payload := append([]byte{version}, make([]byte, NonceBytes)...)
		payload = gcm.Seal(payload, payload[1:], text, []byte("label"))
		want, ok := text, version <= 1
		if version == 0 {
			want, ok = unpadded(text)
		}
		if damaged {
			payload[len(payload)-1]++
			ok = false
		}
		var got []byte
		proof.Memory(t, len(payload), func() { got, err = ring.open(nil, payload, packetData("label"), true) })
		if (err == nil) != ok || ok && !bytes.Equal(got, want) {
			t.Fatalf("got %x and error %v, want %x, ok %v", got, err, want, ok)
		}
	})
}

// unpadded tries all lengths of padding.
func unpadded(text []byte) ([]byte, bool) {
	for pad := 1; pad <= 16 && len(text)%16 == 0; pad++ {
		if cut, ok := bytes.CutSuffix(text, bytes.Repeat([]byte{byte(pad)}, pad)); ok && text[len(text)-1] == byte(pad) {
			return cut, true
		}
	}
	return nil, false
}

// FuzzDecompress parses and inflates any compress message.
func FuzzDecompress(f *testing.F) {
	for _, v := range loadVectors(f, "compress") {
		if len(v.Hex) < 3000 {
			f.Add([]byte(v.Hex[1:]))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		const limit = 1 << 16
		b := append([]byte{typeCompress}, body...)
		var got []byte
		var err error
		proof.MemoryWithin(t, len(b), inflatedMemory(limit), func() { got, _, err = new(inflater).decompress(nil, b, limit) })
		if len(got) > limit || err == nil && len(got) == 0 {
			t.Fatalf("got %d bytes and error %v", len(got), err)
		}
		if err != nil {
			return
		}
		packed, ok := deflated(new(deflater), got)
		if !ok {
			t.Fatal("got no compressed form")
		}
		again, _, err := new(inflater).decompress(nil, appendCompress(nil, packed), limit)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("got %x and error %v again, want %x", again, err, got)
		}
	})
}

// FuzzScanner feeds any stream whole and byte by byte: both must agree, and an accepted message must be accepted again.
func FuzzScanner(f *testing.F) {
	for _, file := range []string{"streams", "stream-errors", "captures"} {
		for _, v := range loadVectors(f, file) {
			if v.Layer != "packet" {
				f.Add([]byte(v.Hex), len(v.Config.Keys) > 0, !isReply(&v))
			}
		}
	}
	ring := mustRing(f, []byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"))
	f.Fuzz(func(t *testing.T, stream []byte, encrypted, acceptor bool) {
		r := ring
		if !encrypted {
			r = nil
		}
		cfg := Config{AcceptVersion0: true, StreamBytesMax: 1 << 18}
		if label, _, _ := cutLabel(stream); acceptor {
			cfg.Label = string(label)
		}
		var whole []byte
		var wholeErr error
		proof.MemoryWithin(t, len(stream), inflatedMemory(cfg.StreamBytesMax)+64*len(stream), func() {
			whole, wholeErr = scanned(NewScanner(cfg, r, acceptor), stream, max(len(stream), 1))
		})
		slow, slowErr := scanned(NewScanner(cfg, r, acceptor), stream, 1)
		if (wholeErr == nil) != (slowErr == nil) || !bytes.Equal(whole, slow) {
			t.Fatalf("got %x and error %v whole, %x and error %v slowly", whole, wholeErr, slow, slowErr)
		}
		if wholeErr != nil {
			return
		}
		sealed, err := NewSealer(cfg, new(NonceCounter)).SealStream(nil, r, whole, acceptor)
		if err != nil {
			t.Fatal(err)
		}
		if !encrypted {
			return // out of a wrapper comes what need not be complete, so that its end cannot be found without one
		}
		if got, err := scanned(NewScanner(cfg, r, acceptor), sealed, 100); err != nil || !bytes.Equal(got, whole) {
			t.Fatalf("got %x and error %v after sealing, want %x", got, err, whole)
		}
	})
}

// FuzzWalk compares the incremental walk over a value with the reader that has it whole.
func FuzzWalk(f *testing.F) {
	f.Add([]byte{0x82, 0xa1, 'a', 0x91, 0xc7, 1, 2, 3, 0xd9, 1, 'x', 0xcb, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{0xdc, 0, 2, 0xd8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0xda, 0, 1, 5})
	for head := range 256 {
		f.Add(append([]byte{byte(head)}, make([]byte, 20)...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := msgpack.NewReader(b)
		wantErr := r.Skip()
		var off int
		var done bool
		var err error
		proof.Memory(t, len(b), func() {
			w := walker{left: 1}
			off, done, err = 0, false, nil
			for n := 0; n <= len(b) && !done && err == nil; n++ {
				done, err = w.over(b[:n], &off, 1<<20)
			}
		})
		switch {
		case wantErr == nil:
			if !done || err != nil || off != r.Offset() {
				t.Fatalf("got done %v, offset %d, error %v, want offset %d", done, off, err, r.Offset())
			}
		case errors.Is(wantErr, msgpack.ErrShort):
			if done || err != nil && !errors.Is(err, ErrTooLarge) {
				t.Fatalf("got done %v and error %v, want to wait", done, err)
			}
		case !errors.Is(err, ErrBody):
			t.Fatalf("got done %v and error %v, want ErrBody for %v", done, err, wantErr)
		}
	})
}
