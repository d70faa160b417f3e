package discover

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// port is that of multicast DNS.
const port = 5353

// family is one of the two address families.
type family struct {
	name    string
	network string
	group   netip.AddrPort
	any     netip.AddrPort
	// join enters the group on an interface, nil: the one that the system chooses.
	join func(c net.PacketConn, on *net.Interface, group net.Addr) error
	// sendOn makes packets to the group leave by an interface.
	sendOn func(c net.PacketConn, on *net.Interface) error
}

var families = []family{
	{
		name: "IPv4", network: "udp4",
		group: netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), port),
		any:   netip.AddrPortFrom(netip.IPv4Unspecified(), 0),
		join: func(c net.PacketConn, on *net.Interface, group net.Addr) error {
			return ipv4.NewPacketConn(c).JoinGroup(on, group)
		},
		sendOn: func(c net.PacketConn, on *net.Interface) error {
			return ipv4.NewPacketConn(c).SetMulticastInterface(on)
		},
	},
	{
		name: "IPv6", network: "udp6",
		group: netip.AddrPortFrom(netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 15: 0xfb}), port),
		any:   netip.AddrPortFrom(netip.IPv6Unspecified(), 0),
		join: func(c net.PacketConn, on *net.Interface, group net.Addr) error {
			return ipv6.NewPacketConn(c).JoinGroup(on, group)
		},
		sendOn: func(c net.PacketConn, on *net.Interface) error {
			return ipv6.NewPacketConn(c).SetMulticastInterface(on)
		},
	},
}

// listen opens a socket that hears what is sent to the group on an interface, nil: the one that the system chooses. Any number
// of programs of a host may do so.
func (f family) listen(on *net.Interface) (*net.UDPConn, error) {
	return net.ListenMulticastUDP(f.network, on, net.UDPAddrFromAddrPort(f.group))
}

// rejoin enters the group once more: an interface that went and came back is out of it, and the system may now choose another
// one. To be in it already is no error.
func (f family) rejoin(c *net.UDPConn, on *net.Interface) error {
	err := f.join(c, on, net.UDPAddrFromAddrPort(f.group))
	if err != nil && alreadyJoined(err) {
		return nil
	}
	return err
}

// ask opens a socket from which questions can be sent to the group.
func (f family) ask(on *net.Interface) (*net.UDPConn, error) {
	c, err := net.ListenUDP(f.network, net.UDPAddrFromAddrPort(f.any))
	if err != nil {
		return nil, err
	}
	if on != nil {
		if err := f.sendOn(c, on); err != nil {
			_ = c.Close()
			return nil, err
		}
	}
	return c, nil
}

// interfaceByName returns nil for no name.
func interfaceByName(name string) (*net.Interface, error) {
	if name == "" {
		return nil, nil
	}
	on, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	return on, nil
}

// isOwn says whether ip is an address of this host.
func isOwn(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	list, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip.WithZone("") {
			return true
		}
	}
	return false
}
