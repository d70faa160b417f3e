package swim

import (
	"bytes"
	"testing"

	"serf/broadcast"
)

func TestAttachedQueuesGetAShareHoweverMuchThereIsToSay(t *testing.T) {
	n := bigNode(t, 5)
	var queues [3]*broadcast.Queue
	for i := range queues {
		queues[i] = broadcast.New(broadcast.Config{RetransmitMult: 100})
		n.Attach(queues[i])
		for range 100 {
			queues[i].Push("", append([]byte{byte(TypeUser), byte(i)}, make([]byte, 1200)...), false)
			n.queue.Push("", make([]byte, 1200), false)
		}
	}
	var last int
	for range 4 * fairTurn {
		hear(t, n, epoch, AppendPing(nil, &Ping{Sequence: 7}))
		for _, p := range takePackets(n) {
			for m := range p.Batch.All {
				if bytes.HasPrefix(m, []byte{byte(TypeUser), 2}) {
					last++
				}
			}
		}
	}
	want(t, "packets with a message of the last queue", last, 4)
}
