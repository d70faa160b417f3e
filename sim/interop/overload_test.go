//go:build interop

package interop

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"serf/agent/rpc"
)

const (
	overloadPackets = 20_000
	overloadRate    = 5000 // packets in a second
	overloadEvents  = 30_000
	overloadFlood   = 1000 // for clients that do not read them
	bombs           = 20

	// overloadGrowthMax is how much memory, in KiB, an agent may ever have more than when it was idle.
	overloadGrowthMax = 64 << 10
	// overloadLinesMax is how many lines the agent may log in all.
	overloadLinesMax = 100
	// calmTicksMax is how many hundredths of a second of processor time an agent may use in a second when a phase is over;
	// an idle one uses less than one.
	calmTicksMax = 5
	// calmWithin is how soon it has to be idle, on a machine that may be busy with others.
	calmWithin = 10 * time.Second
)

// TestAgentHoldsItsBoundsUnderOverload does to one of three members what outsiders, insiders and local clients can do to it.
// It must not die, grow, fall silent or flood its log, must be idle again soon, and nobody may suspect it.
func TestAgentHoldsItsBoundsUnderOverload(t *testing.T) {
	key := []byte("0123456789abcdef")
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprintf("encrypted %v", encrypted), func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			o := newOverload(t, encrypted, key)
			o.phase("mutated packets", func() { o.packets(t, nil) })
			if encrypted {
				o.phase("mutated packets, sealed", func() { o.packets(t, key) })
			}
			o.phase("decompression bombs", func() { o.bombs(t) })
			o.phase("endless streams", func() { o.endless(t) })
			if encrypted {
				o.phase("a burst of events", func() { o.burst(t) })
			} else {
				o.phase("local clients", func() { o.clients(t) })
			}
			o.judge()
		})
	}
}

// overload is the agent under attack, and its peers.
type overload struct {
	t      *testing.T
	agent  *agent
	peers  []*agent
	client *rpc.Client
	idle   int    // KiB of memory before all
	key    []byte // nil: not encrypted
}

func newOverload(t *testing.T, encrypted bool, key []byte) *overload {
	o := &overload{t: t}
	var args []string
	if encrypted {
		o.key = key
		file := t.TempDir() + "/key"
		if err := os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-encrypt-file="+file)
	}
	for i := range 3 {
		a := newAgent(t, ours, fmt.Sprintf("overloaded-%d", i), args...)
		a.start(t)
		if i == 0 {
			o.agent = a
			continue
		}
		a.must(t, ours, "join", o.agent.bind)
		o.peers = append(o.peers, a)
	}
	o.client = dialAgent(t, o.agent)
	eventually(t, "three members", func() error {
		members, err := o.client.Members(t.Context())
		if err != nil || len(members) != 3 {
			return fmt.Errorf("%d members, %v", len(members), err)
		}
		return nil
	})
	o.calm(o.agent.process.PID())
	o.idle = o.agent.memory(t, "VmRSS")
	return o
}

// all are the agents of the cluster.
func (o *overload) all() []*agent { return append([]*agent{o.agent}, o.peers...) }

// packets opens a socket whose datagrams go to a; it ends with the test.
func (a *agent) packets(t *testing.T) net.Conn {
	t.Helper()
	nc, err := net.Dial("udp", a.bind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return nc
}

// phase does something to the agent and measures what it costs.
func (o *overload) phase(name string, do func()) {
	o.t.Helper()
	pid := o.agent.process.PID()
	before := o.agent.memory(o.t, "VmRSS")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0); err != nil {
		o.t.Fatal(err) // it makes VmHWM begin anew
	}
	times, stop := probe(o.t, 20*time.Millisecond, o.ask)
	ticks, begin := ticks(o.t, pid), time.Now()
	do()
	spent, took := usedTicks(o.t, pid, ticks), time.Since(begin)
	slices.Sort(*stop())
	median := (*times)[len(*times)/2]
	peak := o.agent.memory(o.t, "VmHWM")
	calm := o.calm(pid)
	o.t.Logf("%-24s %5.1f s, %4.1f s of processor, memory %3d to %3d MiB, median answer %v, idle after %v",
		name, took.Seconds(), float64(spent)/100, before>>10, peak>>10, median.Round(time.Millisecond/10), calm.Round(time.Second/10))
	if peak-o.idle > overloadGrowthMax {
		o.t.Errorf("%s: %d KiB of memory more than idle, want %d at most", name, peak-o.idle, overloadGrowthMax)
	}
	if calm > calmWithin {
		o.t.Errorf("%s: idle after %v, want %v at most", name, calm, calmWithin)
	}
	if median > abuseMedianMax {
		o.t.Errorf("%s: another client waited for %v in the median, want %v at most", name, median, abuseMedianMax)
	}
}

