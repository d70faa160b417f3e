//go:build interop

package interop

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"serf/agent/rpc"
	"serf/sim/process"
)

const (
	stalledClients = 50
	floodEvents    = 20000
	crowd          = 1000
	pipelined      = 10000
	// abuseGrowthMax is how much memory, in KiB, an agent may gain under all of the abuse: 512 connections, and 50 clients with
	// 1024 records each.
	abuseGrowthMax = 96 << 10
	// abuseMedianMax is how long another client waits in the median, with reserves for a loaded machine.
	abuseMedianMax = 500 * time.Millisecond
)

// TestAgentServesOthersWhileItsRPCIsAbused does to one agent, over TCP and over a Unix socket, what hostile and broken clients
// do, all at once, and measures how another client fares, what memory it costs and whether anything stays behind.
func TestAgentServesOthersWhileItsRPCIsAbused(t *testing.T) {
	for _, kind := range []string{"tcp", "unix"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			a := newAgent(t, ours, "abused")
			if kind == "unix" {
				a.rpc = "unix://" + filepath.Join(t.TempDir(), "s")
				a.args = append(a.args, "-rpc-addr="+a.rpc) // the last one counts
			}
			a.start(t)
			c := dialAgent(t, a)
			before, calm := a.memory(t, "VmRSS"), figure(t, c, "runtime", "goroutines")
			times, stop := probe(t, 0, a.askAnew)
			abuse(t, a, c)
			slices.Sort(*stop())
			median, longest := (*times)[len(*times)/2], (*times)[len(*times)-1]
			peak := a.memory(t, "VmHWM")
			stats, err := c.Stats(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d calls of another client: median %v, longest %v; memory %d KiB before, %d KiB at most", len(*times), median, longest, before, peak)
			t.Logf("the agent counted: %v", stats["rpc"])
			if peak-before > abuseGrowthMax {
				t.Errorf("memory grew by %d KiB, want %d at most", peak-before, abuseGrowthMax)
			}
			if median > abuseMedianMax {
				t.Errorf("another client waited for %v in the median, want %v at most", median, abuseMedianMax)
			}
			eventually(t, "nothing is left behind", func() error {
				if got := figure(t, c, "runtime", "goroutines"); got > calm+5 {
					return fmt.Errorf("%d goroutines, %d before", got, calm)
				}
				return nil
			})
			if lines := strings.Count(a.log.String(), "agent.ipc"); lines > 500 {
				t.Errorf("%d lines in the log", lines)
			}
		})
	}
}

// abuse returns when all stalled clients have been closed and everybody else is done. c is a good client that makes the events.
func abuse(t *testing.T, a *agent, c *rpc.Client) {
	var wg sync.WaitGroup
	for range stalledClients {
		nc := a.dial(t)
		if s, ok := nc.(interface{ SetReadBuffer(int) error }); ok {
			_ = s.SetReadBuffer(4096) // the kernel buffers little for it
		}
		_, _ = nc.Write(slices.Concat(shake(), ask("stream", 2, "\x81\xa4Type\xa1*"), ask("monitor", 3, "\x81\xa8LogLevel\xa5TRACE")))
	}
	wg.Go(func() {
		for range floodEvents {
			_ = c.UserEvent(context.Background(), "flood", make([]byte, 400), false) // refused when there are too many
		}
	})
	wg.Go(func() { garbage(t, a) })
	wg.Go(func() { pipeline(t, a) })
	wg.Go(func() {
		for i := range crowd { // most of them say nothing, some half a request
			nc := a.dial(t)
			_, _ = nc.Write(shake()[:i%9])
		}
	})
	wg.Wait()
	eventually(t, "stalled clients are closed", func() error {
		if got := figure(t, c, "rpc", "stalled_clients"); got < stalledClients {
			_ = c.UserEvent(context.Background(), "flood", make([]byte, 400), false)
			return fmt.Errorf("%d of %d", got, stalledClients)
		}
		return nil
	})
}

// garbage sends what is no request.
func garbage(t *testing.T, a *agent) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		nc := a.dial(t)
		b := make([]byte, 1+rng.IntN(2000))
		for j := range b {
			b[j] = byte(rng.Uint32())
		}
		if i%2 == 0 {
			b = append(shake(), b...)
		}
		_, _ = nc.Write(b)
		if i%3 == 0 {
			_ = nc.Close()
		}
	}
}

// pipeline sends many requests at once and reads all answers.
func pipeline(t *testing.T, a *agent) {
	nc := a.dial(t)
	_ = nc.SetDeadline(time.Now().Add(convergeWithin))
	go func() {
		b := shake()
		for range pipelined {
			b = append(b, ask("members", 7, "")...)
		}
		_, _ = nc.Write(b)
	}()
	in := bufio.NewReader(nc)
	for range pipelined {
		for { // to the end of a reply's header, of which there is one for each request
			b, err := in.ReadBytes('\x07')
			if err != nil {
				t.Errorf("pipelined requests: %v", err)
				return
			}
			if strings.HasSuffix(string(b), "\xa3Seq\x07") {
				break
			}
		}
	}
}

// ask returns the bytes of a request. Seq is below 128.
func ask(command string, seq byte, body string) []byte {
	b := append([]byte("\x82\xa7Command"), 0xa0|byte(len(command)))
	return append(append(append(append(b, command...), "\xa3Seq"...), seq), body...)
}

func shake() []byte { return ask("handshake", 1, "\x81\xa7Version\x01") }

// dial connects to the RPC address of a; the connection ends with the test.
func (a *agent) dial(t *testing.T) net.Conn {
	network, address, err := rpc.ParseAddress(a.rpc)
	if err != nil {
		t.Fatal(err)
	}
	var nc net.Conn
	if !process.Poll(convergeWithin, pollEvery/10, func() bool { // the queue of a Unix socket may be full
		nc, err = net.Dial(network, address)
		return err == nil
	}) {
		t.Errorf("dial: %v", err)
		nc, _ = net.Pipe()
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

func dialAgent(t *testing.T, a *agent) *rpc.Client {
	t.Helper()
	c, err := rpc.Dial(t.Context(), rpc.Options{Addr: a.rpc, Timeout: convergeWithin})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// probe does ask again and again, with a pause between, until stop, and takes the times.
func probe(t *testing.T, pause time.Duration, ask func() error) (times *[]time.Duration, stop func() *[]time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	times = new([]time.Duration)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			start := time.Now()
			if err := ask(); err != nil {
				t.Errorf("another client: %v", err)
				return
			}
			*times = append(*times, time.Since(start))
			time.Sleep(pause) // the pace of the client
		}
	}()
	return times, func() *[]time.Duration {
		cancel()
		<-done
		return times
	}
}

// askAnew connects and asks for the members.
func (a *agent) askAnew() error {
	c, err := rpc.Dial(context.Background(), rpc.Options{Addr: a.rpc, Timeout: convergeWithin})
	if err != nil {
		return err
	}
	_, err = c.Members(context.Background())
	return errors.Join(err, c.Close())
}

// figure returns one of the agent's figures, 0 when it is not there.
func figure(t *testing.T, c *rpc.Client, group, name string) int {
	t.Helper()
	stats, err := c.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(stats[group][name])
	return n
}

// memory returns a figure of the process in KiB.
func (a *agent) memory(t *testing.T, name string) int {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", a.process.PID()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	status, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(value), " kB"))
			return n
		}
	}
	t.Fatalf("no %s in the status of %s", name, a.node)
	return 0
}
