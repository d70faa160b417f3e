//go:build race

package agent

import "time"

// garbageCostMax is how much processor time a changed packet may take under the race detector.
const garbageCostMax = 2 * time.Millisecond
