package membership

import "serf/swim"

// LifeState is how far the local member is in its life.
type LifeState uint8

const (
	LifeAlive LifeState = iota
	LifeLeaving
	LifeLeft
	LifeShutdown
)

// String returns "alive", "leaving", "left" or "shutdown".
func (s LifeState) String() string {
	switch s {
	case LifeAlive:
		return "alive"
	case LifeLeaving:
		return "leaving"
	case LifeLeft:
		return "left"
	case LifeShutdown:
		return "shutdown"
	}
	return "unknown"
}

// View is an immutable snapshot of the cluster as this member sees it. It may be read by any number of goroutines; views
// share what did not change between them.
type View struct {
	// Generation grows with every change of a member or of State.
	Generation uint64
	// Local is the local member.
	Local *Member
	// Members holds every known member in every status, the local one included, sorted by name.
	Members []*Member
	// State is how far the local member is in its life.
	State LifeState
	// Clock is the membership clock: the Lamport time that the next intent will carry, as of this generation.
	Clock uint64
}

// Detector returns the failure detector's table as it is now; like View.
func (c *Cluster) Detector() *swim.View { return c.node.View() }

// Clocks returns the Lamport clocks: the times that the next intent, user event and query will carry.
func (c *Cluster) Clocks() (member, event, query uint64) {
	return c.table.clock.Time(), c.users.Time(), c.queries.Time()
}
