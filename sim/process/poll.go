package process

import "time"

// Poll calls done at once and then after each pause until it says yes, and says whether it did so before the limit.
func Poll(limit, pause time.Duration, done func() bool) bool {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for deadline := time.Now().Add(limit); !done(); <-tick.C {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
