//go:build conform

package conform

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"time"

	"github.com/ugorji/go/codec"
)

// rpcWire is MessagePack in the new profile, as RPC clients speak it.
var rpcWire = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{WriteExt: true}
	h.Canonical = true
	h.MapType = reflect.TypeFor[map[string]any]()
	return h
}()

type fields = map[string]any

// rpcConn is a client that says exactly what it is told to.
type rpcConn struct {
	t    *trial
	conn net.Conn
	dec  *codec.Decoder
	seq  uint64
}

type (
	replyHeader struct {
		Seq   uint64
		Error string
	}
	rpcMember struct {
		Name                                  string
		Addr                                  []byte
		Port                                  uint16
		Tags                                  map[string]string
		Status                                string
		ProtocolMin, ProtocolMax, ProtocolCur uint8
		DelegateMin, DelegateMax, DelegateCur uint8
	}
	memberList struct{ Members []rpcMember }
)

// dialRPC connects without a handshake.
func (a *agentProc) dialRPC() *rpcConn {
	conn := a.t.dial(a.rpc)
	return &rpcConn{t: a.t, conn: conn, dec: codec.NewDecoder(bufio.NewReader(conn), rpcWire)}
}

// client connects and shakes hands.
func (a *agentProc) client() *rpcConn {
	c := a.dialRPC()
	c.ok("handshake", fields{"Version": 1})
	return c
}

// write sends values one after the other.
func (c *rpcConn) write(values ...any) {
	for _, v := range values {
		var b []byte
		c.t.must(codec.NewEncoderBytes(&b, rpcWire).Encode(v), "encode")
		c.raw(b)
	}
}

func (c *rpcConn) raw(b []byte) {
	_, err := c.conn.Write(b)
	c.t.must(err, "write to the agent")
}

// request sends a header and, unless nil, a body, and returns the sequence number.
func (c *rpcConn) request(command string, body any) uint64 {
	c.seq++
	c.write(fields{"Command": command, "Seq": c.seq})
	if body != nil {
		c.write(body)
	}
	return c.seq
}

// read reads the next value.
func (c *rpcConn) read(v any) {
	err := c.dec.Decode(v)
	c.t.expect(err == nil, fmt.Sprintf("a %T from the agent", v), err)
}

// header reads a header that must carry a sequence number.
func (c *rpcConn) header(seq uint64) string {
	var h replyHeader
	c.read(&h)
	c.t.equal("sequence number of the reply", h.Seq, seq)
	return h.Error
}

// call sends a request and returns the error of the reply.
func (c *rpcConn) call(command string, body any) string { return c.header(c.request(command, body)) }

// ok sends a request that must succeed.
func (c *rpcConn) ok(command string, body any) {
	c.t.equal("error of "+command, c.call(command, body), "")
}

// get sends a request that must succeed and decodes the body of the reply.
func (c *rpcConn) get(command string, body, reply any) {
	c.ok(command, body)
	c.read(reply)
}

// closed checks that the agent says nothing more and hangs up.
func (c *rpcConn) closed() {
	var v any
	err := c.dec.Decode(&v)
	c.t.expect(err != nil && !isTimeout(err), "the agent hangs up", fmt.Sprint(v, " ", err))
}

// open checks that the connection still works.
func (c *rpcConn) open() {
	var list memberList
	c.get("members", nil, &list)
}

// record reads headers and bodies of a stream until one fits.
func (c *rpcConn) record(seq uint64, expected string, fits func(fields) bool) fields {
	deadline := time.Now().Add(within)
	c.t.must(c.conn.SetReadDeadline(deadline), "set a deadline")
	var seen []fields
	for {
		var h replyHeader
		var f fields
		err := c.dec.Decode(&h)
		if err == nil {
			err = c.dec.Decode(&f)
		}
		if err != nil {
			c.t.failf("expected: a record with %s\nseen:     %v, then %v", expected, seen, err)
		}
		if h.Seq == seq && fits(f) {
			c.t.equal("error of a record", h.Error, "")
			return f
		}
		seen = append(seen, f)
	}
}

// quietFor checks that nothing comes for a while.
func (c *rpcConn) quietFor(d time.Duration) {
	c.t.must(c.conn.SetReadDeadline(time.Now().Add(d)), "set a deadline")
	var v any
	err := c.dec.Decode(&v)
	c.t.expect(isTimeout(err) || errors.Is(err, io.EOF), "nothing more from the agent", v)
}

// bytesOf is a value that may have arrived as string or bytes.
func bytesOf(v any) string {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case string:
		return v
	default:
		return ""
	}
}

// numberOf is an integer of whatever family it arrived in.
func numberOf(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case uint64:
		return int64(v)
	default:
		return -1
	}
}

// members asks for the list of members.
func (a *agentProc) members() []rpcMember {
	c := a.client()
	defer c.conn.Close()
	var list memberList
	c.get("members", nil, &list)
	return list.Members
}

// member finds a member by name.
func (a *agentProc) member(name string) (rpcMember, bool) {
	members := a.members()
	i := slices.IndexFunc(members, func(m rpcMember) bool { return m.Name == name })
	if i < 0 {
		return rpcMember{}, false
	}
	return members[i], true
}

// awaitStatus waits until the agent shows a member with a status; "" means that it is not listed.
func (a *agentProc) awaitStatus(name, status string) {
	a.t.eventually(fmt.Sprintf("%s shows %s as %q", a.node, name, status), func() (any, bool) {
		m, _ := a.member(name)
		return m.Status, m.Status == status
	})
}

// stats asks for the statistics.
func (a *agentProc) stats() map[string]map[string]string {
	c := a.client()
	defer c.conn.Close()
	var stats map[string]map[string]string
	c.get("stats", nil, &stats)
	return stats
}
