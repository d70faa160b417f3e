package rpc

import "net"

// Member is a member of the cluster as clients see it.
type Member struct {
	Name string
	// Addr has 4 bytes for IPv4, 16 for IPv6; a reference agent may send IPv4 in 16.
	Addr net.IP
	Port uint16
	// Tags is nil when there are none.
	Tags map[string]string
	// Status is "alive", "leaving", "left", "failed" or "none".
	Status string
	// The gossip protocol: what the member understands and what it speaks.
	ProtocolMin, ProtocolMax, ProtocolCur uint8
	// The Serf protocol likewise.
	DelegateMin, DelegateMax, DelegateCur uint8
}
