package broadcast

import (
	"fmt"
	"math"
)

// Limits that stand for a zero field of Config.
const (
	// DefaultLenMax is far above what a healthy cluster queues: one message about each of some thousand members.
	DefaultLenMax = 4096
	// DefaultMessageBytesMax is the longest message that a compound can carry.
	DefaultMessageBytesMax = math.MaxUint16
)

// spareBuffersMax is how many buffers of finished messages an emptied queue keeps for the next ones.
const spareBuffersMax = 256

// Config is how a Queue behaves. It is copied by New.
type Config struct {
	// RetransmitMult scales how often each message is sent; 4 on a LAN. 0 sends each once. See TransmitLimit.
	RetransmitMult int
	// TransmitMin is how often each message is sent at least; 0: as TransmitLimit says. Among few members its limit leaves
	// about one of a hundred without the message, which matters where nothing repairs that.
	TransmitMin int
	// MessageBytesMax is the longest message that fits into the smallest packet it may have to ride in. Longer ones are
	// refused, since they would stay queued for ever. 0, or more than that: DefaultMessageBytesMax.
	MessageBytesMax int
	// LenMax is how many messages may be queued; the last in the order goes first. 0: DefaultLenMax.
	LenMax int
	// OldestFirst has messages that were transmitted equally often leave in the order of Push, whatever their length: for
	// messages whose order means something. Otherwise the longest and newest ones leave first, which fills packets best.
	OldestFirst bool
}

// ID numbers the messages of one queue in the order of Push, from 1.
type ID uint64

// Stats counts what happened since New.
type Stats struct {
	Pushed        uint64 // messages accepted
	Refused       uint64 // too large
	Replaced      uint64 // by a newer one with the same name
	Sent          uint64 // messages that reached the transmit limit
	Dropped       uint64 // because the queue was full
	Pruned        uint64 // by Prune
	Transmits     uint64 // copies put into packets
	TransmitBytes uint64 // their bytes, without overhead
	FinishedLost  uint64 // notifications nobody took
}

// Queue is the transmit-limited queue. It is not safe for concurrent use.
//
// Invariants, checked by check: Len() ≤ LenMax; names holds exactly the named messages; no message was transmitted as
// often as the limit of the last Take; every slot is queued or free.
type Queue struct {
	cfg    Config
	tree   tree
	len    int
	names  map[string]slot
	free   []slot
	taken  []slot // scratch of Take
	lastID ID
	stats  Stats

	finished     []Finished
	finishedHead int
}

// New returns an empty Queue.
func New(cfg Config) *Queue {
	if cfg.LenMax <= 0 {
		cfg.LenMax = DefaultLenMax
	}
	if cfg.MessageBytesMax <= 0 || cfg.MessageBytesMax > DefaultMessageBytesMax {
		cfg.MessageBytesMax = DefaultMessageBytesMax
	}
	return &Queue{cfg: cfg, tree: newTree(cfg.OldestFirst), names: make(map[string]slot)}
}

// Len returns how many messages are queued.
func (q *Queue) Len() int { return q.len }

// Stats returns the counters.
func (q *Queue) Stats() Stats { return q.stats }

// Push queues a copy of message, not yet transmitted. It takes the place of a queued message with the same name; the
// empty name is nobody's. With notify, NextFinished will tell what becomes of it. In a full queue the last message in
// the order makes room.
//
// It fails with ErrTooLarge when message is longer than MessageBytesMax, and then nothing has changed but a counter.
func (q *Queue) Push(name string, message []byte, notify bool) (ID, error) {
	if len(message) > q.cfg.MessageBytesMax {
		q.stats.Refused++
		return 0, fmt.Errorf("broadcast: %w (%d > %d bytes)", ErrTooLarge, len(message), q.cfg.MessageBytesMax)
	}
	if old := q.names[name]; old != 0 {
		q.tree.remove(old)
		q.stats.Replaced++
		q.forget(old, Replaced)
	}
	if q.len == q.cfg.LenMax {
		q.stats.Dropped++
		q.dropLast()
	}
	x := q.newSlot()
	q.lastID++
	e := &q.tree.entries[x]
	e.message = append(e.message[:0], message...)
	e.name, e.id, e.transmits, e.notify = name, q.lastID, 0, notify
	if name != "" {
		q.names[name] = x
	}
	q.tree.insert(x)
	q.len++
	q.stats.Pushed++
	q.check()
	return e.id, nil
}

// Take appends messages to b that together fit into budget bytes, where each costs overhead bytes beside its own, and
// returns the bytes used up. members is the size of the cluster, for TransmitLimit.
//
// Each time it takes the first message in the order that still fits; one that does not fit stays queued and blocks
// nothing, save that with OldestFirst passedOverMax of one tier end the search there. No message is taken twice in one
// call. It stops when b holds BatchLenMax messages.
func (q *Queue) Take(b *Batch, overhead, budget, members int) (used int) {
	taken := q.taken[:0]
	at := cursor{}
	for b.Len() < BatchLenMax {
		room := budget - used - overhead
		if room <= 0 {
			break
		}
		x := q.tree.seek(at, room)
		if x == 0 {
			break
		}
		e := &q.tree.entries[x]
		if at.passOver(e, room) {
			continue
		}
		if err := b.Append(e.message); err != nil {
			panic(err) // Push admits no message that Append refuses, and b is not full
		}
		used += len(e.message) + overhead
		q.tree.remove(x)
		taken = append(taken, x)
	}
	q.putBack(taken, max(TransmitLimit(q.cfg.RetransmitMult, members), q.cfg.TransmitMin))
	q.taken = taken
	return used
}

// putBack counts one transmission of each of the taken messages and queues those again that are below limit.
func (q *Queue) putBack(taken []slot, limit int) {
	for _, x := range taken {
		e := &q.tree.entries[x]
		e.transmits++
		q.stats.Transmits++
		q.stats.TransmitBytes += uint64(len(e.message))
		if e.transmits < limit {
			q.tree.insert(x)
			continue
		}
		q.stats.Sent++
		q.forget(x, Sent)
	}
	q.check()
}

// Prune drops messages from the end of the order until at most max are queued.
func (q *Queue) Prune(max int) {
	for q.len > max && q.len > 0 {
		q.stats.Pruned++
		q.dropLast()
	}
	q.check()
}

func (q *Queue) dropLast() {
	x := q.tree.last()
	q.tree.remove(x)
	q.forget(x, Dropped)
}

// newSlot returns a slot that is neither queued nor free.
func (q *Queue) newSlot() slot {
	if n := len(q.free); n > 0 {
		x := q.free[n-1]
		q.free = q.free[:n-1]
		return x
	}
	q.tree.entries = append(q.tree.entries, entry{})
	return slot(len(q.tree.entries) - 1)
}

// forget frees the slot x, which is no longer in the tree, and tells why if somebody wants to know. A few buffers are
// kept for the next messages; what a burst left beyond that goes back to the collector.
func (q *Queue) forget(x slot, why Why) {
	e := &q.tree.entries[x]
	q.finish(e, why)
	if e.name != "" {
		delete(q.names, e.name)
		e.name = ""
	}
	if len(q.free) >= spareBuffersMax {
		e.message = nil
	}
	q.free = append(q.free, x)
	q.len--
	if q.len == 0 && len(q.free) > 2*spareBuffersMax {
		q.tree, q.free, q.taken = newTree(q.cfg.OldestFirst), nil, nil
		q.names = make(map[string]slot)
	}
}
