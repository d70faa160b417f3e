package eventbus

import (
	"bytes"
	"fmt"
	"testing"

	"serf/broadcast"
)

type fillVector struct {
	Name           string
	Limit          int
	Overhead       int
	NumNodes       int   `json:"num_nodes"`
	RetransmitMult int   `json:"retransmit_mult"`
	LeftInQueue    []int `json:"left_in_queue"`
	QueuedInOrder  []struct {
		Queue string
		Len   int
		Tag   byte
	} `json:"queued_in_order"`
	Rounds [][]int
}

// TestBroadcastQueueVectors: three queues, asked one after the other for what is left of the packet, fill it as reference
// peers do: intents, queries, events.
func TestBroadcastQueueVectors(t *testing.T) {
	var vs []fillVector
	readVectors(t, "broadcast_queues.json", &vs)
	for _, v := range vs {
		queues := make([]*broadcast.Queue, 3)
		for i := range queues {
			queues[i] = broadcast.New(broadcast.Config{RetransmitMult: v.RetransmitMult})
		}
		for _, m := range v.QueuedInOrder {
			queue := queues[map[string]int{"intent": 0, "query": 1, "event": 2}[m.Queue]]
			if _, err := queue.Push("", bytes.Repeat([]byte{m.Tag}, m.Len), false); err != nil {
				t.Fatal(err)
			}
		}
		for i, want := range v.Rounds {
			var packet broadcast.Batch
			used := 0
			for _, queue := range queues {
				used += queue.Take(&packet, v.Overhead, v.Limit-used, v.NumNodes)
			}
			got := []int{}
			for m := range packet.All {
				got = append(got, int(m[0]))
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: round %d: got %v, want %v", v.Name, i, got, want)
			}
		}
		for i, want := range v.LeftInQueue {
			if got := queues[i].Len(); got != want {
				t.Errorf("%s: queue %d: %d left, want %d", v.Name, i, got, want)
			}
		}
	}
}
