package membership

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// A line of a snapshot file is one of
//
//	alive: NAME IP:PORT           the address is what follows the last space
//	not-alive: NAME
//	clock: N                      decimal, 64 bits; event-clock and query-clock likewise
//	leave
//	coordinate: …                 of old releases; skipped
//	# …                           comment
//
// The reference skips all comments. These are ours:
//
//	# crc: N XXXXXXXX             CRC-32C of the N bytes before this line, in hexadecimal
//	# failed: NAME IP:PORT        the member failed; the next not-alive line of it leaves it so
//	# alive: "NAME" IP:PORT       a name with a newline, Go-quoted
//	# not-alive: "NAME"
//	# state: begin                until the end follows all that is remembered
//	# state: end N                N members were named since the beginning; others are forgotten
//
// In comments a name that starts with a quotation mark is Go-quoted too.
const (
	alivePrefix      = "alive: "
	notAlivePrefix   = "not-alive: "
	clockPrefix      = "clock: "
	eventClockPrefix = "event-clock: "
	queryClockPrefix = "query-clock: "
	coordinatePrefix = "coordinate: "
	leaveLine        = "leave"
	checksumPrefix   = "# crc: "
	failedPrefix     = "# failed: "
	oddAlivePrefix   = "# alive: "
	oddGonePrefix    = "# not-alive: "
	stateBeginLine   = "# state: begin"
	stateEndPrefix   = "# state: end "
)

// Why a line is skipped.
const (
	reasonAddr    = "not a usable address"
	reasonName    = "not a usable name"
	reasonNumber  = "not a number"
	reasonUnknown = "not understood"
	reasonSpace   = "no address"
	reasonFull    = "too many members"
	reasonDamaged = "checksum does not match"
	reasonLong    = "line too long"
)

func appendAlive(dst []byte, name, addr string) []byte {
	if strings.Contains(name, "\n") {
		dst = append(dst, oddAlivePrefix...)
		dst = strconv.AppendQuote(dst, name)
	} else {
		dst = append(dst, alivePrefix...)
		dst = append(dst, name...)
	}
	return appendAddr(dst, addr)
}

func appendNotAlive(dst []byte, name string) []byte {
	if strings.Contains(name, "\n") {
		dst = append(dst, oddGonePrefix...)
		dst = strconv.AppendQuote(dst, name)
	} else {
		dst = append(dst, notAlivePrefix...)
		dst = append(dst, name...)
	}
	return append(dst, '\n')
}

func appendFailed(dst []byte, name, addr string) []byte {
	dst = append(dst, failedPrefix...)
	if strings.HasPrefix(name, `"`) || strings.Contains(name, "\n") {
		dst = strconv.AppendQuote(dst, name)
	} else {
		dst = append(dst, name...)
	}
	return appendAddr(dst, addr)
}

func appendAddr(dst []byte, addr string) []byte {
	dst = append(dst, ' ')
	dst = append(dst, addr...)
	return append(dst, '\n')
}

func appendClock(dst []byte, prefix string, t uint64) []byte {
	dst = append(dst, prefix...)
	dst = strconv.AppendUint(dst, t, 10)
	return append(dst, '\n')
}

// line takes one line, without its newline, into the state. A line of a block that is known to be damaged cannot move a
// clock, and cannot end a whole state: a wrong time would make the member deaf to events, and a wrong name only costs a
// dial. It returns why the line was skipped, or "".
func (s *Snapshot) line(line []byte, trusted bool) string {
	if rest, ok := cut(line, alivePrefix); ok {
		return s.aliveLine(rest)
	}
	if rest, ok := cut(line, notAlivePrefix); ok {
		s.setNotAlive(rest)
		return ""
	}
	if rest, ok := cut(line, clockPrefix); ok {
		return setClock(&s.clock, rest, trusted)
	}
	if rest, ok := cut(line, eventClockPrefix); ok {
		return setClock(&s.event, rest, trusted)
	}
	if rest, ok := cut(line, queryClockPrefix); ok {
		return setClock(&s.query, rest, trusted)
	}
	if len(line) > 0 && line[0] == '#' {
		return s.comment(line, trusted)
	}
	if string(line) == leaveLine {
		s.setLeave()
		return ""
	}
	if _, ok := cut(line, coordinatePrefix); ok {
		return ""
	}
	return reasonUnknown
}

