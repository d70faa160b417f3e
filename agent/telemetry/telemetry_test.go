package telemetry

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestDumpIsExact takes the values of the reference's own example of a counter.
func TestDumpIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		tel := Start(Config{Read: func(_ context.Context, r *Reading) {
			n++
			r.Gauge("runtime.num_goroutines", 23)
			r.Total("serf.events", uint64(3*n))
			r.Total("serf.member.flap", 5*uint64(min(n, 2)))
			r.Amount("memberlist.udp.sent", uint64(1000*n))
			r.Total("serf.queries", 0)
			if n == 1 {
				for range 6 {
					r.Sample("udp", 61)
					r.Sample("udp", 150)
				}
				r.Sample("memberlist.pushPullNode", 1.648)
			}
		}})
		defer tel.Close()
		pass(14500 * time.Millisecond)
		got := dump(t, tel)
		want := dumpText(`
[0][G] 'serf-agent.runtime.num_goroutines': 23.000
[0][C] 'serf-agent.memberlist.udp.sent': Count: 1 Sum: 1000.000 LastUpdated: [10]
[0][C] 'serf-agent.serf.events': Count: 3 Min: 1.000 Mean: 1.000 Max: 1.000 Stddev: 0.000 Sum: 3.000 LastUpdated: [10]
[0][C] 'serf-agent.serf.member.flap': Count: 5 Min: 1.000 Mean: 1.000 Max: 1.000 Stddev: 0.000 Sum: 5.000 LastUpdated: [10]
[0][S] 'serf-agent.memberlist.pushPullNode': Count: 1 Sum: 1.648 LastUpdated: [10]
[0][S] 'serf-agent.udp': Count: 12 Min: 61.000 Mean: 105.500 Max: 150.000 Stddev: 46.479 Sum: 1266.000 LastUpdated: [10]
[10][G] 'serf-agent.runtime.num_goroutines': 23.000
[10][C] 'serf-agent.memberlist.udp.sent': Count: 1 Sum: 1000.000 LastUpdated: [14.5]
[10][C] 'serf-agent.serf.events': Count: 3 Min: 1.000 Mean: 1.000 Max: 1.000 Stddev: 0.000 Sum: 3.000 LastUpdated: [14.5]
[10][C] 'serf-agent.serf.member.flap': Count: 5 Min: 1.000 Mean: 1.000 Max: 1.000 Stddev: 0.000 Sum: 5.000 LastUpdated: [14.5]
`)
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// dumpText puts times in place of seconds since the beginning of a synctest bubble.
func dumpText(text string) string {
	begin := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Local()
	text = strings.TrimPrefix(text, "\n")
	for _, seconds := range []float64{0, 10, 14.5} {
		at := begin.Add(time.Duration(seconds * float64(time.Second))).Format(stamp)
		text = strings.ReplaceAll(text, fmt.Sprintf("LastUpdated: [%v]", seconds), "LastUpdated: "+at)
		text = strings.ReplaceAll(text, fmt.Sprintf("[%v]", seconds), "["+at+"]")
	}
	return text
}

func TestAMinuteIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		tel := Start(Config{Read: func(_ context.Context, r *Reading) {
			reads++
			r.Gauge("g", 1)
		}})
		defer tel.Close()
		pass(95 * time.Second)
		if reads != 9 {
			t.Errorf("%d readings in 95 s, want one in 10 s", reads)
		}
		if got := strings.Count(dump(t, tel), "\n"); got != intervalsMax+1 {
			t.Errorf("%d intervals, want %d and the running one", got, intervalsMax)
		}
	})
}

func TestNamesAreBoundedAndClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel := Start(Config{Read: func(_ context.Context, r *Reading) {
			r.Total("a b:c|d\n'e@f#g\x7f", 1)
			r.Total(strings.Repeat("x", 1000), 1)
			for i := range 3 * namesMax {
				r.Gauge(fmt.Sprint("g", i), 1)
				r.Total(fmt.Sprint("c", i), 1)
				r.Sample(fmt.Sprint("s", i), 1)
			}
		}})
		defer tel.Close()
		text := dump(t, tel)
		if got := strings.Count(text, "\n"); got != 3*namesMax {
			t.Errorf("%d lines, want %d", got, 3*namesMax)
		}
		if !strings.Contains(text, "'serf-agent.a_b_c_d__e_f_g_'") {
			t.Error("no clean name")
		}
		if strings.Contains(text, strings.Repeat("x", nameBytesMax)+"x") {
			t.Error("a name too long")
		}
	})
}

func TestTotalThatBeginsAnewCountsFromZero(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		totals := []uint64{10, 4}
		tel := Start(Config{Read: func(_ context.Context, r *Reading) {
			r.Total("c", totals[0])
			totals = totals[1:]
		}})
		defer tel.Close()
		dump(t, tel)
		if text := dump(t, tel); !strings.Contains(text, "Sum: 14.000") {
			t.Errorf("got %s", text)
		}
	})
}

func TestRuntimeFiguresAreThere(t *testing.T) {
	runtime.GC()
	tel := Start(Config{Read: func(_ context.Context, r *Reading) { r.Runtime() }})
	defer tel.Close()
	text := dump(t, tel)
	for _, name := range []string{"runtime.num_goroutines", "runtime.alloc_bytes", "runtime.sys_bytes", "runtime.malloc_count",
		"runtime.free_count", "runtime.heap_objects", "runtime.total_gc_pause_ns", "runtime.total_gc_runs"} {
		if !strings.Contains(text, "[G] 'serf-agent."+name+"': ") {
			t.Errorf("no %s in\n%s", name, text)
		}
	}
	if !strings.Contains(text, "[S] 'serf-agent.runtime.gc_pause_ns': ") {
		t.Errorf("no pauses in\n%s", text)
	}
}

func TestGaugesHaveTheHostNameWithASink(t *testing.T) {
	tel := Start(Config{StatsdAddr: "127.0.0.1:1", Read: func(_ context.Context, r *Reading) {
		r.Gauge("g", 1)
		r.Total("c", 1)
	}})
	defer tel.Close()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	text := dump(t, tel)
	if !strings.Contains(text, "'serf-agent."+clean(host)+".g'") || !strings.Contains(text, "'serf-agent.c'") {
		t.Errorf("got %s", text)
	}
}

func TestAddressesOfSinksAreChecked(t *testing.T) {
	for addr, want := range map[string]string{
		"":               "",
		"10.0.0.1:8125":  "",
		"[::1]:8125":     "",
		"stats.lan:8125": "",
		"10.0.0.1":       "Failed to start statsd sink. Got: address 10.0.0.1: missing port in address",
		":8125":          "Failed to start statsd sink. Got: address :8125: missing host",
		"h:0":            `Failed to start statsd sink. Got: address h:0: port "0" is not a number from 1 to 65535`,
		"h:http":         `Failed to start statsd sink. Got: address h:http: port "http" is not a number from 1 to 65535`,
	} {
		got := ""
		if err := CheckStatsd(addr); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", addr, got, want)
		}
	}
}

// pass lets virtual time go by, and waits for what happens at its end.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func dump(t *testing.T, tel *Telemetry) string {
	t.Helper()
	var b strings.Builder
	if err := tel.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
