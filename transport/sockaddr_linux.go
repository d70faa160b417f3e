package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var (
	errFamily  = errors.New("address family not supported by the socket")
	errNoAddr  = errors.New("no address")
	errBadZone = errors.New("unknown zone")
)

// zones turns socket addresses into netip ones and back. It remembers the last interface of a link-local address, for looking
// one up costs a system call and more.
type zones struct {
	index uint32
	name  string
}

// addrPort returns the address in sa, which holds either family; IPv4 in its 4-byte form.
func (z *zones) addrPort(sa *unix.RawSockaddrInet6) netip.AddrPort {
	if sa.Family == unix.AF_INET {
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), port(&sa4.Port))
	}
	addr := netip.AddrFrom16(sa.Addr).Unmap()
	if sa.Scope_id != 0 && addr.Is6() {
		addr = addr.WithZone(z.nameOf(sa.Scope_id))
	}
	return netip.AddrPortFrom(addr, port(&sa.Port))
}

// sockaddr writes to into sa, in the form that a socket of the family needs, and returns the length of that form.
func (z *zones) sockaddr(sa *unix.RawSockaddrInet6, to netip.AddrPort, inet6 bool) (uint32, error) {
	addr := to.Addr()
	switch {
	case !addr.IsValid():
		return 0, errNoAddr
	case inet6:
		index, err := z.indexOf(addr.Zone())
		if err != nil {
			return 0, err
		}
		*sa = unix.RawSockaddrInet6{Family: unix.AF_INET6, Addr: addr.As16(), Scope_id: index}
		setPort(&sa.Port, to.Port())
		return unix.SizeofSockaddrInet6, nil
	case addr.Unmap().Is4():
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		*sa4 = unix.RawSockaddrInet4{Family: unix.AF_INET, Addr: addr.Unmap().As4()}
		setPort(&sa4.Port, to.Port())
		return unix.SizeofSockaddrInet4, nil
	default:
		return 0, errFamily
	}
}

func (z *zones) nameOf(index uint32) string {
	if z.index != index {
		name := strconv.FormatUint(uint64(index), 10)
		if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
			name = ifi.Name
		}
		z.index, z.name = index, name
	}
	return z.name
}

func (z *zones) indexOf(name string) (uint32, error) {
	if name == "" {
		return 0, nil
	}
	if z.name != name {
		index, err := strconv.ParseUint(name, 10, 32)
		if ifi, e := net.InterfaceByName(name); e == nil {
			index, err = uint64(ifi.Index), nil
		}
		if err != nil {
			return 0, errBadZone
		}
		z.index, z.name = uint32(index), name
	}
	return z.index, nil
}

// port reads the port of a socket address, which lies there in network order.
func port(p *uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(p))[:]) }

func setPort(p *uint16, port uint16) {
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(p))[:], port)
}

func errnoError(call string, errno syscall.Errno) error { return os.NewSyscallError(call, errno) }
