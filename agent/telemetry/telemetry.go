package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"serf/agent/journal"
)

const (
	prefix = "serf-agent."
	// pendingBytesMax is how much text for the sinks is gathered until an interval ends.
	pendingBytesMax = 64 << 10
	// closeTimeout is how long Close waits for sinks to take what there is.
	closeTimeout = 250 * time.Millisecond
	// readTimeout is how long figures are waited for.
	readTimeout = time.Second
)

// Config says what is measured and where it goes.
type Config struct {
	// Read is called once for each interval and each Dump, and notes all figures.
	Read func(ctx context.Context, r *Reading)
	// StatsdAddr and StatsiteAddr are host:port of sinks; empty: none.
	StatsdAddr, StatsiteAddr string
	// Log takes the operator's lines; nil discards them.
	Log *journal.Journal
}

// CheckStatsd and CheckStatsite say what is wrong with the address of a sink, in the words of the reference agent.
func CheckStatsd(addr string) error { return checkSink("statsd", addr) }

// CheckStatsite is described at CheckStatsd.
func CheckStatsite(addr string) error { return checkSink("statsite", addr) }

func checkSink(kind, addr string) error {
	if addr == "" {
		return nil
	}
	if err := checkAddr(addr); err != nil {
		//lint:ignore ST1005 scripts match on this text
		return fmt.Errorf("Failed to start %s sink. Got: %w", kind, err)
	}
	return nil
}

// Telemetry aggregates figures until Close.
type Telemetry struct {
	cfg         Config
	gaugePrefix string
	sinks       []*sink
	patience    time.Duration // of Close

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	once   sync.Once // of Close

	mu      sync.Mutex
	reading Reading
	past    []*interval // oldest first
	running *interval
	pending bytes.Buffer // lines for the sinks
	dropped uint64       // lines that found no room in pending
}

// Start begins to measure. A sink whose address is of no use is logged, and tried again and again.
func Start(cfg Config) *Telemetry {
	t := &Telemetry{cfg: cfg, gaugePrefix: prefix, patience: closeTimeout, running: newInterval(time.Now())}
	t.reading.telemetry = t
	t.ctx, t.cancel = context.WithCancel(context.Background())
	if cfg.StatsiteAddr != "" {
		t.sinks = append(t.sinks, newSink("statsite", "tcp", cfg.StatsiteAddr, cfg.Log))
	}
	if cfg.StatsdAddr != "" {
		t.sinks = append(t.sinks, newSink("statsd", "udp", cfg.StatsdAddr, cfg.Log))
	}
	if len(t.sinks) > 0 {
		if host, err := os.Hostname(); err == nil && host != "" {
			t.gaugePrefix += clean(host) + "."
		}
	}
	for _, s := range t.sinks {
		t.wg.Go(func() { s.run(t.ctx) })
	}
	t.wg.Go(t.run)
	return t
}

// run ends intervals until Close.
func (t *Telemetry) run() {
	for {
		t.mu.Lock()
		wait := min(time.Until(t.running.end()), intervalLength) // the clock may be set back
		t.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
			t.roll()
		case <-t.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// roll ends the running interval.
func (t *Telemetry) roll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read()
	t.past = append(t.past, t.running)
	if len(t.past) > intervalsMax {
		t.past = append(t.past[:0:0], t.past[1:]...)
	}
	next := newInterval(time.Now())
	if !next.start.After(t.running.start) { // the clock was set back
		next.start = t.running.end()
	}
	t.running = next
	t.send()
}

// read notes all figures in the running interval.
func (t *Telemetry) read() {
	ctx, cancel := context.WithTimeout(t.ctx, readTimeout)
	defer cancel()
	t.reading.now = time.Now()
	t.cfg.Read(ctx, &t.reading)
	lost := t.dropped
	for _, s := range t.sinks {
		lost += s.dropped.Load()
	}
	t.reading.Total("agent.telemetry.dropped", lost)
}

// send hands the pending lines to the sinks.
func (t *Telemetry) send() {
	if t.pending.Len() > 0 {
		batch := bytes.Clone(t.pending.Bytes())
		for _, s := range t.sinks {
			s.put(batch)
		}
	}
	t.pending.Reset()
}

// line adds a line for the sinks.
func (t *Telemetry) line(name string, v float64, suffix string) {
	if len(t.sinks) == 0 {
		return
	}
	if t.pending.Len() > pendingBytesMax {
		t.dropped++
		return
	}
	fmt.Fprintf(&t.pending, "%s:%f|%s\n", name, v, suffix)
}

// Sample notes something that was measured, times in milliseconds.
func (t *Telemetry) Sample(name string, v float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sample(name, time.Now(), v)
}

func (t *Telemetry) sample(name string, now time.Time, v float64) {
	name = prefix + clean(name)
	in(t.running.samples, name).add(now, v, 1)
	t.line(name, v, "ms")
}

// Dump prints all intervals in memory, the running one last.
func (t *Telemetry) Dump(w io.Writer) error {
	var text bytes.Buffer
	t.mu.Lock()
	t.read()
	for _, i := range t.past {
		i.write(&text)
	}
	t.running.write(&text)
	t.mu.Unlock()
	_, err := w.Write(text.Bytes())
	return err
}

// Close takes the last figures, gives sinks that work a moment to take them, and ends everything. A nil Telemetry has nothing to
// end; a second Close does nothing.
func (t *Telemetry) Close() {
	if t != nil {
		t.once.Do(t.close)
	}
}

func (t *Telemetry) close() {
	if len(t.sinks) > 0 {
		t.mu.Lock()
		t.read()
		t.send()
		t.mu.Unlock()
	}
	timeout := time.NewTimer(t.patience)
	defer timeout.Stop()
	for _, s := range t.sinks {
		s.finish()
	}
	for _, s := range t.sinks {
		select {
		case <-s.ended:
		case <-timeout.C:
			t.cancel()
		}
	}
	t.cancel()
	t.wg.Wait()
}
