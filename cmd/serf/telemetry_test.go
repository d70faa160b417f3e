//go:build unix

package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestSignalPrintsFigures(t *testing.T) {
	a := startAgent(program{}, "n1")
	defer a.stop()
	if _, err := a.logged(banner); err != nil {
		t.Fatal(err)
	}
	a.signals <- syscall.SIGUSR1
	for _, line := range []string{
		`\[G\] 'serf-agent\.memberlist\.node\.instances\.alive': 1\.000$`,
		`\[C\] 'serf-agent\.serf\.member\.join': Count: 1 Sum: 1\.000 LastUpdated: `,
		`\[S\] 'serf-agent\.serf\.queue\.Event': Count: 1 Sum: 0\.000 LastUpdated: `,
	} {
		if _, err := a.logged(`^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d0 [-+]\d{4} \S+\]` + line); err != nil {
			t.Error(err)
		}
	}
	a.stop()
	if _, err := a.ended(); err != nil {
		t.Error(err)
	}
}

// TestFiguresOfCommandsAreCounted also finds those of discovery, on a loopback interface: there may be no multicast at all.
func TestFiguresOfCommandsAreCounted(t *testing.T) {
	a := startAgent(program{}, "n1", "-discover=figures", "-iface=lo", "-log-level=debug")
	defer a.stop()
	m, err := a.logged(banner)
	if err != nil {
		t.Fatal(err)
	}
	if out, _, status := runAgainst(m[2], patience, "members"); status != 0 {
		t.Fatalf("members ended with %d: %s", status, out)
	}
	if _, err := a.logged("agent.mdns: No new hosts found|agent.mdns: .* does not work"); err != nil {
		t.Error(err)
	}
	a.signals <- syscall.SIGUSR1
	for _, name := range []string{`agent\.ipc\.accept`, `agent\.ipc\.command`, `agent\.mdns\.polls`} {
		if _, err := a.logged(`\[C\] 'serf-agent\.` + name + `': Count: `); err != nil {
			t.Error(err)
		}
	}
	a.stop()
	if _, err := a.ended(); err != nil {
		t.Error(err)
	}
}

func TestRunsOfScriptsAreMeasured(t *testing.T) {
	a := startAgent(program{}, "n1", "-event-handler=member-join=true x", "-log-level=debug")
	defer a.stop()
	if _, err := a.logged("Event 'member-join' script output"); err != nil {
		t.Fatal(err)
	}
	a.signals <- syscall.SIGUSR1
	if _, err := a.logged(`\[S\] 'serf-agent\.agent\.invoke\.true_x': Count: 1 Sum: `); err != nil {
		t.Error(err)
	}
	a.stop()
	if _, err := a.ended(); err != nil {
		t.Error(err)
	}
}

// TestLastFiguresReachStatsd lets an agent end before an interval does.
func TestLastFiguresReachStatsd(t *testing.T) {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	file := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(file, []byte(`{"statsd_addr": "`+server.LocalAddr().String()+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a := startAgent(program{}, "n1", "-config-file="+file)
	defer a.stop()
	if _, err := a.logged(banner); err != nil {
		t.Fatal(err)
	}
	a.stop()
	if _, err := a.ended(); err != nil {
		t.Fatal(err)
	}
	if err := server.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	for { // an interval may have ended before the member joined itself
		n, _, err := server.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(buf[:n]), "serf-agent.serf.member.join:1.000000|c\n") {
			return
		}
	}
}
