package transport

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// Config says where and how to listen.
type Config struct {
	// Bind is the address of both sockets. Port 0 lets the system choose one number that is free for both.
	// An unspecified address listens on all interfaces, with IPv4 and IPv6 where the system can.
	Bind netip.AddrPort

	// StreamTimeout is the deadline given to each stream; its owner may move it. 0 means 10 s.
	StreamTimeout time.Duration

	// StreamsMax bounds the accepted streams that are open at the same time. 0 means 512.
	StreamsMax int

	// StreamsPerSourceMax bounds those of one address. 0 means 128.
	StreamsPerSourceMax int

	// ReceiveBufferBytes is the wanted socket receive buffer. 0 means 2 MiB.
	ReceiveBufferBytes int

	// Report, when set, hears of failures that are waited out: it is called from ReadBatch and Accept, must not block, and
	// should limit the rate of what it logs.
	Report func(err error)
}

// Net is the transport over real sockets.
type Net struct{ cfg Config }

var _ Transport = (*Net)(nil)

// Listen binds UDP and TCP. The text of its error is that of the reference agent, complete but for what the agent puts in
// front of it.
func Listen(cfg Config) (*Net, error) { panic("not yet") }

// AdvertiseAddr returns the address that peers should use to reach a transport bound to bound: bound itself, or, where that
// is unspecified, an address of an interface with the bound port.
func AdvertiseAddr(bound netip.AddrPort) (netip.AddrPort, error) { panic("not yet") }

func (n *Net) ReadBatch(b *Batch) error                               { panic("not yet") }
func (n *Net) WriteBatch(out []Outgoing) (int, error)                 { panic("not yet") }
func (n *Net) Dial(context.Context, netip.AddrPort) (net.Conn, error) { panic("not yet") }
func (n *Net) Accept() (net.Conn, error)                              { panic("not yet") }
func (n *Net) LocalAddr() netip.AddrPort                              { panic("not yet") }
func (n *Net) Stats() Stats                                           { panic("not yet") }
func (n *Net) Close() error                                           { panic("not yet") }
