package coordinate

import (
	"strconv"
	"testing"
	"time"
)

func BenchmarkUpdate(b *testing.B) {
	const n = 1000
	c, rng, rtt := newClient(b, DefaultConfig()), newRand(1), plane(n, 1)
	names, places := make([]string, n), make([]Coordinate, n)
	for i := range n {
		names[i] = strconv.Itoa(i)
		places[i] = Coordinate{Vec: [Dimensions]float64{0.1 * rng.Float64(), 0.1 * rng.Float64()}, Error: 0.3, Height: HeightMin}
		c.Update(names[i], &places[i], time.Millisecond, rng)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i = (i + 1) % n
		if _, err := c.Update(names[i], &places[i], time.Duration(rtt(0, i)*1e9), rng); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHandleAck(b *testing.B) {
	c, rng := newClient(b, DefaultConfig()), newRand(1)
	other := Coordinate{Vec: [Dimensions]float64{0.01, 0.02}, Error: 0.3, Height: HeightMin}
	payload := AppendPayload(nil, &other)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.HandleAck("n", payload, 20*time.Millisecond, rng); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDistance(b *testing.B) {
	here, there := Fresh(), Coordinate{Vec: [Dimensions]float64{0.01, 0.02}, Error: 0.3, Height: HeightMin}
	b.ReportAllocs()
	for b.Loop() {
		here.DistanceTo(&there)
	}
}

func BenchmarkAppendPayload(b *testing.B) {
	c, buffer := Fresh(), make([]byte, 0, PayloadBytes)
	b.ReportAllocs()
	for b.Loop() {
		AppendPayload(buffer, &c)
	}
}
