package sim

import (
	"testing"
	"time"
)

// lan is a network as in one building.
var lan = Network{LatencyMin: 200 * time.Microsecond, LatencyMax: 2 * time.Millisecond}

// story takes a cluster through joins, loss, a partition, crashes, restarts, a leave and a change of tags, and checks that
// it agrees with the truth after each. It returns the hash of the run.
func story(t *testing.T, o Options) string {
	t.Helper()
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range o.Hosts {
		must(t, w.Start(i))
		if i > 0 {
			w.At(time.Duration(i)*20*time.Millisecond, func() { must(t, w.Join(i, 0)) })
		}
	}
	agree(t, w, "all joined", 15*time.Second)

	w.Network.Loss = 0.1
	w.Run(60 * time.Second)
	w.Network.Loss = 0
	agree(t, w, "after a minute of 10 % loss", 90*time.Second)

	crashed := []int{3, 7, 11, 19, 42}
	for _, i := range crashed {
		w.Crash(i)
	}
	agree(t, w, "five crashed", 60*time.Second)
	for _, i := range crashed {
		must(t, w.Start(i))
		must(t, w.Join(i, (i+1)%o.Hosts))
	}
	agree(t, w, "five restarted", 30*time.Second)

	var side []int
	for i := range o.Hosts * 2 / 5 {
		side = append(side, i)
	}
	w.Partition(side...)
	w.Run(120 * time.Second)
	if err := w.Converged(); err == nil {
		t.Error("a partition of two minutes went unnoticed")
	}
	w.Heal()
	agree(t, w, "after the partition healed", 120*time.Second)

	must(t, w.SetTags(5, map[string]string{"role": "web"}))
	tagged := func() bool {
		for i := range o.Hosts {
			for _, m := range w.View(i).Members {
				if m.Name == w.hosts[5].name && m.Tags["role"] != "web" {
					return false
				}
			}
		}
		return true
	}
	if !w.RunUntil(15*time.Second, 100*time.Millisecond, tagged) {
		t.Error("a change of tags did not reach everybody within 15 s")
	}

	must(t, w.Leave(9))
	w.Run(5 * time.Second)
	w.Crash(9)
	left := func() bool {
		for i := range o.Hosts {
			if v := w.View(i); v != nil {
				for _, m := range v.Members {
					if m.Name == w.hosts[9].name && m.Status.String() != "left" {
						return false
					}
				}
			}
		}
		return true
	}
	if !w.RunUntil(15*time.Second, 100*time.Millisecond, left) {
		t.Error("a leave did not reach everybody within 15 s")
	}
	return w.Hash()
}

func TestFiftyMembersAgreeThroughLossPartitionCrashAndLeave(t *testing.T) {
	o := Options{Seed: 1, Hosts: 50, Network: lan}
	first := story(t, o)
	if second := story(t, o); second != first {
		t.Errorf("the same seed gave %s, then %s", first, second)
	}
	o.Direct = true
	if direct := story(t, o); direct != first {
		t.Errorf("with bytes %s, handed over directly %s", first, direct)
	}
	o.Seed, o.Direct = 2, false
	if other := story(t, o); other == first {
		t.Error("another seed gave the same run")
	}
}

func TestEncryptionDoesNotChangeWhatHappens(t *testing.T) {
	o := Options{Seed: 3, Hosts: 10, Network: lan, Key: []byte("0123456789abcdef")}
	w, err := NewWorld(o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range o.Hosts {
		must(t, w.Start(i))
		if i > 0 {
			must(t, w.Join(i, i-1))
		}
	}
	agree(t, w, "all joined at once, in a chain", 60*time.Second)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func agree(t *testing.T, w *World, when string, limit time.Duration) {
	t.Helper()
	if !w.RunUntil(limit, 100*time.Millisecond, func() bool { return w.Converged() == nil }) {
		t.Fatalf("%s: no agreement within %v: %v", when, limit, w.Converged())
	}
}

func TestAssembledHostsKnowEachOther(t *testing.T) {
	for _, shared := range []bool{false, true} {
		w, err := NewWorld(Options{Seed: 1, Hosts: 80, Network: lan, Direct: true, Shared: shared})
		if err != nil {
			t.Fatal(err)
		}
		must(t, w.Assemble())
		if err := w.Converged(); err != nil {
			t.Errorf("shared %v: %v", shared, err)
		}
		w.Crash(7)
		agree(t, w, "one has crashed", time.Minute)
	}
}
