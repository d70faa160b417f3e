package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serf/sim"
)

func TestProgressLineEstimatesWhatIsLeft(t *testing.T) {
	for _, test := range []struct {
		now  sim.Progress
		took time.Duration
		want string
	}{
		{sim.Progress{What: "forming"}, time.Minute, "forming"},
		{sim.Progress{What: "crash 1 of 4", Done: 0.25}, 500 * time.Millisecond, "[======                  ]  25 %  crash 1 of 4"},
		{sim.Progress{What: "crash 1 of 4", Done: 0.25}, 10 * time.Second, "[======                  ]  25 %, about 30s left  crash 1 of 4"},
		{sim.Progress{What: "over", Done: 1}, 10 * time.Second, "[========================] 100 %, about 0s left  over"},
	} {
		if got := progressLine(test.now, test.took); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestProgressIsShownOnTerminalsAndTakenAway(t *testing.T) {
	var b bytes.Buffer
	p := newProgress(&b)
	p.show(sim.Progress{What: "half", Done: 0.5})
	p.clear()
	if b.Len() != 0 {
		t.Errorf("%q went to what is no terminal", b.String())
	}
	p.terminal = true
	p.show(sim.Progress{What: "half", Done: 0.5})
	p.show(sim.Progress{What: "too soon", Done: 0.6})
	p.clear()
	if got := b.String(); !strings.HasSuffix(got, "half\r\x1b[K") || strings.Contains(got, "soon") {
		t.Errorf("%q", got)
	}
}

func TestScenariosTellHowFarTheyAre(t *testing.T) {
	for _, s := range append(sim.Scenarios(), sim.Scenario{Name: "plan", Run: sim.Plan}) {
		last, heard := 0.0, 0
		p := sim.Params{Nodes: 8, Seed: 1, For: 2 * time.Minute, Profile: "lan", Latency: time.Millisecond, Progress: func(now sim.Progress) {
			if now.Done < last || now.Done > 1 {
				t.Errorf("%s: %v after %v", s.Name, now.Done, last)
			}
			last = now.Done
			heard++
		}}
		if _, err := s.Run(context.Background(), p); err != nil {
			t.Fatal(err)
		}
		if s.Name != "form" && last < 0.9 || heard == 0 { // nobody knows how long form takes
			t.Errorf("%s: told %d times, in the end %v", s.Name, heard, last)
		}
	}
}

func TestOutWritesAPageBesideTheText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	status, out, errs := call(t, context.Background(), "run", "-nodes", "8", "-for", "1m", "-out", path, "crash")
	if status != 0 || !strings.Contains(out, "until the first member") {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!doctype html>", "Convergence", "Bandwidth", "False positives", "Members over time", "From a crash until"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
		t.Errorf("%d files are left", len(list))
	}
	status, _, errs = call(t, context.Background(), "swarm", "-out", filepath.Join(t.TempDir(), "no", "report.html"))
	if status != statusUsage || !strings.Contains(errs, "there is no directory") {
		t.Errorf("status %d: %s", status, errs)
	}
}

func TestInterruptBeforeAnythingIsMeasuredSaysSo(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if status, out, errs := call(t, ctx, "run", "crash"); status != statusFailed || out != "" || !strings.Contains(errs, "interrupted before") {
		t.Errorf("status %d: %q %q", status, out, errs)
	}
}
