//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// serviceManager is the receiving end of a supervisor.
type serviceManager struct {
	t    *testing.T
	conn *net.UnixConn
}

func listenManager(t *testing.T, path string) *serviceManager {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &serviceManager{t, conn}
}

// wants reads until a message matches expr; signs of life may come before.
func (m *serviceManager) wants(expr string) {
	m.t.Helper()
	re := regexp.MustCompile(expr)
	_ = m.conn.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 4096)
	for {
		n, err := m.conn.Read(b)
		if err != nil {
			m.t.Fatalf("no %q: %v", expr, err)
		}
		switch text := string(b[:n]); {
		case re.MatchString(text):
			return
		case text != "WATCHDOG=1":
			m.t.Fatalf("got %q, want %q", text, expr)
		}
	}
}

func TestServiceManagerHearsOfTheLifeOfAnAgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	m := listenManager(t, path)
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"}
	a := startAgent(program{getenv: func(name string) string { return env[name] }}, "n1")
	defer a.stop()
	m.wants(`^READY=1\nSTATUS=member 'n1' at 127\.0\.0\.1:\d+$`)
	m.wants(`^WATCHDOG=1$`)
	a.signals <- syscall.SIGHUP
	m.wants(`^RELOADING=1\nMONOTONIC_USEC=[1-9]\d+\nSTATUS=reloading the configuration$`)
	m.wants(`^READY=1\n`)
	a.signals <- os.Interrupt
	m.wants(`^STOPPING=1\nSTATUS=leaving the cluster$`)
	m.wants(`^STOPPING=1\nSTATUS=ending$`)
	if status, err := a.ended(); status != 0 || err != nil {
		t.Errorf("exit status %d, %v", status, err)
	}
}

func TestServiceManagerMayHaveAnAbstractAddress(t *testing.T) {
	path := fmt.Sprintf("@serf-test-%d", os.Getpid())
	m := listenManager(t, path)
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
	s, err := newSupervisor(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.ready("x")
	m.wants("^READY=1\nSTATUS=x$")
	if s.watchdog != 0 {
		t.Error("signs of life are given for another process")
	}
}

func TestServiceManagerThatIsNotThereIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	s, err := newSupervisor(func(name string) string { return map[string]string{"NOTIFY_SOCKET": path}[name] })
	if s != nil || err == nil {
		t.Errorf("got %v, %v", s, err)
	}
	s.ready("nobody hears it")
	s.close()
}
