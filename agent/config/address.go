package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// address resolves an address of one of the forms host, host:port, [v6] and [v6]:port; an IPv4 address of a host name goes
// before an IPv6 one.
func address(text string) (netip.AddrPort, error) {
	_, _, err := net.SplitHostPort(text)
	var bad *net.AddrError
	if errors.As(err, &bad) && bad.Err == "missing port in address" {
		text = net.JoinHostPort(strings.Trim(text, "[]"), strconv.Itoa(PortDefault))
	}
	tcp, err := net.ResolveTCPAddr("tcp", text)
	if err != nil {
		if ip, parseErr := netip.ParseAddr(text); parseErr == nil && ip.Is6() {
			err = fmt.Errorf("%w (an IPv6 address needs brackets: [%s])", err, ip)
		}
		return netip.AddrPort{}, err
	}
	if tcp.IP == nil { // ":7946"
		tcp.IP = net.IPv4zero
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), nil
}

// bindInterface returns bind with an address of iface: the one that bind names if it names one, else
// the first that is not link-local. chosen says that it was the latter. An error has the text of the reference agent.
func bindInterface(iface *net.Interface, bind netip.AddrPort) (_ netip.AddrPort, chosen bool, err error) {
	list, err := iface.Addrs()
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return bind, false, fmt.Errorf("Failed to get interface addresses: %w", err)
	}
	return chooseAddress(iface.Name, list, bind)
}

// chooseAddress is bindInterface for the interface called name that has the addresses in list.
func chooseAddress(name string, list []net.Addr, bind netip.AddrPort) (_ netip.AddrPort, chosen bool, err error) {
	if len(list) == 0 {
		//lint:ignore ST1005 scripts match on this text
		return bind, false, fmt.Errorf("Interface '%s' has no addresses", name)
	}
	any4 := bind.Addr() == netip.IPv4Unspecified()
	for _, a := range addrs(list) {
		if any4 && !a.IsLinkLocalUnicast() {
			return netip.AddrPortFrom(a, bind.Port()), true, nil
		}
		if a == bind.Addr().WithZone("") {
			return bind, false, nil
		}
	}
	if any4 {
		//lint:ignore ST1005 scripts match on this text
		return bind, false, fmt.Errorf("Failed to find usable address for interface '%s'", name)
	}
	//lint:ignore ST1005 scripts match on this text
	return bind, false, fmt.Errorf("Interface '%s' has no '%s' address", name, bind.Addr())
}

// addrs returns the addresses in list without their masks.
func addrs(list []net.Addr) []netip.Addr {
	var out []netip.Addr
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}
