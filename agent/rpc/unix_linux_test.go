package rpc

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"

	"serf/agent/journal"
)

// The system tells who a client is, and lets agents that start take turns, on Linux only.

func TestClientOfASocketIsNamedInTheLog(t *testing.T) {
	log := journal.New(journal.Options{})
	_, path := startUnix(t, &fakeBackend{}, ServerConfig{Log: log})
	dialClient(t, unixScheme+path, "")
	wantLog(t, log, fmt.Sprintf("[INFO] agent.ipc: Accepted client: unix:uid=%d,pid=%d", os.Getuid(), os.Getpid()))
}

func TestOfManyAgentsAtAnAbandonedSocketOneWins(t *testing.T) {
	for range 5 {
		path := socketPath(t)
		dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
		if err != nil {
			t.Fatal(err)
		}
		dead.SetUnlinkOnClose(false)
		_ = dead.Close()
		var wg sync.WaitGroup
		won := make(chan net.Listener, 8)
		for range cap(won) {
			wg.Go(func() {
				if ln, err := Listen(ListenOptions{Addr: unixScheme + path}); err == nil {
					won <- ln
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d agents listen, want 1", len(won))
		}
		close(won)
		for ln := range won {
			nc, err := net.Dial("unix", path)
			if err != nil {
				t.Errorf("the winner cannot be reached: %v", err)
			} else {
				_ = nc.Close()
			}
			_ = ln.Close()
		}
	}
}

func TestOnlyListedUsersMayConnect(t *testing.T) {
	log := journal.New(journal.Options{})
	_, path := startUnix(t, &fakeBackend{}, ServerConfig{Log: log, UIDs: []int{os.Getuid() + 1}})
	if _, err := Dial(t.Context(), Options{Addr: unixScheme + path}); err == nil {
		t.Error("a user who is not listed was served")
	}
	wantLog(t, log, fmt.Sprintf("Refusing client unix:uid=%d", os.Getuid()))
	_, path = startUnix(t, &fakeBackend{}, ServerConfig{UIDs: []int{os.Getuid() + 1, os.Getuid()}})
	dialClient(t, unixScheme+path, "")
	_, addr := startServer(t, &fakeBackend{}, ServerConfig{UIDs: []int{os.Getuid() + 1}}) // TCP does not tell users
	dialClient(t, addr, "")
}
