package envelope

import (
	"bytes"
	"compress/lzw"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"serf/sim/proof"
)

// referenceDeflate is what the standard library makes of src, which is what reference peers send.
func referenceDeflate(src []byte) []byte {
	var b bytes.Buffer
	w := lzw.NewWriter(&b, lzw.LSB, 8)
	_, _ = w.Write(src)
	_ = w.Close()
	return b.Bytes()
}

func deflated(d *deflater, src []byte) ([]byte, bool) {
	out := make([]byte, 2*len(src)+16)
	n, ok := d.deflate(out, src)
	return out[:n], ok
}

// inputs are of all the kinds that a table size, a code width and a clear code depend on.
func inputs() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 20000)
	few := make([]byte, 60000)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for i := range few {
		few[i] = "abcd"[rng.IntN(4)]
	}
	return map[string][]byte{
		"empty": nil, "one": {7}, "two": {7, 7}, "zeros": make([]byte, 100000), "noise": noise, "few": few,
		"gossip": gossip(1352),
	}
}

// gossip is n bytes that look like a compound of alive messages.
func gossip(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 4))
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = append(b, "\x04\x86\xa4Addr\xa4\x0a\x01"...)
		b = append(b, byte(rng.Uint32()), byte(rng.Uint32()))
		b = append(b, "\xabIncarnation"...)
		b = append(b, byte(rng.IntN(100)))
		b = append(b, "\xa4Meta\xb6\xff\x82\xa4role\xa3web\xa2dc\xa6europe\xa4Node\xaaworker-"...)
		b = append(b, byte('0'+i/100%10), byte('0'+i/10%10), byte('0'+i%10))
		b = append(b, "\xa4Port\xcd\x1f\x0a\xa3Vsn\xa6\x01\x05\x02\x02\x05\x04"...)
	}
	return b[:n]
}

func TestDeflateIsBitIdenticalToTheReference(t *testing.T) {
	d := new(deflater)
	for name, src := range inputs() {
		for _, n := range []int{len(src), len(src) / 2, len(src) / 3, len(src) / 7, len(src) / 13} {
			got, ok := deflated(d, src[:n])
			if want := referenceDeflate(src[:n]); !ok || !bytes.Equal(got, want) {
				t.Errorf("%s[:%d]: got %d bytes, ok %v, want %d bytes, or contents differ", name, n, len(got), ok, len(want))
			}
		}
	}
}

// TestDeflateEndsLikeTheReference ends the data after each number of codes: in noise each byte is one, so that the last
// code meets every change of width and the clear code.
func TestDeflateEndsLikeTheReference(t *testing.T) {
	d, noise := new(deflater), inputs()["noise"]
	for n := range 4000 {
		got, ok := deflated(d, noise[:n])
		if want := referenceDeflate(noise[:n]); !ok || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d bytes, ok %v, want %d, or contents differ", n, len(got), ok, len(want))
		}
	}
}

func TestDeflateGivesUpWhenThereIsNoRoom(t *testing.T) {
	d := new(deflater)
	for name, src := range inputs() {
		want := referenceDeflate(src)
		out := make([]byte, len(want)+bitSlack)
		if n, ok := d.deflate(out, src); !ok || !bytes.Equal(out[:n], want) {
			t.Errorf("%s: got %d bytes, ok %v with room for %d", name, n, ok, len(want))
		}
		for _, room := range []int{0, len(want) / 2, len(want) - 1} {
			if n, ok := d.deflate(out[:room+bitSlack], src); ok {
				t.Errorf("%s: got %d bytes with room for %d, want to give up", name, n, room)
			}
		}
	}
}

func TestInflateUndoesDeflate(t *testing.T) {
	d := new(inflater)
	for name, src := range inputs() {
		got, err := d.inflate([]byte("before"), referenceDeflate(src), len(src)+6)
		if err != nil || !bytes.Equal(got, append([]byte("before"), src...)) {
			t.Errorf("%s: got %d bytes and error %v, want %d bytes and none", name, len(got), err, len(src)+6)
		}
	}
}

// TestInflateOfAFullTable reads codes that go on without a clear code when no entry can be added any more.
func TestInflateOfAFullTable(t *testing.T) {
	w := bitWriter{out: make([]byte, 1<<14)}
	next, width := uint32(codeEnd), uint(codeBitsMin)
	for i := range uint32(6000) {
		code := i % codeClear
		if i > 4500 {
			code = codeEnd + 1 + i%(codeMax-codeEnd)
		}
		w.put(code, width)
		if next++; next>>width != 0 && width < codeBitsMax {
			width++
		}
	}
	w.put(codeEnd, width)
	w.put(0, 32)
	want, err := io.ReadAll(lzw.NewReader(bytes.NewReader(w.out), lzw.LSB, 8))
	if err != nil || len(want) < 6000 {
		t.Fatalf("the library: got %d bytes and error %v", len(want), err)
	}
	got, err := new(inflater).inflate(nil, w.out, len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and error %v, want %d", len(got), err, len(want))
	}
}

