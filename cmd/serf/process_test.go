package main

import (
	"os"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// The tests of this file run one after another, before those that run in parallel: goleak sees all goroutines.

func TestAgentLeavesNothingBehind(t *testing.T) {
	for _, tt := range []struct {
		name   string
		args   []string
		end    func(*runningAgent)
		status int
	}{
		{"interrupted", nil, func(a *runningAgent) { a.signals <- os.Interrupt }, 0},
		{"terminated", nil, func(a *runningAgent) { a.signals <- syscall.SIGTERM }, 1},
		{"context", nil, func(a *runningAgent) { a.stop() }, 1},
		{"joining in the background", []string{"-retry-join=127.0.0.1:1"}, func(a *runningAgent) { a.stop() }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			a := startAgent(program{}, "n1", tt.args...)
			defer a.stop()
			if _, err := a.logged(banner); err != nil {
				t.Fatal(err)
			}
			tt.end(a)
			status, err := a.ended()
			if err != nil || status != tt.status {
				t.Errorf("exit status %d, %v, want %d; output:\n%s", status, err, tt.status, a.out)
			}
		})
	}
}

func TestFailedStartLeavesNothingBehind(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, args := range [][]string{{"-rpc-addr=nonsense"}, {"-join=127.0.0.1:1"}, {"-protocol=9"}, {"-bind=192.0.2.1:0"}} {
		a := startAgent(program{}, "n1", args...)
		if status, err := a.ended(); err != nil || status != 1 {
			t.Errorf("%v: exit status %d, %v, want 1", args, status, err)
		}
		a.stop()
	}
}

func TestLeaveThatTakesTooLongIsCutOff(t *testing.T) {
	n1 := startAgent(program{}, "n1", "-leave-timeout=1ns")
	defer n1.stop()
	m, err := n1.logged(banner)
	if err != nil {
		t.Fatal(err)
	}
	n2 := startAgent(program{}, "n2", "-join="+m[1]) // without it there is nobody to wait for
	defer n2.stop()
	if _, err := n1.logged("EventMemberJoin: n2"); err != nil {
		t.Fatal(err)
	}
	n1.signals <- os.Interrupt
	status, err := n1.ended()
	if err != nil || status != 1 {
		t.Errorf("exit status %d, %v, want 1; output:\n%s", status, err, n1.out)
	}
	n2.stop()
	if _, err := n2.ended(); err != nil {
		t.Error(err)
	}
}
