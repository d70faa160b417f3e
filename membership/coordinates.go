package membership

import "serf/membership/coordinate"

// Coordinate returns where the local member is in the network; false when coordinates are switched off.
func (c *Cluster) Coordinate() (coordinate.Coordinate, bool) { return coordinate.Coordinate{}, false }

// CachedCoordinate returns where a member was in the network when it was last probed; false when that is not known.
func (c *Cluster) CachedCoordinate(name string) (coordinate.Coordinate, bool) {
	return coordinate.Coordinate{}, false
}
