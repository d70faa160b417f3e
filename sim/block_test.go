package sim

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
	"serf/swim"
)

func TestNothingGoesOutOfABlockedHostUntilTheBlockIsOver(t *testing.T) {
	w := joined(t, Options{Seed: 91, Hosts: 5, Network: lan, Direct: true})
	w.Run(time.Minute)
	before := w.hosts[2].cluster.Stats().Swim
	w.Block(2, 10*time.Second)
	must(t, w.Event(2, "news", nil)) // its logic works
	w.Run(9900 * time.Millisecond)
	if w.Heard(2, "news") != 1 {
		t.Error("the blocked member did not hear itself")
	}
	for _, i := range []int{0, 1, 3, 4} {
		if w.Heard(i, "news") > 0 {
			t.Errorf("host %d heard the event during the block", i)
		}
	}
	s := w.hosts[2].cluster.Stats().Swim
	if got := s.Probes - before.Probes; got > 1 {
		t.Errorf("%d probes began, want the first to wait for its ping", got)
	}
	if len(w.hosts[2].outbox) == 0 {
		t.Error("nothing waits to be sent")
	}
	w.Run(2 * time.Second)
	for i := range 5 {
		if w.Heard(i, "news") != 1 {
			t.Errorf("host %d heard the event %d times after the block", i, w.Heard(i, "news"))
		}
	}
	if len(w.hosts[2].outbox) > 0 || w.Blocked(2) {
		t.Error("the block is not over")
	}
}

func TestWhatComesForABlockedHostWaitsInOrder(t *testing.T) {
	w := joined(t, Options{Seed: 92, Hosts: 4, Network: lan, Direct: true})
	w.Block(1, 10*time.Second)
	var order []int
	for k := range 5 {
		w.At(time.Duration(k)*time.Second, func() { w.hosts[1].arriving(func() { order = append(order, k) }) })
	}
	w.Run(9 * time.Second)
	if len(order) > 0 || w.hosts[1].inbox.arrived < 5 {
		t.Errorf("%v came through, %d wait", order, w.hosts[1].inbox.arrived)
	}
	w.Run(time.Second + time.Millisecond)
	if fmt.Sprint(order) != "[0 1 2 3 4]" {
		t.Errorf("they came in the order %v", order)
	}
}

func TestTimersOfABlockedHostRunAndItBlamesOthers(t *testing.T) {
	w := joined(t, Options{Seed: 93, Hosts: 4, Network: lan, Direct: true})
	w.Run(30 * time.Second)
	suspect := swim.AppendSuspect(nil, &swim.SuspectMessage{Incarnation: 99, Node: []byte("n00003"), From: []byte("n00000")})
	must(t, w.hosts[1].command(func(c *membership.Cluster, now time.Time) error { return c.HandlePacket(now, w.hosts[0].addr, suspect) }))
	w.Block(1, time.Minute)
	w.Run(59 * time.Second)
	if got := statusOf(w, 1, 3); got != eventbus.StatusFailed {
		t.Errorf("at the blocked member a suspect is %v after a minute", got)
	}
	agree(t, w, "after the block", 30*time.Second)
}

func TestFreezeDuringABlockAndBlockDuringSlowness(t *testing.T) {
	w := joined(t, Options{Seed: 94, Hosts: 6, Network: lan, Direct: true})
	w.Slow(1, 15*time.Millisecond)
	for k := range 5 {
		w.At(time.Duration(k)*7*time.Second, func() { w.Block(1, 5*time.Second); w.Block(2, 6*time.Second) })
		w.At(time.Duration(k)*7*time.Second+2*time.Second, func() { w.Freeze(2, 2*time.Second); w.Block(1, time.Second) })
	}
	w.Run(40 * time.Second)
	w.Slow(1, 0)
	w.Run(time.Second)
	agree(t, w, "after blocks, slowness and freezes", 30*time.Second)
	for i, h := range w.hosts {
		if len(h.outbox) > 0 || len(h.inbox.waiting) > 0 {
			t.Errorf("host %d: %d wait to be sent, %d to be received", i, len(h.outbox), len(h.inbox.waiting))
		}
	}
}

func TestHostThatCrashesWhileBlockedBeginsAnew(t *testing.T) {
	w := joined(t, Options{Seed: 95, Hosts: 4, Network: lan, Direct: true})
	w.Block(1, 20*time.Second)
	w.Run(5 * time.Second)
	w.Crash(1)
	w.Block(1, time.Hour) // it is down
	must(t, w.Start(1))
	must(t, w.Join(1, 0))
	agree(t, w, "after the restart", 10*time.Second)
	if w.Blocked(1) {
		t.Error("the new life is blocked")
	}
}

func TestBlocksAreTheSameWithBytesAndWithoutOnOneProcessorAndOnTwo(t *testing.T) {
	run := func(processors int, direct bool) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		w := joined(t, Options{Seed: 96, Hosts: 12, Network: lan, Direct: direct, Key: []byte("0123456789abcdef")})
		for k := range 4 {
			w.At(time.Duration(k)*12*time.Second, func() {
				for i := range 3 {
					w.Block(k+i, 9*time.Second)
				}
			})
		}
		w.Run(time.Minute)
		return w.Hash()
	}
	first := run(1, true)
	for _, again := range []struct {
		processors int
		direct     bool
	}{{1, false}, {2, true}, {2, false}} {
		if got := run(again.processors, again.direct); got != first {
			t.Errorf("%d processors, direct %v: %s, want %s", again.processors, again.direct, got, first)
		}
	}
}

func TestBlocksDrawnForATrialAreShort(t *testing.T) {
	blocks := 0
	for seed := range uint64(60) {
		trial := DrawTrial(seed, 0)
		for i := range trial.Faults {
			f := &trial.Faults[i]
			if f.Kind != FaultBlock {
				continue
			}
			blocks++
			if f.For > blockMax || !strings.Contains(f.String(), "block") {
				t.Errorf("seed %d: %v", seed, f)
			}
		}
	}
	if blocks == 0 {
		t.Error("no block in 60 trials")
	}
}
