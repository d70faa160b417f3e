package sim

// processors are what all hosts share when Options.Processors is set, as processes on one machine do: each input takes its time of
// one of them, and what it leads to happens at the end of that. Who comes first is first.
type processors struct {
	free  []int64 // when each is
	input int64   // how long each input takes
}

// take returns when an input that comes now has been handled.
func (p *processors) take(now int64) int64 {
	if len(p.free) == 0 {
		return now
	}
	first := 0
	for i, at := range p.free {
		if at < p.free[first] {
			first = i
		}
	}
	p.free[first] = max(p.free[first], now) + p.input
	return p.free[first]
}
