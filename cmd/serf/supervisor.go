package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// notifyTimeout is how long the service manager may take for one message. An agent does not depend on being heard.
const notifyTimeout = 100 * time.Millisecond

// supervisor tells the service manager that started this process what state it is in: systemd's protocol for Type=notify
// and Type=notify-reload. A nil one tells nobody.
type supervisor struct {
	conn     *net.UnixConn
	watchdog time.Duration // within which a sign of life is expected; 0: none is
}

// newSupervisor returns the service manager that the environment names, nil if there is none or, with an error, if it
// cannot be reached. Handlers must not talk to it: the variables are taken out of the environment.
func newSupervisor(getenv func(string) string) (*supervisor, error) {
	path, usec, pid := getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID")
	for _, name := range []string{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"} {
		_ = os.Unsetenv(name) // fails for names that are none
	}
	if path == "" {
		return nil, nil
	}
	// The package net takes a leading @ for an abstract address, as the protocol does.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, fmt.Errorf("the service manager will not hear from this agent (NOTIFY_SOCKET): %w", err)
	}
	s := &supervisor{conn: conn}
	if n, err := strconv.ParseInt(usec, 10, 64); err == nil && n > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		s.watchdog = time.Duration(n) * time.Microsecond
	}
	return s, nil
}

// ready says that the agent runs and what it is doing.
func (s *supervisor) ready(status string) { s.send("READY=1\nSTATUS=" + status) }

// reloading says that the configuration is being read; ready must follow.
func (s *supervisor) reloading() {
	s.send(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d\nSTATUS=reloading the configuration", monotonicMicroseconds()))
}

// stopping says that the agent is about to end.
func (s *supervisor) stopping(status string) { s.send("STOPPING=1\nSTATUS=" + status) }

// send sends one message. Nothing depends on whether it arrives.
func (s *supervisor) send(text string) {
	if s == nil {
		return
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(notifyTimeout))
	_, _ = s.conn.Write([]byte(text))
}

// watch gives signs of life until ctx ends, as long as alive finds nothing wrong.
func (s *supervisor) watch(ctx context.Context, alive func(context.Context) error) {
	if s == nil || s.watchdog == 0 {
		return
	}
	for pause(ctx, s.watchdog/2) {
		limited, cancel := context.WithTimeout(ctx, s.watchdog/2)
		if err := alive(limited); err == nil {
			s.send("WATCHDOG=1")
		}
		cancel()
	}
}

// close ends the connection.
func (s *supervisor) close() {
	if s != nil {
		_ = s.conn.Close()
	}
}