func (s *Snapshot) aliveLine(rest []byte) string {
	i := bytes.LastIndexByte(rest, ' ')
	if i < 0 {
		return reasonSpace
	}
	return s.setAlive(rest[:i], rest[i+1:])
}

// comment takes in a comment that is one of ours.
func (s *Snapshot) comment(line []byte, trusted bool) string {
	if rest, ok := cut(line, failedPrefix); ok {
		name, addr, why := splitComment(rest)
		if why != "" {
			return why
		}
		return s.setFailed(name, addr)
	}
	if rest, ok := cut(line, oddAlivePrefix); ok {
		name, addr, why := splitComment(rest)
		if why != "" {
			return why
		}
		return s.setAlive(name, addr)
	}
	if rest, ok := cut(line, oddGonePrefix); ok {
		name, ok := unquote(rest)
		if !ok {
			return reasonName
		}
		s.setNotAlive(name)
		return ""
	}
	if string(line) == stateBeginLine && trusted {
		s.mark++
		s.begun = s.mark
	}
	if rest, ok := cut(line, stateEndPrefix); ok && trusted {
		s.endState(rest)
	}
	return ""
}

// endState forgets the members that a whole state does not name. It believes it only if all are there that it named.
func (s *Snapshot) endState(count []byte) {
	begun := s.begun
	s.begun = 0
	want, ok := parseUint(count)
	if begun == 0 || !ok {
		return
	}
	named := uint64(0)
	for i := range s.members {
		if m := &s.members[i]; !m.forgotten() && m.mark >= begun {
			named++
		}
	}
	if named == want {
		s.sweep(func(m *snapshotMember) bool { return m.mark < begun })
	}
}

// splitComment parts "NAME IP:PORT", where NAME may be quoted.
func splitComment(rest []byte) (name, addr []byte, why string) {
	i := bytes.LastIndexByte(rest, ' ')
	if i < 0 {
		return nil, nil, reasonSpace
	}
	name, ok := unquote(rest[:i])
	if !ok {
		return nil, nil, reasonName
	}
	return name, rest[i+1:], ""
}

// unquote undoes the quoting of a name in a comment.
func unquote(b []byte) (name []byte, ok bool) {
	if len(b) == 0 || b[0] != '"' {
		return b, true
	}
	text, err := strconv.Unquote(string(b))
	return []byte(text), err == nil
}

// setClock sets a clock, also back: what was written last counts.
func setClock(clock *uint64, text []byte, trusted bool) string {
	t, ok := parseUint(text)
	switch {
	case !ok:
		return reasonNumber
	case !trusted:
		return reasonDamaged
	}
	*clock = t
	return ""
}

// parseUint parses decimal digits and nothing else.
func parseUint(b []byte) (n uint64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || n > (1<<64-1)/10 || n*10 > 1<<64-1-d {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// parseAddr returns the usual form of an address that a member can have. It forgives a final carriage return.
func parseAddr(b []byte) (text string, ok bool) {
	addr, err := netip.ParseAddrPort(string(bytes.TrimSuffix(b, []byte("\r"))))
	if err != nil {
		return "", false
	}
	return addrText(addr)
}

// addrText returns the form in which an address is written; false for one that no member can have or no line can hold.
func addrText(addr netip.AddrPort) (text string, ok bool) {
	ip := addr.Addr().Unmap()
	if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || addr.Port() == 0 || strings.ContainsAny(ip.Zone(), " \n\r]%") {
		return "", false
	}
	return netip.AddrPortFrom(ip, addr.Port()).String(), true
}

func cut(line []byte, prefix string) (rest []byte, ok bool) {
	if len(line) < len(prefix) || string(line[:len(prefix)]) != prefix {
		return nil, false
	}
	return line[len(prefix):], true
}
