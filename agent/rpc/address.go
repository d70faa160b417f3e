package rpc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

const (
	// PortDefault is the port of an address that names none.
	PortDefault = 7373
	// unixScheme begins the address of a Unix socket.
	unixScheme = "unix://"
	// socketPathMax is how long the path of a socket may be: the system's structure has 108 bytes, with a zero at the end.
	socketPathMax = 107
)

// ParseAddress takes an RPC address apart for package net: host:port, a host alone, whose port is then PortDefault, or
// unix:// and the absolute path of a Unix socket. IPv6 addresses may stand without brackets when no port follows. Whether
// host and port exist is not checked.
func ParseAddress(text string) (network, address string, err error) {
	if path, ok := strings.CutPrefix(text, unixScheme); ok {
		return "unix", path, checkSocketPath(path)
	}
	if strings.Contains(text, "/") || strings.HasPrefix(text, "unix:") {
		path := "/" + strings.TrimLeft(text[strings.Index(text, ":")+1:], "/")
		return "", "", fmt.Errorf("address %s: want HOST:PORT or %s/PATH, as in %s%s", text, unixScheme, unixScheme, path)
	}
	var bad *net.AddrError
	if _, _, err := net.SplitHostPort(text); text == "" || !errors.As(err, &bad) {
		return "tcp", text, nil
	}
	host := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if strings.ContainsAny(host, "[]") {
		return "tcp", text, nil
	}
	if ip, err := netip.ParseAddr(host); bad.Err == "missing port in address" || err == nil && ip.Is6() {
		return "tcp", net.JoinHostPort(host, strconv.Itoa(PortDefault)), nil
	}
	return "tcp", text, nil // package net has the words for it
}

func checkSocketPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("address %s%s: the path of a Unix socket begins with /, as in %s/run/serf.sock", unixScheme, path, unixScheme)
	case strings.HasSuffix(path, "/"):
		return fmt.Errorf("address %s%s: this is a directory, name a socket in it", unixScheme, path)
	case strings.ContainsRune(path, 0):
		return fmt.Errorf("address %q: a path has no zero byte", unixScheme+path)
	case len(path) > socketPathMax:
		return fmt.Errorf("address %s%s: the path has %d bytes, a Unix socket may have %d", unixScheme, path, len(path), socketPathMax)
	}
	return nil
}
