package memnet

import (
	"container/heap"
	"net/netip"
	"sync"
	"time"

	"serf/transport"
)

// parcel is a packet on its way.
type parcel struct {
	at       time.Time // when it arrives
	sequence uint64    // order of sending
	from     netip.AddrPort
	data     []byte
}

// parcels is a heap: the next to arrive is first.
type parcels []parcel

func (p parcels) Len() int      { return len(p) }
func (p parcels) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p parcels) Less(i, j int) bool {
	if p[i].at.Equal(p[j].at) {
		return p[i].sequence < p[j].sequence
	}
	return p[i].at.Before(p[j].at)
}
func (p *parcels) Push(x any) { *p = append(*p, x.(parcel)) }
func (p *parcels) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	(*p)[last] = parcel{}
	*p = (*p)[:last]
	return x
}

// inbox holds the packets on their way to one endpoint.
type inbox struct {
	wake chan struct{} // holds a value when something came since the last look

	mu   sync.Mutex
	heap parcels
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put adds p, and tells whether there was room.
func (in *inbox) put(p parcel) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.heap) >= InboxMax {
		return false
	}
	heap.Push(&in.heap, p)
	signal(in.wake)
	return true
}

// take moves what has arrived by now to b, and returns how long the next one takes; a negative time means that none is on
// its way, or that b is full.
func (in *inbox) take(now time.Time, b *transport.Batch) (next time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.heap) > 0 && !in.heap[0].at.After(now) {
		if b.Full() {
			signal(in.wake) // another reader may go on
			return -1
		}
		p := heap.Pop(&in.heap).(parcel)
		b.Add(p.from, now, p.data)
	}
	if len(in.heap) == 0 {
		return -1
	}
	return in.heap[0].at.Sub(now)
}

// signal wakes who waits on wake, or lets the next waiter pass at once.
func signal(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// wait waits for wake, for done, or until d has passed; a negative d never passes.
func wait(wake, done <-chan struct{}, d time.Duration) {
	var passed <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-wake:
	case <-done:
	case <-passed:
	}
}
