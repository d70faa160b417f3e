package journal

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const (
	// syslogBytesMax is how long a datagram may be: longer than the output of a handler. Longer ones are cut.
	syslogBytesMax = 16 << 10
	// syslogWriteTimeout is how long the daemon may take for one line, twice, before it counts as hanging.
	syslogWriteTimeout = 200 * time.Millisecond
	// syslogPause is how long a daemon that hangs or is gone is left alone; lines of that time are lost.
	syslogPause = time.Second
)

// SyslogPaths are where the daemon of this machine may listen, in the order in which they are tried.
var SyslogPaths = []string{"/dev/log", "/var/run/syslog", "/var/run/log"}

// facilities are the names that operators use, by number.
var facilities = []string{"KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
	"", "", "", "", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7"}

// severities are the reference's: what its users sort their logs by.
var severities = map[Level]int{Trace: 7, Debug: 6, Info: 5, Warn: 4, Err: 3, Plain: 5}

// errNoSyslog says that there is no daemon. Scripts match on its text.
//
//lint:ignore ST1005 scripts match on this text
var errNoSyslog = errors.New("Unix syslog delivery error")

// ParseFacility turns the name of a syslog facility, in any case, into its number.
func ParseFacility(name string) (int, error) {
	upper := strings.ToUpper(name)
	for number, n := range facilities {
		if n == upper && n != "" {
			return number, nil
		}
	}
	return 0, fmt.Errorf("invalid syslog facility: %s", upper)
}

// Syslog sends lines to the syslog daemon of this machine. A daemon that hangs costs a line 400 ms and the lines of the
// following second, one that has gone away costs those lines; then the connection is made anew, and how many lines were lost
// is said. It is meant for AddLines, whose goroutine alone uses it.
type Syslog struct {
	facility int
	tag      string
	paths    []string
	now      func() time.Time

	conn    net.Conn // nil: none
	stream  bool     // conn has no datagrams
	retryAt time.Time
	lost    int
}

var _ LineWriter = (*Syslog)(nil)

// DialSyslog connects to the first of paths where a daemon listens. tag names the program in its lines.
func DialSyslog(facility int, tag string, paths []string) (*Syslog, error) {
	s := &Syslog{facility: facility, tag: tag, paths: paths, now: time.Now}
	if !s.dial() {
		return nil, errNoSyslog
	}
	return s, nil
}

func (s *Syslog) dial() bool {
	for _, path := range s.paths {
		for _, network := range []string{"unixgram", "unix"} {
			if conn, err := net.DialTimeout(network, path, syslogWriteTimeout); err == nil {
				s.conn, s.stream = conn, network == "unix"
				return true
			}
		}
	}
	return false
}

// WriteLine sends l. What cannot be sent is counted.
func (s *Syslog) WriteLine(l Line) {
	if s.lost > 0 && s.send(lostLine(s.now(), s.lost, "syslog did not take them")) {
		s.lost = 0
	}
	if !s.send(l) {
		s.lost++
	}
}

// send sends l and says whether it succeeded. When the daemon was restarted it is connected to anew.
func (s *Syslog) send(l Line) bool {
	now := s.now()
	if now.Before(s.retryAt) {
		return false
	}
	for range 2 { // the second time with a new connection
		if s.conn == nil && !s.dial() {
			break
		}
		err := s.write(s.datagram(l))
		if err == nil {
			return true
		}
		s.hangUp()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	s.retryAt = now.Add(syslogPause)
	return false
}

// write sends b, and tries again when its time is over: on a busy machine it may have passed before the first attempt.
func (s *Syslog) write(b []byte) (err error) {
	for range 2 {
		_ = s.conn.SetWriteDeadline(time.Now().Add(syslogWriteTimeout))
		if _, err = s.conn.Write(b); !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	return err
}

// datagram returns l in the form of RFC 3164 without host name, which is what local daemons expect.
func (s *Syslog) datagram(l Line) []byte {
	priority := s.facility<<3 | severities[l.Level]
	b := fmt.Appendf(nil, "<%d>%s %s[%d]: ", priority, l.At.Local().Format(time.Stamp), s.tag, os.Getpid())
	b = append(b, strings.TrimSuffix(l.Message(), "\n")...)
	b = append(b[:min(len(b), syslogBytesMax)], '\n')
	if s.stream {
		b = append(b, 0)
	}
	return b
}

// hangUp ends the connection. A further line makes a new one.
func (s *Syslog) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}
