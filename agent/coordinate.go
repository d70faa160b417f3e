package agent

import (
	"context"

	"serf/membership/coordinate"
)

// Coordinate returns where a member is in the network, as last heard; false when that is not known. This member's own
// coordinate is always known unless coordinates are switched off.
func (a *Agent) Coordinate(name string) (coordinate.Coordinate, bool) {
	r, err := a.do(context.Background(), command{kind: commandCoordinate, node: name})
	return r.coord, err == nil && r.known
}

func (l *loop) coordinate(name string) (coordinate.Coordinate, bool) {
	if name == l.agent.name {
		return l.cluster.Coordinate()
	}
	return l.cluster.CachedCoordinate(name)
}
