package sim

import (
	"testing"
	"time"
)

// Thirty hosts that are told something at once by one take turns at the processors.
func TestHostsShareProcessors(t *testing.T) {
	last := func(processors int) time.Duration {
		o := Options{Seed: 3, Hosts: 30, Network: lan, Direct: true, Processors: processors, InputTime: time.Millisecond}
		w, err := NewWorld(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Assemble(); err != nil {
			t.Fatal(err)
		}
		w.Run(20 * time.Second)
		if err := w.Converged(); err != nil {
			t.Fatalf("%d processors: %v", processors, err)
		}
		at := w.Now()
		if err := w.Event(0, "deploy", nil); err != nil {
			t.Fatal(err)
		}
		heard := func() (n int) {
			for i := range 30 {
				n += w.Heard(i, "deploy")
			}
			return n
		}
		if !w.RunUntil(10*time.Second, 100*time.Microsecond, func() bool { return heard() >= 20 }) {
			t.Fatalf("%d processors: %d heard the event", processors, heard())
		}
		return w.Now() - at
	}
	many, two := last(30), last(2)
	t.Logf("two in three have heard an event after %v with 30 processors, %v with 2", many, two)
	if many < 2*time.Millisecond {
		t.Errorf("%v with 30 processors: inputs take no time", many)
	}
	if two < many+5*time.Millisecond {
		t.Errorf("%v with 2 processors, %v with 30: nobody waits", two, many)
	}
}
