package swim

import "math"

// refute answers an accusation, or a stale alive message about the local node, by an alive message that outdoes the given
// incarnation. It saturates: nothing can outdo the largest incarnation, and accusations that carry it are refused
// everywhere in this package, so that the node stays what it is.
func (n *Node) refute(accusation uint32, message MessageType, accuser string) {
	r := n.table.Get(n.self)
	n.set(n.self, r.with(Alive, raise(max(r.incarnation(), accusation))))
	n.health.adjust(1)
	n.stats.Refutations++
	is := n.state(n.table.Get(n.self))
	n.broadcastAlive(is.Info, is.Incarnation, false)
	n.out.event(Event{Kind: EventRefuted, Info: is.Info, Incarnation: is.Incarnation, Message: message, FromName: accuser})
}

// raise returns the incarnation after i, or i when there is none.
func raise(i uint32) uint32 {
	if i == math.MaxUint32 {
		return i
	}
	return i + 1
}
