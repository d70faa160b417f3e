package coordinate_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"serf/membership/coordinate"
)

// Two nodes that are 20 ms apart probe each other and come to know it.
func Example() {
	rng := rand.New(rand.NewPCG(1, 2))
	a, _ := coordinate.New(coordinate.DefaultConfig())
	b, _ := coordinate.New(coordinate.DefaultConfig())
	for range 100 {
		ofB := b.Coordinate()
		a.HandleAck("b", coordinate.AppendPayload(nil, &ofB), 20*time.Millisecond, rng)
		ofA := a.Coordinate()
		b.HandleAck("a", coordinate.AppendPayload(nil, &ofA), 20*time.Millisecond, rng)
	}
	ofA, ofB := a.Coordinate(), b.Coordinate()
	fmt.Println(ofA.DistanceTo(&ofB).Round(time.Millisecond))
	// Output: 20ms
}
