package membership

import (
	"serf/membership/coordinate"
	"serf/swim"
)

// Coordinate returns where the local member is in the network; false when coordinates are switched off.
func (c *Cluster) Coordinate() (coordinate.Coordinate, bool) {
	if c.coordinates == nil {
		return coordinate.Coordinate{}, false
	}
	return c.coordinates.Coordinate(), true
}

// CachedCoordinate returns where a member was in the network when it was last probed; false when that is not known.
func (c *Cluster) CachedCoordinate(name string) (coordinate.Coordinate, bool) {
	switch {
	case c.coordinates == nil:
		return coordinate.Coordinate{}, false
	case name == c.table.local:
		return c.coordinates.Coordinate(), true
	}
	return c.coordinates.Peer(name)
}

// onPinged moves the local member by what the probe of another one tells. Acks tell the new place from then on.
func (c *Cluster) onPinged(e *swim.Event) {
	if c.coordinates == nil || e.Info.Name == c.table.local {
		return
	}
	known := c.table.find(e.Info.Name)
	if known == nil {
		return
	}
	if _, err := c.coordinates.HandleAck(known.member.Name, e.Payload, e.RTT, c.rng); err != nil {
		return // counted there
	}
	c.announceCoordinate()
}

// announceCoordinate lets acks carry the local member's place.
func (c *Cluster) announceCoordinate() {
	if c.coordinates == nil {
		return
	}
	place := c.coordinates.Coordinate()
	c.scratch = coordinate.AppendShortPayload(c.scratch[:0], &place)
	c.node.SetAckPayload(c.scratch)
}
