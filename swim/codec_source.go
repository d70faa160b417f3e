package swim

import (
	"net/netip"

	"serf/swim/msgpack"
)

// sourceFields returns how many of the three optional source fields of a ping or indirect ping will be sent.
func sourceFields(addr netip.AddrPort, node []byte) int {
	n := 0
	if addr.Addr().IsValid() {
		n++
	}
	if addr.Port() != 0 {
		n++
	}
	if len(node) > 0 {
		n++
	}
	return n
}

// appendSource appends those fields: ["SourceAddr" bytes]  ["SourceNode" str]  ["SourcePort" u16].
func appendSource(dst []byte, addr netip.AddrPort, node []byte) []byte {
	if addr.Addr().IsValid() {
		dst = append(dst, "\xaaSourceAddr"...)
		dst = appendAddr(dst, addr.Addr())
	}
	if len(node) > 0 {
		dst = append(dst, "\xaaSourceNode"...)
		dst = msgpack.AppendRawBytes(dst, node)
	}
	if addr.Port() != 0 {
		dst = append(dst, "\xaaSourcePort"...)
		dst = msgpack.AppendUint(dst, uint64(addr.Port()))
	}
	return dst
}
