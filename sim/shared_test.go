package sim

import (
	"fmt"
	"testing"
	"time"
)

// populated runs a populated world through a crash, a restart, a leave and a change of tags, and returns its hash, and what the
// members counted.
func populated(t *testing.T, o Options) (hash, counted string) {
	t.Helper()
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	must(t, w.Populate())
	if err := w.Converged(); err != nil {
		t.Fatalf("at the start: %v", err)
	}
	w.Run(10 * time.Second)
	w.Crash(3)
	w.Run(5 * time.Second)
	must(t, w.SetTags(5, map[string]string{"role": "db"}))
	agree(t, w, "one has crashed, another has a tag", time.Minute)
	must(t, w.Start(3))
	must(t, w.Join(3, 4))
	must(t, w.Leave(7))
	w.Run(20 * time.Second)
	w.Crash(7)
	must(t, w.Event(9, "deploy", []byte("now")))
	w.Run(40 * time.Second) // with push/pulls
	agree(t, w, "one is back, one has left", time.Minute)
	for _, h := range w.hosts {
		if h.cluster != nil {
			counted += fmt.Sprintf("%+v\n", h.cluster.Stats())
		}
	}
	return w.Hash(), counted
}

func TestSharingChangesNothing(t *testing.T) {
	o := Options{Seed: 5, Hosts: 40, Network: lan, Direct: true, Shared: true}
	want, wantCounted := populated(t, o)
	o.apart = true
	got, gotCounted := populated(t, o)
	if got != want {
		t.Errorf("hosts that share what they know did something else than hosts that do not: hash %s, want %s", want, got)
	}
	if gotCounted != wantCounted {
		t.Errorf("hosts that share what they know counted\n%s\nthe others\n%s", wantCounted, gotCounted)
	}
	o.Seed = 6
	if other, _ := populated(t, o); other == want {
		t.Error("another seed gave the same run")
	}
}

func TestOnlyHostsThatShareCanBeAPopulation(t *testing.T) {
	w, err := NewWorld(Options{Seed: 1, Hosts: 3, Direct: true})
	if err != nil {
		t.Fatal(err)
	}
	if w.Populate() == nil {
		t.Error("hosts that share nothing became a population")
	}
}
