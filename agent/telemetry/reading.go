package telemetry

import (
	"runtime"
	"time"
)

// Reading is where Config.Read notes figures. It is valid during that call only.
type Reading struct {
	telemetry *Telemetry
	now       time.Time
	totals    map[string]uint64 // as they were last time
	memory    runtime.MemStats
	gcs       uint32 // of which the pauses are known
}

// Gauge notes a value as it is now.
func (r *Reading) Gauge(name string, v float64) {
	t := r.telemetry
	name = t.gaugePrefix + clean(name)
	if _, known := t.running.gauges[name]; known || len(t.running.gauges) < namesMax {
		t.running.gauges[name] = v
	}
	t.line(name, v, "g")
}

// Total notes a total of things that count one by one. What it has grown by since the last reading becomes a counter.
func (r *Reading) Total(name string, total uint64) {
	if n := r.growth(name, total); n > 0 {
		r.count(name, 1, n)
	}
}

// Amount notes a total of something that comes in amounts, like bytes. Its counter has one value a reading: how large the
// single amounts were is not known.
func (r *Reading) Amount(name string, total uint64) {
	if n := r.growth(name, total); n > 0 {
		r.count(name, float64(n), 1)
	}
}

// Sample notes a measured value.
func (r *Reading) Sample(name string, v float64) { r.telemetry.sample(name, r.now, v) }

// growth returns how much more total is than in the last reading; all of it if that was more, since then it began anew.
func (r *Reading) growth(name string, total uint64) uint64 {
	if r.totals == nil {
		r.totals = make(map[string]uint64)
	}
	last, known := r.totals[name]
	if !known && len(r.totals) >= namesMax {
		return 0
	}
	r.totals[name] = total
	if total < last {
		return total
	}
	return total - last
}

func (r *Reading) count(name string, v float64, n uint64) {
	t := r.telemetry
	name = prefix + clean(name)
	in(t.running.counters, name).add(r.now, v, n)
	t.line(name, v*float64(n), "c")
}

// Runtime notes the figures of the Go runtime.
func (r *Reading) Runtime() {
	m := &r.memory
	runtime.ReadMemStats(m)
	r.Gauge("runtime.num_goroutines", float64(runtime.NumGoroutine()))
	r.Gauge("runtime.alloc_bytes", float64(m.Alloc))
	r.Gauge("runtime.sys_bytes", float64(m.Sys))
	r.Gauge("runtime.malloc_count", float64(m.Mallocs))
	r.Gauge("runtime.free_count", float64(m.Frees))
	r.Gauge("runtime.heap_objects", float64(m.HeapObjects))
	r.Gauge("runtime.total_gc_pause_ns", float64(m.PauseTotalNs))
	r.Gauge("runtime.total_gc_runs", float64(m.NumGC))
	first := r.gcs
	if kept := uint32(len(m.PauseNs)); m.NumGC > kept {
		first = max(first, m.NumGC-kept)
	}
	for n := first; n < m.NumGC; n++ {
		r.Sample("runtime.gc_pause_ns", float64(m.PauseNs[n%uint32(len(m.PauseNs))]))
	}
	r.gcs = m.NumGC
}
