package swim

import (
	"net/netip"
	"testing"
)

var (
	benchPing = Ping{Sequence: 1 << 20, Node: []byte("node-00002"), Source: netip.MustParseAddrPort("10.1.0.1:7946"), SourceNode: []byte("node-00001")}
	benchAck  = Ack{Sequence: 1 << 20, Payload: make([]byte, 130)}

	benchAlive = AliveMessage{Incarnation: 7, Node: []byte("node-00001"), Addr: netip.MustParseAddrPort("10.1.0.1:7946"),
		Meta: make([]byte, 40), Versions: []byte("\x01\x05\x02\x02\x05\x05")}
)

func BenchmarkEncodePing(b *testing.B) {
	buf := make([]byte, 0, 1400)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendPing(buf[:0], &benchPing)
	}
}

func BenchmarkDecodePing(b *testing.B) {
	buf := AppendPing(nil, &benchPing)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodePing(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeAck(b *testing.B) {
	buf := make([]byte, 0, 1400)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendAck(buf[:0], &benchAck)
	}
}

func BenchmarkDecodeAck(b *testing.B) {
	buf := AppendAck(nil, &benchAck)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeAck(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeAlive(b *testing.B) {
	buf := make([]byte, 0, 1400)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendAlive(buf[:0], &benchAlive)
	}
}

func BenchmarkDecodeAlive(b *testing.B) {
	buf := AppendAlive(nil, &benchAlive)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeAlive(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeState10000(b *testing.B) {
	s := bigState(10000)
	b.ReportAllocs()
	for b.Loop() {
		AppendState(nil, s)
	}
}

func BenchmarkEncodeState10000Reused(b *testing.B) {
	s := bigState(10000)
	buf := AppendState(nil, s)
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendState(buf[:0], s)
	}
}

func BenchmarkDecodeState10000(b *testing.B) {
	buf := AppendState(nil, bigState(10000))
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeState(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeState10000Known(b *testing.B) {
	s := bigState(10000)
	buf, known := AppendState(nil, s), &View{Members: s.Members}
	b.SetBytes(int64(len(buf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeStateSharing(buf, known); err != nil {
			b.Fatal(err)
		}
	}
}
