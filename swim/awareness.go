package swim

// awareness is Lifeguard's local health score: how much this node should doubt itself before it accuses others. 0 is
// healthy. It scales the window of a probe, nothing else.
type awareness struct{ score, max int }

// adjust adds delta within 0 and max-1.
func (a *awareness) adjust(delta int) { a.score = min(max(a.score+delta, 0), a.max-1) }

// scale returns window times score+1.
func (a *awareness) scale(window int64) int64 { return window * int64(a.score+1) }
