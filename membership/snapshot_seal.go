package membership

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
)

const (
	// sealBytes is how much text a checksum covers at most, unless a single line is longer.
	sealBytes = 4 << 10
	// sealBytesMax is the most that a checksum may say to cover; the longest line is shorter.
	sealBytesMax = 8 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Frozen is a Snapshot as it was. It is immutable, and may be read by another goroutine.
type Frozen struct {
	members             []snapshotMember
	clock, event, query uint64
	ended               bool
}

// Freeze copies the state; 10,000 members take 0.3 ms.
func (s *Snapshot) Freeze() Frozen {
	return Frozen{members: slices.Clone(s.members), clock: s.clock, event: s.event, query: s.query, ended: s.ended}
}

// AppendCompacted appends the content of a compacted file, with checksums, to dst: all alive members, the failed ones, and
// the three clocks; the mark of a leave is kept at its end.
func (f *Frozen) AppendCompacted(dst []byte) []byte {
	lines, _ := f.appendMembers(nil)
	return f.appendEnd(AppendSealed(dst, lines))
}

// AppendRestated appends the same to dst as text that may follow any other in a file: readers of ours then forget what was
// before; the reference adds it to that.
func (f *Frozen) AppendRestated(dst []byte) []byte {
	lines, named := f.appendMembers([]byte(stateBeginLine + "\n"))
	lines = append(lines, stateEndPrefix...)
	lines = strconv.AppendInt(lines, int64(named), 10)
	lines = append(lines, '\n')
	return f.appendEnd(AppendSealed(dst, lines))
}

// appendMembers appends a line for each member and returns how many there are.
func (f *Frozen) appendMembers(dst []byte) (lines []byte, named int) {
	var failed []*snapshotMember
	for i := range f.members {
		m := &f.members[i]
		if m.alive {
			dst = appendAlive(dst, m.name, m.addr)
		}
		if m.failure != 0 {
			failed = append(failed, m)
		}
		if !m.forgotten() {
			named++
		}
	}
	slices.SortFunc(failed, func(a, b *snapshotMember) int { return cmp.Compare(a.failure, b.failure) })
	for _, m := range failed {
		dst = appendFailed(dst, m.name, m.addr)
	}
	return dst, named
}

// appendEnd appends the clocks, each sealed by itself so that damage to one does not cost the others, and the leave.
func (f *Frozen) appendEnd(dst []byte) []byte {
	dst = AppendSealed(dst, appendClock(nil, clockPrefix, f.clock))
	dst = AppendSealed(dst, appendClock(nil, eventClockPrefix, f.event))
	dst = AppendSealed(dst, appendClock(nil, queryClockPrefix, f.query))
	if f.ended {
		dst = AppendSealed(dst, []byte(leaveLine+"\n"))
	}
	return dst
}

// AppendSealed appends whole lines to dst, with a line of checksum behind each few thousand bytes.
func AppendSealed(dst, lines []byte) []byte {
	for len(lines) > 0 {
		n := sealLen(lines)
		dst = append(dst, lines[:n]...)
		dst = fmt.Appendf(dst, "%s%d %08x\n", checksumPrefix, n, crc32.Checksum(lines[:n], castagnoli))
		lines = lines[n:]
	}
	return dst
}

// sealLen returns how many of the bytes the next checksum covers: whole lines, at least one.
func sealLen(lines []byte) int {
	if len(lines) <= sealBytes {
		return len(lines)
	}
	if i := bytes.LastIndexByte(lines[:sealBytes], '\n'); i >= 0 {
		return i + 1
	}
	return bytes.IndexByte(lines, '\n') + 1
}

// parseSeal parses what follows checksumPrefix.
func parseSeal(rest []byte) (n int, sum uint32, ok bool) {
	length, digits, found := bytes.Cut(rest, []byte{' '})
	size, ok := parseUint(length)
	if !found || !ok || size == 0 || size > sealBytesMax || len(digits) != 8 {
		return 0, 0, false
	}
	for _, c := range digits {
		d := bytes.IndexByte([]byte("0123456789abcdef"), c)
		if d < 0 {
			return 0, 0, false
		}
		sum = sum<<4 | uint32(d)
	}
	return int(size), sum, true
}
