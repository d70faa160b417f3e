package journal

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// daemon is a syslog daemon as far as its socket goes.
type daemon struct {
	t    *testing.T
	conn *net.UnixConn
}

func startDaemon(t *testing.T, path string) *daemon {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t, conn}
	t.Cleanup(d.stop)
	return d
}

func (d *daemon) stop() {
	_ = d.conn.Close()
	_ = os.Remove(d.conn.LocalAddr().String())
}

func (d *daemon) next() string {
	d.t.Helper()
	_ = d.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	b := make([]byte, 2*syslogBytesMax)
	n, err := d.conn.Read(b)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b[:n])
}

func socket(t *testing.T) string { return filepath.Join(t.TempDir(), "log") }

func TestSyslogDatagrams(t *testing.T) {
	path := socket(t)
	d := startDaemon(t, path)
	s, err := DialSyslog(16, "serf", []string{filepath.Join(t.TempDir(), "none"), path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.hangUp()
	j := New(Options{Now: func() time.Time { return time.Date(2026, 11, 3, 14, 20, 47, 0, time.Local) }})
	j.AddLines(s, Trace)
	for level, want := range map[Level]string{Trace: "<135>", Debug: "<134>", Info: "<133>", Warn: "<132>", Err: "<131>", Plain: "<133>"} {
		j.Printf(level, "agent", "Received event: %s", "member-join")
		want += fmt.Sprintf("Nov  3 14:20:47 serf[%d]: agent: Received event: member-join\n", os.Getpid())
		if got := d.next(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	j.Printf(Info, "", "%s", strings.Repeat("x", 2*syslogBytesMax))
	if got := len(d.next()); got != syslogBytesMax+1 {
		t.Errorf("a datagram of %d bytes, want it cut", got)
	}
	j.Flush(time.Minute)
}

func TestFacilities(t *testing.T) {
	for name, want := range map[string]int{"kern": 0, "User": 1, "MAIL": 2, "DAEMON": 3, "AUTH": 4, "SYSLOG": 5, "LPR": 6, "NEWS": 7,
		"UUCP": 8, "CRON": 9, "AUTHPRIV": 10, "FTP": 11, "LOCAL0": 16, "local7": 23} {
		if got, err := ParseFacility(name); got != want || err != nil {
			t.Errorf("%s: got %d, %v, want %d", name, got, err, want)
		}
	}
	for _, name := range []string{"", "bogus", "LOCAL8"} {
		_, err := ParseFacility(name)
		if want := "invalid syslog facility: " + strings.ToUpper(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

func TestSyslogNeedsADaemonAtTheStart(t *testing.T) {
	_, err := DialSyslog(16, "serf", []string{socket(t)})
	if err == nil || err.Error() != "Unix syslog delivery error" {
		t.Errorf("got %v", err)
	}
}

func TestSyslogDaemonThatComesBackGetsLinesAgain(t *testing.T) {
	path := socket(t)
	d := startDaemon(t, path)
	s, err := DialSyslog(16, "serf", []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.hangUp()
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	d.stop() // between two lines
	d = startDaemon(t, path)
	s.WriteLine(Line{Text: "a"})
	if got := d.next(); !strings.HasSuffix(got, ": a\n") {
		t.Errorf("got %q", got)
	}
	d.stop()
	for range 3 {
		s.WriteLine(Line{Text: "lost"})
	}
	d = startDaemon(t, path)
	s.WriteLine(Line{Text: "lost too"}) // it is left alone for a while
	now = now.Add(syslogPause)
	s.WriteLine(Line{Text: "b"})
	for _, want := range []string{`^<132>.*: agent: 4 log lines lost: syslog did not take them\n$`, `: b\n$`} {
		if got := d.next(); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("got %q, want %s", got, want)
		}
	}
}

func TestSyslogDaemonThatHangsHoldsNobodyUp(t *testing.T) {
	path := socket(t)
	startDaemon(t, path) // does not read
	s, err := DialSyslog(16, "serf", []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.hangUp()
	stood := time.Unix(0, 0)
	s.now = func() time.Time { return stood } // so that it is given up once and for all
	j, out := fixed(Options{})
	j.AddLines(s, Info)
	j.AddSink(out, Info)
	const lines = 5000 // more than the socket and the queue take
	for range lines {
		j.Printf(Info, "x", "line")
		if n := len(j.sinks[1].snapshot()); n > queueLinesMax/2 {
			<-j.sinks[1].idle() // the other sink takes all of them
		}
	}
	<-j.sinks[1].idle()
	if got := strings.Count(out.texts(), "line"); got != lines {
		t.Errorf("the other sink got %d lines, want %d", got, lines)
	}
	<-j.sinks[0].idle()
	if s.lost == 0 {
		t.Error("nothing was lost: the daemon did not hang")
	}
}

// snapshot returns what waits.
func (s *Sink) snapshot() []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue
}

func TestJSONLines(t *testing.T) {
	var out buffer
	j := New(Options{Now: func() time.Time { return time.Date(2026, 11, 23, 14, 13, 18, 999, time.UTC) }})
	j.AddLines(JSONWriter{&out}, Info)
	j.Printf(Info, "agent", "say \"%s\"", "a\nb")
	j.Printf(Plain, "", "plain")
	j.Flush(time.Minute)
	want := `{"time":"2026-11-23T14:13:18.000000999Z","level":"INFO","component":"agent","message":"say \"a\nb\""}
{"time":"2026-11-23T14:13:18.000000999Z","message":"plain"}
`
	if got := out.b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
