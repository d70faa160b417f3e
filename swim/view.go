package swim

// View is an immutable snapshot of the member table. It may be read by any goroutine.
type View struct {
	// Generation grows with every change of the table.
	Generation uint64
	// Members holds every known member in every state, the local one included, sorted by name.
	Members []MemberState
	// Health is the local awareness score, 0 is healthy.
	Health int
}
