package sim

// event is something due at a moment of virtual time.
type event struct {
	at  int64  // nanoseconds since the world began
	seq uint64 // order among events of one moment: the order in which they were scheduled
	run func()
}

// clock is a queue of events, a 4-ary heap in order of (at, seq).
type clock struct {
	now  int64
	seq  uint64
	heap []event
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// schedule adds run at the moment at, or now when that has passed.
func (c *clock) schedule(at int64, run func()) {
	c.seq++
	c.heap = append(c.heap, event{max(at, c.now), c.seq, run})
	i := len(c.heap) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !c.heap[i].before(c.heap[parent]) {
			break
		}
		c.heap[i], c.heap[parent] = c.heap[parent], c.heap[i]
		i = parent
	}
}

// next takes the earliest event that is due no later than until, and moves the time to it.
func (c *clock) next(until int64) (event, bool) {
	if len(c.heap) == 0 || c.heap[0].at > until {
		return event{}, false
	}
	first := c.heap[0]
	last := len(c.heap) - 1
	c.heap[0], c.heap[last] = c.heap[last], event{}
	c.heap = c.heap[:last]
	c.sink()
	c.now = first.at
	return first, true
}

func (c *clock) sink() {
	i := 0
	for {
		least := i
		for child := 4*i + 1; child <= 4*i+4 && child < len(c.heap); child++ {
			if c.heap[child].before(c.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		c.heap[i], c.heap[least] = c.heap[least], c.heap[i]
		i = least
	}
}
