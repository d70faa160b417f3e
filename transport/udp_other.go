//go:build !linux

package transport

import "net"

func newPacketConn(conn *net.UDPConn, stats *counters) (packetConn, error) {
	return newSingleConn(conn, stats), nil
}

// receiveBuffer returns 0: the size that the system granted is not asked for here.
func receiveBuffer(*net.UDPConn) uint64 { return 0 }
