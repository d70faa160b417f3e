package broadcast_test

import (
	"fmt"

	"serf/broadcast"
)

func Example() {
	q := broadcast.New(broadcast.Config{RetransmitMult: 1, MessageBytesMax: 100})
	q.Push("node-a", []byte("a is suspected"), false)
	q.Push("node-a", []byte("a is alive"), true) // the newer news about a node replaces the older

	var packet broadcast.Batch
	q.Take(&packet, 2, 1398, 5)
	for message := range packet.All {
		fmt.Printf("%s\n", message)
	}
	finished, _ := q.NextFinished()
	fmt.Println(finished.Why)
	// Output:
	// a is alive
	// sent
}
