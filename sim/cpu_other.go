//go:build !unix

package sim

import "time"

// processorTime is the time since the start, which is longer than what it stands for when the machine is busy.
func processorTime() time.Duration { return time.Since(started) }
