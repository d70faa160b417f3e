//go:build conform

package conform

import (
	"bufio"
	"net"
	"regexp"
	"syscall"
	"time"
)

// metricLine is a line for statsd and statsite: NAME:VALUE|c, |g or |ms, the value with six decimals.
var metricLine = regexp.MustCompile(`^serf-agent\.[^ :|]+:-?\d+\.\d{6}\|(c|g|ms)$`)

// awaitMetrics reads lines until all names have been seen.
func (t *trial) awaitMetrics(lines *bufio.Scanner, names ...string) {
	missing := map[string]bool{}
	for _, n := range names {
		missing[n] = true
	}
	var seen []string
	for len(missing) > 0 && lines.Scan() {
		t.expect(metricLine.MatchString(lines.Text()), "a line NAME:VALUE|c, |g or |ms with six decimals", lines.Text())
		for n := range missing {
			if regexp.MustCompile(`^serf-agent\.` + n + `:`).MatchString(lines.Text()) {
				delete(missing, n)
			}
		}
		seen = append(seen, lines.Text())
	}
	t.expect(len(missing) == 0, "lines about all of these: "+show(names), seen)
}

var telemetryChecks = []check{
	{"10", "statsd", "statsd_addr: newline-separated lines over UDP, prefix serf-agent.", func(t *trial) {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		t.must(err, "listen")
		t.cleanup(func() { conn.Close() })
		t.must(conn.SetReadDeadline(timeout()), "set a deadline")
		a := t.start(setup{config: `{"statsd_addr": "` + conn.LocalAddr().String() + `"}`})
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitMetrics(bufio.NewScanner(conn.(*net.UDPConn)), `serf\.events`, `serf\.events\.deploy`, `agent\.ipc\.accept`)
	}},
	{"10", "statsite", "statsite_addr: the same lines over TCP", func(t *trial) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		t.must(err, "listen")
		t.cleanup(func() { l.Close() })
		t.must(l.(*net.TCPListener).SetDeadline(timeout()), "set a deadline")
		a := t.start(setup{config: `{"statsite_addr": "` + l.Addr().String() + `"}`})
		conn, err := l.Accept()
		t.must(err, "accept the agent's connection")
		t.cleanup(func() { conn.Close() })
		t.must(conn.SetReadDeadline(timeout()), "set a deadline")
		a.cli("event", "-coalesce=false", "deploy")
		t.awaitMetrics(bufio.NewScanner(conn), `serf\.events`, `serf\.events\.deploy`)
	}},
	{"10", "usr1-dumps-figures", "SIGUSR1 writes every completed interval of 10 s to stderr", func(t *trial) {
		a := t.agent()
		line := regexp.MustCompile(`(?m)^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC\]\[G\] 'serf-agent\.runtime\.num_goroutines': \d+\.000$`)
		t.eventuallyIn(20*time.Second+within, "figures on stderr", func() (any, bool) {
			a.signal(syscall.SIGUSR1)
			text := a.stderr.String()
			return text, line.MatchString(text)
		})
		t.lacks("stdout", a.stdout.String(), "serf-agent.")
	}},
}
