package rpc

import (
	"net"
	"sync"
	"time"
)

// pieceBytes is how much of a reply is encoded before it is written: all that a slow reader of a long reply costs.
const pieceBytes = 32 << 10

// output is the sending half of a server's connection. Replies and records go out whole, one after another.
type output struct {
	net     net.Conn
	timeout time.Duration

	turn chan struct{} // holds one token while somebody writes; a mutex would hide the wait from tests in virtual time
	err  error         // of the first write that failed; nothing is written after it
}

// pieces is a message being encoded. Users append to buf and call spill from time to time.
type pieces struct {
	buf []byte
	out *output
}

var piecesPool = sync.Pool{New: func() any { return &pieces{buf: make([]byte, 0, pieceBytes+pieceBytes/4)} }}

// send writes the message that fill appends. The error is that of the connection, which is then of no more use.
func (o *output) send(fill func(p *pieces)) error {
	o.turn <- struct{}{}
	defer func() { <-o.turn }()
	if o.err != nil {
		return o.err
	}
	p := piecesPool.Get().(*pieces)
	p.out = o
	fill(p)
	o.write(p.buf)
	if cap(p.buf) <= 2*pieceBytes {
		p.buf, p.out = p.buf[:0], nil
		piecesPool.Put(p)
	}
	return o.err
}

// spill writes what has gathered if it is a full piece.
func (p *pieces) spill() {
	if len(p.buf) < pieceBytes {
		return
	}
	p.out.write(p.buf)
	p.buf = p.buf[:0]
}

// write sends b, a piece at a time, each with its own deadline, so that only a reader that stands still is given up.
func (o *output) write(b []byte) {
	for len(b) > 0 && o.err == nil {
		piece := b[:min(len(b), pieceBytes)]
		b = b[len(piece):]
		o.err = o.net.SetWriteDeadline(time.Now().Add(o.timeout))
		if o.err == nil {
			_, o.err = o.net.Write(piece)
		}
	}
}
