//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

const (
	agentsCount = 5
	// steady is how many of them stay.
	steady = 2
)

// cluster is all agents and what is noted about them.
type cluster struct {
	serf, dir string
	agents    []*agent
	book      *book
	watchers  sync.WaitGroup

	mu       sync.Mutex
	failures []error // of steps of the run
	failed   int
	done     map[string]int // how often each kind of step was done
	samples  [steady][]sample
}

// failuresMax is how many failures are told; all are counted.
const failuresMax = 20

// note counts a step of the run, and keeps why it failed.
func (c *cluster) note(kind string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(map[string]int)
	}
	c.done[kind]++
	if err == nil {
		return
	}
	c.failed++
	if len(c.failures) < failuresMax {
		c.failures = append(c.failures, fmt.Errorf("%s: %w", kind, err))
	}
}

// start starts all agents and waits until they know each other.
func (c *cluster) start(ctx context.Context, network string) error {
	key := filepath.Join(c.dir, "key")
	if err := os.WriteFile(key, []byte(newKey()), 0o600); err != nil {
		return err
	}
	for i := range agentsCount {
		a := &agent{name: fmt.Sprintf("n%d", i+1), addr: fmt.Sprintf("%s.%d", network, i+1)}
		a.dir = filepath.Join(c.dir, a.name)
		if err := os.Mkdir(a.dir, 0o700); err != nil {
			return err
		}
		a.args = []string{"agent", "-node=" + a.name, "-bind=" + a.addr + ":" + gossipPort, "-rpc-addr=" + a.rpcAddr(), "-profile=local",
			"-keyring-file=" + filepath.Join(a.dir, "keyring"), "-snapshot=" + filepath.Join(a.dir, "snapshot"), "-rejoin",
			"-event-handler=user:slow=sleep 2"}
		for j := range min(i, steady) {
			a.args = append(a.args, "-retry-join="+c.agents[j].addr, "-retry-interval=1s")
		}
		c.agents = append(c.agents, a)
		// The file makes the keyring of the first start; afterwards the keyring counts.
		first := a.args
		a.args = append(first[:len(first):len(first)], "-encrypt-file="+key)
		if err := a.start(c.serf); err != nil {
			return err
		}
		a.args = first
	}
	for _, a := range c.agents {
		if err := c.settle(ctx, a); err != nil {
			return errors.Join(err, lastWords(a))
		}
	}
	return nil
}

// settle waits until a knows all others; from then on it has to get every event.
func (c *cluster) settle(ctx context.Context, a *agent) error {
	if err := a.settled(ctx, agentsCount); err != nil {
		return err
	}
	for i, other := range c.agents {
		if i < steady && other != a {
			if err := other.settled(ctx, agentsCount); err != nil {
				return err
			}
		}
	}
	return c.follow(ctx, a)
}

// end kills what runs.
func (c *cluster) end() {
	for _, a := range c.agents {
		if a.watch != nil {
			a.watch()
		}
		_ = a.stop(syscall.SIGKILL) // always ends it
	}
	c.watchers.Wait()
}

// lastWords returns the end of the log of a.
func lastWords(a *agent) error {
	log, err := os.ReadFile(filepath.Join(a.dir, "log"))
	if err != nil {
		return err
	}
	return fmt.Errorf("its log ends: %s", log[max(0, len(log)-500):])
}

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return base64.StdEncoding.EncodeToString(key)
}
