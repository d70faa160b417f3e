package transport

import (
	"testing"
)

// benchPair moves batches of count packets of size bytes from one socket to another.
func benchPair(b *testing.B, open func(testing.TB, Config) *Net, count, size int) {
	from, to := open(b, Config{}), open(b, Config{})
	out := make([]Outgoing, count)
	for i := range out {
		out[i] = Outgoing{To: to.LocalAddr(), Data: make([]byte, size)}
	}
	batch := NewBatch(0)
	b.ReportAllocs()
	packets := 0
	for b.Loop() {
		if _, err := from.WriteBatch(out); err != nil {
			b.Fatal(err)
		}
		for got := 0; got < count; got += len(batch.Packets) {
			if err := to.ReadBatch(batch); err != nil {
				b.Fatal(err)
			}
		}
		packets += count
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
}

func BenchmarkPacket(b *testing.B)           { benchPair(b, listen, 1, 100) }
func BenchmarkPacketSingle(b *testing.B)     { benchPair(b, listenSingle, 1, 100) }
func BenchmarkBatch4(b *testing.B)           { benchPair(b, listen, 4, 100) }
func BenchmarkBatch32(b *testing.B)          { benchPair(b, listen, 32, 100) }
func BenchmarkBatch32Single(b *testing.B)    { benchPair(b, listenSingle, 32, 100) }
func BenchmarkBatch32Bytes1400(b *testing.B) { benchPair(b, listen, 32, 1400) }
func BenchmarkLargePacket(b *testing.B)      { benchPair(b, listen, 1, PacketBytesMax) }

func TestPacketsCostNoAllocation(t *testing.T) {
	for kind, open := range map[string]func(testing.TB, Config) *Net{"batched": listen, "single": listenSingle} {
		t.Run(kind, func(t *testing.T) {
			from, to := open(t, Config{}), open(t, Config{})
			out := []Outgoing{{To: to.LocalAddr(), Data: make([]byte, 1400)}, {To: to.LocalAddr(), Data: make([]byte, 60000)}}
			batch := NewBatch(0)
			round := func() {
				if _, err := from.WriteBatch(out); err != nil {
					t.Fatal(err)
				}
				for got := 0; got < len(out); got += len(batch.Packets) {
					if err := to.ReadBatch(batch); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := testing.AllocsPerRun(100, round); got != 0 {
				t.Errorf("%v allocations a round, want 0", got)
			}
		})
	}
}
