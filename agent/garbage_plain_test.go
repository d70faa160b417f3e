//go:build !race

package agent

import "time"

// garbageCostMax is how much processor time a changed packet may take: five times as much as it does, for invariants and busy hosts.
const garbageCostMax = 100 * time.Microsecond
