package broadcast

import (
	"fmt"
	"testing"
)

// BenchmarkTake fills packets of 1400 bytes from queues of different lengths; the queue is kept full.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{12, 100, 1000, 4096} {
		b.Run(fmt.Sprintf("len=%d", n), func(b *testing.B) {
			q := New(Config{RetransmitMult: 1 << 40})
			for i := range n {
				if _, err := q.Push("", make([]byte, 100+i%20), false); err != nil {
					b.Fatal(err)
				}
			}
			var batch Batch
			q.Take(&batch, 2, 1398, 100)
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				q.Take(&batch, 2, 1398, 100)
			}
			b.ReportMetric(float64(batch.Len()), "messages/op")
		})
	}
}

func BenchmarkPushReplace(b *testing.B) {
	q := New(Config{})
	names := make([]string, 1000)
	for i := range names {
		names[i] = fmt.Sprintf("node-%d", i)
	}
	message := make([]byte, 120)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := q.Push(names[i%len(names)], message, false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransmitLimit(b *testing.B) {
	for b.Loop() {
		TransmitLimit(4, 100)
	}
}
