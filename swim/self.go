package swim

import (
	"fmt"
	"time"

	"serf/broadcast"
)

// introduce makes the local node known to itself, alive with incarnation 1.
func (n *Node) introduce(meta []byte) {
	member, info := n.dir.intern(n.cfg.Name, n.addr, meta, n.versions)
	n.self = member
	n.set(member, newRecord(info, 1, Alive))
	is := n.dir.info(info)
	if n.cfg.Population == nil {
		n.broadcastAlive(is, 1, false)
	}
	n.stats.AliveApplied++
	n.out.event(Event{Kind: EventJoin, Info: is, Incarnation: 1})
}

// SetMeta announces new metadata, at most MetaBytesMax bytes, under a new incarnation. EventMetaSent follows when the
// news has been sent often enough, or at once when there is nobody to tell; not for a SetMeta that another one overtook.
// It fails with ErrTooLarge or ErrLeaving, and then nothing has changed.
func (n *Node) SetMeta(now time.Time, meta []byte) error {
	switch {
	case len(meta) > MetaBytesMax:
		return fmt.Errorf("swim: metadata: %w (%d > %d bytes)", ErrTooLarge, len(meta), MetaBytesMax)
	case n.leaving:
		return fmt.Errorf("swim: metadata: %w", ErrLeaving)
	}
	n.begin(now)
	n.metaID = n.announce(meta)
	n.settle()
	return nil
}

// announce stores meta under the next incarnation and queues the alive message that says so.
func (n *Node) announce(meta []byte) (id broadcast.ID) {
	r := n.table.Get(n.self)
	was := n.dir.info(r.info())
	_, info := n.dir.intern(n.cfg.Name, n.addr, meta, n.versions)
	if info == r.info() {
		n.dir.release(info)
	}
	incarnation := raise(r.incarnation())
	n.set(n.self, newRecord(info, incarnation, Alive))
	is := n.dir.info(info)
	n.metaID = 0 // of an earlier SetMeta, which nobody waits for any more
	id = n.broadcastAlive(is, incarnation, true)
	n.stats.AliveApplied++
	if string(was.Meta) != string(is.Meta) {
		n.out.event(Event{Kind: EventUpdate, Info: is, Incarnation: incarnation})
	}
	return id
}

func (n *Node) metaSent() {
	n.metaID = 0
	n.out.event(Event{Kind: EventMetaSent, Info: n.state(n.table.Get(n.self)).Info})
}

// Leave tells the others that this node goes, and makes it left in its own table. EventLeft follows when that has been
// sent often enough, or as soon as there is nobody to tell. The node goes on to answer, probe and gossip until its
// driver stops; it never comes back. Calls after the first do nothing.
func (n *Node) Leave(now time.Time) error {
	if n.leaving {
		return nil
	}
	n.begin(now)
	n.leaving = true
	r := n.table.Get(n.self)
	n.dead(n.self, accusation{incarnation: r.incarnation(), from: n.name, local: true})
	n.settle()
	return nil
}

func (n *Node) left() {
	n.leaveID = 0
	n.out.event(Event{Kind: EventLeft, Info: n.state(n.table.Get(n.self)).Info})
}

// finished tells which of the broadcasts somebody waits for have left the queue. A later broadcast about the local node
// that took its place carries the same news and more.
func (n *Node) finished() {
	for f, ok := n.queue.NextFinished(); ok; f, ok = n.queue.NextFinished() {
		switch f.ID {
		case n.leaveID:
			n.left()
		case n.metaID:
			n.metaSent()
		}
	}
	if n.leaveID != 0 && !n.anyListener() { // those to be told have all gone
		n.left()
	}
	if n.metaID != 0 && !n.anyListener() {
		n.metaSent()
	}
}
