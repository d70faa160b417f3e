package transport

import (
	"errors"
	"net"
	"net/netip"
	"os"
)

// packetConn is the packet socket: batched where the system can, one packet a call elsewhere.
type packetConn interface {
	// read fills b, which is empty, with what is there, and waits while nothing is. It may return no packets and no error.
	read(b *Batch) error
	// write sends out, see Transport.WriteBatch, without counting.
	write(out []Outgoing)
	close() error
}

var errEmptyPacket = errors.New("packet without bytes")

// ReadBatch implements Transport.
func (n *Net) ReadBatch(b *Batch) error {
	var pause backoff
	for {
		b.Reset()
		err := n.packets.read(b)
		switch {
		case err == nil:
			if len(b.Packets) > 0 {
				n.countIn(b)
				return nil
			}
		case n.isClosed():
			b.Reset()
			return errClosed("read")
		default:
			n.stats.readErrors.Add(1)
			n.cfg.Report(err)
			pause.wait(n.closed)
		}
	}
}

func (n *Net) countIn(b *Batch) {
	var bytes uint64
	for i := range b.Packets {
		bytes += uint64(len(b.Packets[i].Data))
	}
	n.stats.reads.Add(1)
	n.stats.packetsIn.Add(uint64(len(b.Packets)))
	n.stats.bytesIn.Add(bytes)
}

// WriteBatch implements Transport.
func (n *Net) WriteBatch(out []Outgoing) (failed int, err error) {
	n.packets.write(out)
	var bytes uint64
	for i := range out {
		if out[i].Err == nil {
			bytes += uint64(len(out[i].Data))
			continue
		}
		if failed == 0 {
			err = out[i].Err
		}
		failed++
	}
	n.stats.packetsOut.Add(uint64(len(out) - failed))
	n.stats.bytesOut.Add(bytes)
	n.stats.packetsUnsent.Add(uint64(failed))
	return failed, err
}

// writeError is the error of a packet that the system refused, in the form of package net.
func writeError(to netip.AddrPort, call string, err error) error {
	return &net.OpError{Op: "write", Net: "udp", Addr: net.UDPAddrFromAddrPort(to), Err: os.NewSyscallError(call, err)}
}
