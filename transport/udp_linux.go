package transport

import (
	"net"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// batchConn is a packet socket that moves up to BatchLen packets with one system call.
type batchConn struct {
	conn *net.UDPConn
	in   receiver
	out  sender
}

func newPacketConn(conn *net.UDPConn, stats *counters) (packetConn, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	c := &batchConn{conn: conn}
	if err := c.out.init(raw); err != nil {
		return nil, err
	}
	if err := c.in.init(raw, stats); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *batchConn) read(b *Batch) error  { return c.in.read(b) }
func (c *batchConn) write(out []Outgoing) { c.out.write(out) }

// close wakes a reader and waits until it has left before its memory goes.
func (c *batchConn) close() error {
	err := c.conn.Close()
	c.in.free()
	return err
}

// restBytes is the room behind a slot for the remainder of the largest datagram.
const restBytes = 1<<16 - slotBytes

// receiver reads batches. A packet's bytes go to a slot of the batch, and what is longer goes on in rest, which belongs to
// the receiver. That is 2 MiB of address space outside the Go heap: of no weight to the collector, and without
// memory behind it until a large packet comes.
type receiver struct {
	raw   syscall.RawConn
	stats *counters
	call  func(fd uintptr) bool // bound once, since a method value allocates

	mu    sync.Mutex
	msgs  [BatchLen]mmsghdr
	iovs  [BatchLen][2]unix.Iovec
	names [BatchLen]unix.RawSockaddrInet6 // fits the IPv4 form too
	rest  []byte                          // BatchLen pieces of restBytes; nil after free
	dirty bool                            // rest has memory behind it
	zones zones

	vlen  int // argument and results of call
	got   int
	errno syscall.Errno
}

func (r *receiver) init(raw syscall.RawConn, stats *counters) (err error) {
	r.raw, r.stats, r.call = raw, stats, r.recv
	r.rest, err = unix.Mmap(-1, 0, BatchLen*restBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	_ = unix.Madvise(r.rest, unix.MADV_NOHUGEPAGE) // a huge page would give one packet 2 MiB; not every kernel has them
	for i := range r.msgs {
		iov := &r.iovs[i]
		iov[1].Base = &r.rest[i*restBytes]
		iov[1].SetLen(restBytes)
		hdr := &r.msgs[i].hdr
		hdr.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		hdr.Iov = &iov[0]
		hdr.SetIovlen(len(iov))
	}
	return nil
}

func (r *receiver) free() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rest != nil {
		_ = unix.Munmap(r.rest) // fails only for memory that is not mapped
		r.rest = nil
	}
}

func (r *receiver) read(b *Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rest == nil {
		return net.ErrClosed
	}
	r.vlen = min(len(b.room), BatchLen)
	for i := range r.vlen {
		iov := &r.iovs[i][0]
		iov.Base = &b.slots[i*slotBytes]
		iov.SetLen(slotBytes)
		r.msgs[i].hdr.Namelen = unix.SizeofSockaddrInet6
	}
	if err := r.raw.Read(r.call); err != nil {
		return err
	}
	at := time.Now()
	if r.errno != 0 {
		return readError(r.errno)
	}
	r.deliver(b, at)
	return nil
}

// recv is the system call of read; false means that nothing is there.
func (r *receiver) recv(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.msgs[0])), uintptr(r.vlen), unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		r.got, r.errno = int(n), errno
		return errno != unix.EAGAIN
	}
}

// deliver appends the received packets to b.
func (r *receiver) deliver(b *Batch, at time.Time) {
	large := false
	for i := range r.got {
		n := int(r.msgs[i].len)
		if n == 0 {
			r.stats.packetsEmpty.Add(1)
			continue
		}
		head := b.slot(i)[:min(n, slotBytes):min(n, slotBytes)]
		var rest []byte
		if n > slotBytes {
			rest = r.rest[i*restBytes:][:n-slotBytes]
			r.stats.packetsLarge.Add(1)
			large = true
		}
		b.commit(r.zones.addrPort(&r.names[i]), at, head, rest)
	}
	r.tidy(large)
}

