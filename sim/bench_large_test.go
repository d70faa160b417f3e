package sim

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership"
)

// These benchmarks measure the simulator with large clusters, in which each member knows all others, on one processor. On a busy machine the figures by processor
// time (x-processor, processor-s) say more than those by the clock.

func sizes(b *testing.B, run func(b *testing.B, members int)) {
	for _, members := range []int{1000, 10000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			run(b, members)
		})
	}
}

// large returns an idle LAN cluster in which everybody knows everybody.
func large(b *testing.B, members int) *World {
	b.Helper()
	w, err := NewWorld(Options{Seed: 1, Hosts: members, Network: lan, Direct: true, Shared: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.Populate(); err != nil {
		b.Fatal(err)
	}
	w.Run(5 * time.Second)
	return w
}

// residentMiB is what this process holds in memory when all that can be freed is.
func residentMiB(b *testing.B) float64 {
	b.Helper()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("resident memory is read from /proc: ", err)
	}
	var size, resident int
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		b.Fatal(err)
	}
	return float64(resident*os.Getpagesize()) / (1 << 20)
}

// BenchmarkIdleCluster measures how many virtual seconds of an idle cluster pass in one, and the memory that it takes.
func BenchmarkIdleCluster(b *testing.B) {
	sizes(b, func(b *testing.B, members int) {
		before := residentMiB(b)
		w := large(b, members)
		start := processorTime()
		b.ReportAllocs()
		for b.Loop() {
			w.Run(time.Second)
		}
		b.ReportMetric(float64(b.N)/(processorTime()-start).Seconds(), "x-processor")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
		b.ReportMetric(residentMiB(b)-before, "MiB-resident")
		runtime.KeepAlive(w)
	})
}

// BenchmarkCrashKnownToAll measures the time from the crash of a member until the last of the others calls it failed.
func BenchmarkCrashKnownToAll(b *testing.B) {
	sizes(b, func(b *testing.B, members int) {
		w := large(b, members)
		know := 0
		w.Observe = func(_ int, e *membership.Effect) {
			if e.Kind == membership.EffectNotice && e.Notice.Type == eventbus.MemberFailed {
				know++
			}
		}
		var virtual time.Duration
		start, victim := processorTime(), 0
		for b.Loop() {
			victim, know = victim+1, 0
			begun := w.Now()
			w.Crash(victim)
			if !w.RunUntil(5*time.Minute, 100*time.Millisecond, func() bool { return know >= members-victim }) {
				b.Fatalf("%d of %d know after %v", know, members-victim, w.Now()-begun)
			}
			virtual += w.Now() - begun
		}
		b.ReportMetric((processorTime()-start).Seconds()/float64(b.N), "processor-s")
		b.ReportMetric(virtual.Seconds()/float64(b.N), "virtual-s")
	})
}
