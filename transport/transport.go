package transport

import (
	"context"
	"net"
	"net/netip"
)

// Transport moves packets and streams between members. *Net does it with sockets, *memnet.Endpoint in memory.
// All methods may be called at the same time from several goroutines.
type Transport interface {
	// ReadBatch waits for packets, and fills b with at least one and as many as are there and fit. What b held before is
	// overwritten. It returns an error only when no packet can come any more: errors.Is(err, net.ErrClosed) after
	// Close. Then b is empty. Failures of the moment are counted, reported and waited out inside.
	ReadBatch(b *Batch) error

	// WriteBatch sends out[0], out[1], … each as one packet, sets the Err of each to nil or to why it was not sent, and
	// goes on after a failure. It returns the number of failures and the first of them. It keeps neither out nor
	// any Data. A packet without an error has left this process; whether it arrives nobody knows.
	WriteBatch(out []Outgoing) (failed int, err error)

	// Dial opens a stream. The stream's deadline is that of ctx, or Config.StreamTimeout from now where ctx has none.
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)

	// Accept waits for a stream from a peer. Its deadline is Config.StreamTimeout from now. The stream counts against
	// the limits until its Close is called. Streams above the limits are closed and counted, not returned; errors of
	// the listener are reported and waited out. It returns an error only after Close: errors.Is(err, net.ErrClosed).
	Accept() (net.Conn, error)

	// LocalAddr is the bound address with the port in use: never 0, the address may be unspecified (see AdvertiseAddr).
	LocalAddr() netip.AddrPort

	// Stats returns the counters of this moment.
	Stats() Stats

	// Close stops listening and wakes ReadBatch and Accept. Streams that were handed out live on until their owner closes
	// them. A second Close does nothing.
	Close() error
}

// Outgoing is one packet to send.
type Outgoing struct {
	To   netip.AddrPort
	Data []byte // at most PacketBytesMax
	Err  error  // set by WriteBatch: nil when the packet was sent
}
