package transport

import (
	"cmp"
	"errors"
	"net"
	"net/netip"
	"slices"
)

// privateNets are the networks of RFC 6890 whose addresses routers forward but the internet does not know.
var privateNets = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("fc00::/7"),
}

// ErrNoAdvertise says that no address of this host is fit to be told to peers without being asked for.
var (
	ErrNoAdvertise     = errors.New("no private IP address found, and explicit IP not provided")
	ErrNoAdvertiseIPv6 = errors.New("no usable IPv6 address found, and explicit IP not provided")
)

// AdvertiseAddr returns the address that peers should use to reach a transport bound to bound: bound itself, or, where that is
// unspecified, the best address of an interface that is up, with the bound port:
//   - for 0.0.0.0 a private one: on the interface of the default route before others, IPv4 before IPv6, the smallest
//     network first; ErrNoAdvertise when there is none, since a public address should not be chosen silently;
//   - for :: an IPv6 one: private before public, the rest as above; ErrNoAdvertiseIPv6 when there is none.
//
// The choice is made anew in each call; a member makes it once.
func AdvertiseAddr(bound netip.AddrPort) (netip.AddrPort, error) {
	addr := bound.Addr().Unmap()
	if !addr.IsUnspecified() {
		return netip.AddrPortFrom(addr, bound.Port()), nil
	}
	candidates, err := interfaceAddrs()
	if err != nil {
		return netip.AddrPort{}, err
	}
	addr, err = choose(addr, candidates)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(addr, bound.Port()), nil
}

// candidate is an address of an interface.
type candidate struct {
	addr         netip.Addr
	bits         int  // of its network
	defaultRoute bool // its interface leads to everywhere
}

func (c candidate) private() bool {
	return slices.ContainsFunc(privateNets, func(p netip.Prefix) bool { return p.Contains(c.addr) })
}

// choose returns the best candidate for a socket bound to the unspecified address.
func choose(unspecified netip.Addr, candidates []candidate) (netip.Addr, error) {
	usable, none := candidate.private, ErrNoAdvertise
	if unspecified.Is6() {
		usable, none = candidate.usable6, ErrNoAdvertiseIPv6
	}
	list := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return !usable(c) })
	if len(list) == 0 {
		return netip.Addr{}, none
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(
			before(unspecified.Is6() && a.private(), unspecified.Is6() && b.private()),
			before(a.defaultRoute, b.defaultRoute),
			before(a.addr.Is4(), b.addr.Is4()),
			cmp.Compare(b.bits, a.bits),
		)
	})
	return list[0].addr, nil
}

func (c candidate) usable6() bool { return c.addr.Is6() && c.addr.IsGlobalUnicast() }

// before orders true before false.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// interfaceAddrs lists the addresses of interfaces that are up, without loopback and link-local ones, in the system's order.
func interfaceAddrs() ([]candidate, error) {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	outbound := []netip.Addr{outboundAddr("198.51.100.1:9"), outboundAddr("[2001:db8::1]:9")}
	var list []candidate
	for _, ifi := range interfaces {
		if ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := ifi.Addrs()
		if err != nil {
			continue // the interface went away
		}
		list = append(list, candidatesOf(addrs, outbound)...)
	}
	return list, nil
}

// candidatesOf returns the addresses of one interface; they lead to everywhere when one of them is an outbound one.
func candidatesOf(addrs []net.Addr, outbound []netip.Addr) []candidate {
	var list []candidate
	defaultRoute := false
	for _, a := range addrs {
		ipnet, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, _ := netip.AddrFromSlice(ipnet.IP)
		addr = addr.Unmap()
		defaultRoute = defaultRoute || slices.Contains(outbound, addr)
		if bits, _ := ipnet.Mask.Size(); addr.IsValid() && !addr.IsLoopback() && !addr.IsLinkLocalUnicast() {
			list = append(list, candidate{addr: addr, bits: bits})
		}
	}
	for i := range list {
		list[i].defaultRoute = defaultRoute
	}
	return list
}

// outboundAddr returns the local address from which packets to a far address would leave, and the zero value when there is no
// route. Nothing is sent: connecting a UDP socket only looks the route up. The far addresses are ones for documentation.
func outboundAddr(far string) netip.Addr {
	conn, err := net.Dial("udp", far)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}
