package swim

import (
	"fmt"
	"net/netip"
)

// clusterState returns what a member of a cluster of that size says; "m0" is the first.
func clusterState(size int) *State {
	s := &State{Members: make([]MemberState, size)}
	for i := range s.Members {
		s.Members[i] = MemberState{Incarnation: 1, Info: &Info{
			Name:     fmt.Sprint("m", i),
			Addr:     bigAddr(i),
			Meta:     []byte("meta"),
			Versions: Versions{1, 5, 2, 2, 5, 4},
		}}
	}
	return s
}

func bigAddr(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte((i + 1) >> 16), byte((i + 1) >> 8), byte(i + 1)}), 7946)
}