// tidy gives the memory behind rest back once large packets no longer come.
func (r *receiver) tidy(large bool) {
	if r.dirty && !large {
		_ = unix.Madvise(r.rest, unix.MADV_DONTNEED) // a refusal costs only the memory
	}
	r.dirty = large
}

func readError(errno syscall.Errno) error {
	return &net.OpError{Op: "read", Net: "udp", Err: errnoError("recvmmsg", errno)}
}

// sender writes batches.
type sender struct {
	raw   syscall.RawConn
	inet6 bool // the socket is an IPv6 one, perhaps for both families
	call  func(fd uintptr) bool

	mu    sync.Mutex
	msgs  [BatchLen]mmsghdr
	iovs  [BatchLen]unix.Iovec
	names [BatchLen]unix.RawSockaddrInet6 // fits the IPv4 form too
	from  [BatchLen]uint8                 // index of the Outgoing of each message
	zones zones

	next, end int // arguments of call: the messages still to send
	sent      int // results of call
	errno     syscall.Errno
}

func (s *sender) init(raw syscall.RawConn) error {
	s.raw, s.call = raw, s.send
	for i := range s.msgs {
		hdr := &s.msgs[i].hdr
		hdr.Name = (*byte)(unsafe.Pointer(&s.names[i]))
		hdr.Iov = &s.iovs[i]
		hdr.SetIovlen(1)
	}
	var sa unix.Sockaddr
	var err error
	if e := raw.Control(func(fd uintptr) { sa, err = unix.Getsockname(int(fd)) }); e != nil {
		return e
	}
	_, s.inet6 = sa.(*unix.SockaddrInet6)
	return err
}

func (s *sender) write(out []Outgoing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(out) > 0 {
		n := min(len(out), BatchLen)
		s.writeSome(out[:n])
		out = out[n:]
	}
}

// writeSome sends at most BatchLen packets.
func (s *sender) writeSome(out []Outgoing) {
	s.next, s.end = 0, 0
	for i := range out {
		if out[i].Err = s.prepare(s.end, &out[i]); out[i].Err == nil {
			s.from[s.end] = uint8(i)
			s.end++
		}
	}
	for s.next < s.end {
		err := s.raw.Write(s.call)
		failed := &out[s.from[s.next]]
		switch {
		case err != nil:
			failed.Err = err // closed: the others get the same, one by one
			s.next++
		case s.errno != 0: // speaks of the first message alone
			failed.Err = writeError(failed.To, "sendmmsg", s.errno)
			s.next++
		default:
			s.next += s.sent
		}
	}
	for i := range s.end {
		s.iovs[i].Base = nil // keep no packet alive
	}
}

// prepare makes o the i-th message.
func (s *sender) prepare(i int, o *Outgoing) error {
	if len(o.Data) == 0 {
		return writeError(o.To, "sendmmsg", errEmptyPacket)
	}
	size, err := s.zones.sockaddr(&s.names[i], o.To, s.inet6)
	if err != nil {
		return writeError(o.To, "sendmmsg", err)
	}
	s.msgs[i].hdr.Namelen = size
	s.iovs[i].Base = &o.Data[0]
	s.iovs[i].SetLen(len(o.Data))
	return nil
}

// send is the system call of write; false means that the socket's buffer is full.
func (s *sender) send(fd uintptr) bool {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&s.msgs[s.next])), uintptr(s.end-s.next), unix.MSG_DONTWAIT, 0, 0)
		if errno == unix.EINTR {
			continue
		}
		s.sent, s.errno = int(n), errno
		return errno != unix.EAGAIN
	}
}

// receiveBuffer returns the receive buffer that the system granted.
func receiveBuffer(conn *net.UDPConn) uint64 {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	size := 0
	_ = raw.Control(func(fd uintptr) { size, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF) })
	if err != nil {
		return 0
	}
	return uint64(size)
}