// ask is what another client wants of the agent.
func (o *overload) ask() error {
	_, err := o.client.Members(context.Background())
	return err
}

// calm waits until the process uses hardly any processor time and returns how long that took.
func (o *overload) calm(pid int) time.Duration {
	begin := time.Now()
	eventually(o.t, "the agent is idle again", func() error {
		before := ticks(o.t, pid)
		time.Sleep(time.Second) // what is measured
		if used := usedTicks(o.t, pid, before); used > calmTicksMax {
			return fmt.Errorf("%d ticks in a second, want %d at most", used, calmTicksMax)
		}
		return nil
	})
	return time.Since(begin) - time.Second
}

// judge looks at the whole time.
func (o *overload) judge() {
	log := o.agent.log.String()
	if lines := strings.Count(log, "\n"); lines > overloadLinesMax {
		o.t.Errorf("%d lines in the log, want %d at most:\n%s", lines, overloadLinesMax, log)
	}
	for _, p := range o.peers {
		if strings.Contains(p.log.String(), "Suspect "+o.agent.node) {
			o.t.Errorf("%s suspected the agent:\n%s", p.node, p.log.String())
		}
		members, err := p.members(o.t, ours)
		if got := members[o.agent.node].Status; err != nil || got != "alive" {
			o.t.Errorf("%s sees the agent as %q, %v", p.node, got, err)
		}
	}
	stats, err := o.client.Stats(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Logf("%d lines logged; trouble: %v; rpc: %v", strings.Count(log, "\n"), stats["trouble"], stats["rpc"])
}

// clients leaves a thousand clients idle, fifty that never read what they asked for, and a monitor whose process is stopped.
func (o *overload) clients(t *testing.T) {
	for range crowd {
		_, _ = o.agent.dial(t).Write(shake()[:5])
	}
	for range stalledClients {
		nc := o.agent.dial(t)
		if s, ok := nc.(interface{ SetReadBuffer(int) error }); ok {
			_ = s.SetReadBuffer(4096) // the kernel buffers little for it
		}
		_, _ = nc.Write(slices.Concat(shake(), ask("stream", 2, "\x81\xa4Type\xa1*"), ask("monitor", 3, "\x81\xa8LogLevel\xa5TRACE")))
	}
	monitor := o.agent.command(context.Background(), ours.path, "monitor", "-log-level=debug", "-rpc-addr="+o.agent.rpc)
	if err := monitor.Start(); err != nil {
		t.Fatal(err)
	}
	if err := monitor.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Error(err)
	}
	for range overloadFlood {
		if err := o.client.UserEvent(t.Context(), "flood", make([]byte, 400), false); err != nil {
			t.Error(err)
			break
		}
	}
	eventually(t, "the flood is over", func() error {
		if waiting := figure(t, o.client, "serf", "event_queue"); waiting > 0 {
			return fmt.Errorf("%d events wait", waiting)
		}
		return nil
	})
	_ = monitor.Process.Kill()
	_ = monitor.Wait() // it was killed
}

// burst sends events as fast as the agent takes them. Whatever it accepted must come to a peer once and in order.
func (o *overload) burst(t *testing.T) {
	stream, err := dialAgent(t, o.peers[0]).Stream(t.Context(), "user:burst")
	if err != nil {
		t.Fatal(err)
	}
	var reader sync.WaitGroup
	accepted := make(chan int, 1)
	reader.Go(func() {
		total, got := overloadEvents, 0
		ctx, cancel := context.WithTimeout(t.Context(), 3*convergeWithin)
		defer cancel()
		for got < total {
			e, err := stream.Next(ctx)
			if err != nil || e.Dropped > 0 || string(e.Payload) != strconv.Itoa(got) {
				t.Errorf("event %d: got %q, %d dropped, %v", got, e.Payload, e.Dropped, err)
				return
			}
			got++
			select {
			case total = <-accepted:
			default:
			}
		}
	})
	sent := 0
	for range overloadEvents {
		if err := o.client.UserEvent(t.Context(), "burst", []byte(strconv.Itoa(sent)), false); err == nil {
			sent++
		}
	}
	accepted <- sent
	reader.Wait()
	t.Logf("%d of %d events were accepted, and all of them told to a peer in order", sent, overloadEvents)
}

// ticks returns how many hundredths of a second of processor time a process has used.
func ticks(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return user + system
}

func usedTicks(t *testing.T, pid, before int) int { return ticks(t, pid) - before }
