package broadcast

import "math"

// TransmitLimit returns how many packets a message rides in before the queue forgets it, with mult ≥ 0 and members the
// size of the cluster, the local node and unreaped dead ones included:
//
//	mult · ⌈log10(members + 1)⌉
//
// It is exact for every size. No members, or fewer, give 0, which stands for a single transmission. SWIM §4.1: λ·log n
// transmissions reach everybody with high probability; the base is the one that reference peers use.
func TransmitLimit(mult, members int) int {
	digits := 0
	for power := 1; power <= members; power *= 10 {
		digits++
		if power > math.MaxInt/10 {
			break
		}
	}
	return mult * digits
}