func FuzzInflateLikeTheLibrary(f *testing.F) {
	for _, src := range inputs() {
		f.Add(referenceDeflate(src[:min(len(src), 3000)]))
	}
	d := new(inflater)
	f.Fuzz(func(t *testing.T, packed []byte) {
		const limit = 1 << 16
		want, wantErr := io.ReadAll(io.LimitReader(lzw.NewReader(bytes.NewReader(packed), lzw.LSB, 8), limit+1))
		var got []byte
		var err error
		proof.MemoryWithin(t, len(packed), inflatedMemory(limit), func() { got, err = d.inflate(nil, packed, limit) })
		if len(want) > limit {
			if !errors.Is(err, ErrTooLarge) {
				t.Fatalf("got error %v for more than %d bytes, want ErrTooLarge", err, limit)
			}
			return
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes and error %v, want %d bytes and error %v", len(got), err, len(want), wantErr)
		}
	})
}

func FuzzDeflateLikeTheLibrary(f *testing.F) {
	for _, src := range inputs() {
		f.Add(src[:min(len(src), 3000)])
	}
	d := new(deflater)
	f.Fuzz(func(t *testing.T, src []byte) {
		got, ok := deflated(d, src)
		if want := referenceDeflate(src); !ok || !bytes.Equal(got, want) {
			t.Fatalf("got %x, want %x", got, want)
		}
	})
}

// BenchmarkDeflate compresses what a table handles well and what a careless hash function stumbles over.
func BenchmarkDeflate(b *testing.B) {
	text := []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/")
	pairs := make([]byte, 1352)
	letters := make([]byte, 1352)
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range pairs {
		pairs[i] = byte(i>>1) * byte(1-i&1)
		letters[i] = text[rng.IntN(len(text))]
	}
	for name, src := range map[string][]byte{
		"gossip": gossip(1352), "zeros": make([]byte, 1352), "noise": inputs()["noise"][:1352], "pairs": pairs, "letters": letters,
	} {
		b.Run(name, func(b *testing.B) {
			d, out := new(deflater), make([]byte, 3000)
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				d.deflate(out, src)
			}
		})
	}
}

func BenchmarkDeflateLibraryReused(b *testing.B) {
	src := gossip(1352)
	var out bytes.Buffer
	w := lzw.NewWriter(&out, lzw.LSB, 8).(*lzw.Writer)
	b.ReportAllocs()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		out.Reset()
		w.Reset(&out, lzw.LSB, 8)
		_, _ = w.Write(src)
		_ = w.Close()
	}
}

func BenchmarkInflate(b *testing.B) {
	d, packed, out := new(inflater), referenceDeflate(gossip(1352)), make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(1352)
	for b.Loop() {
		_, _ = d.inflate(out, packed, PacketInflatedBytesMax)
	}
}

// TestMeasureAgreesWithInflate holds what is said about data before it is inflated against what becomes of it.
func TestMeasureAgreesWithInflate(t *testing.T) {
	const limit = 50000
	rng := rand.New(rand.NewPCG(5, 6))
	for name, text := range inputs() {
		whole := referenceDeflate(text)
		for i := range 200 {
			src := bytes.Clone(whole)
			if i > 0 {
				src = src[:1+rng.IntN(len(src))]
				src[rng.IntN(len(src))] ^= byte(rng.IntN(3))
			}
			out, want := new(inflater).inflate(nil, src, limit)
			n, err := new(inflater).measure(src, limit)
			if n != len(out) || !errors.Is(err, want) {
				t.Errorf("%s, case %d: measured %d bytes and %v, inflated to %d bytes and %v", name, i, n, err, len(out), want)
			}
		}
	}
}

// TestBombOnAStreamAllocatesNothing gives a stream's decompression what is larger than it may be.
func TestBombOnAStreamAllocatesNothing(t *testing.T) {
	message := appendCompress(nil, referenceDeflate(make([]byte, 40<<20)))
	d := new(inflater)
	if n := testing.AllocsPerRun(3, func() {
		if _, _, err := d.decompress(nil, message, 20<<20); !errors.Is(err, ErrTooLarge) {
			t.Errorf("got error %v, want %v", err, ErrTooLarge)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
