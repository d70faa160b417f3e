package agent

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/membership"
)

// Runs by default are short; the full ones are -snapshot.kills=200 -snapshot.cuts=20000.
var (
	snapshotKills = flag.Int("snapshot.kills", 20, "how often to kill a writer of snapshots")
	snapshotCuts  = flag.Int("snapshot.cuts", 1500, "how often to cut the power of a writer of snapshots")
)

const (
	// snapshotChildVariable makes the test binary a writer of the snapshot it names, until somebody kills it.
	snapshotChildVariable = "SERF_TEST_SNAPSHOT"
	// snapshotChildMin makes the writer compact often.
	snapshotChildMin = 4096
)

func init() {
	if path := os.Getenv(snapshotChildVariable); path != "" {
		writeSnapshotForEver(path)
	}
}

// writeSnapshotForEver goes on with the history where the file ends, and prints how far it was flushed.
func writeSnapshotForEver(path string) {
	s := newSnapshot(osDisk{}, path, nil, snapshotChildMin)
	recovered, err := s.open(false)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	go s.run()
	h := newHistory()
	for i := recovered.EventClock + 1; ; i++ {
		s.append(h.records(i)...)
		if i%7 == 0 {
			if err := s.flush(context.Background()); err != nil {
				fmt.Println("error", err)
				os.Exit(1)
			}
			fmt.Println(i)
		}
	}
}

// history is an endless sequence of records, the same each time. The i-th step ends with event clock i, so that a state
// tells how far it is.
type history struct{ names int }

func newHistory() history { return history{names: 40} }

func (h history) records(i uint64) []membership.Record {
	rng := rand.New(rand.NewPCG(i, 1))
	r := aliveRecord(rng.IntN(h.names))
	if rng.IntN(8) == 0 {
		r.Name += "\nodd"
	}
	switch rng.IntN(4) {
	case 0:
		r.Kind = membership.RecordFailed
	case 1:
		r.Kind = membership.RecordGone
	}
	return []membership.Record{r, eventRecord(i)}
}

// walk is a history being written in memory only.
type walk struct {
	history
	state *membership.Snapshot
	at    uint64
}

func newWalk() *walk { return &walk{history: newHistory(), state: membership.NewSnapshot(false)} }

// to returns the state after step i.
func (w *walk) to(i uint64) membership.Recovered {
	for ; w.at < i; w.at++ {
		for _, r := range w.records(w.at + 1) {
			w.state.AppendRecord(nil, r)
		}
	}
	return w.state.Recovered()
}

// check holds a recovered state against the history: it must be that after a step not before acknowledged, perhaps with a
// part of the next one.
func (w *walk) check(t *testing.T, got membership.Recovered, acknowledged uint64) {
	t.Helper()
	if got.EventClock < acknowledged {
		t.Fatalf("step %d was acknowledged, but only %d recovered", acknowledged, got.EventClock)
	}
	want := w.to(got.EventClock)
	if reflect.DeepEqual(got, want) {
		return
	}
	w.state.AppendRecord(nil, w.records(w.at + 1)[0])
	if next := w.state.Recovered(); !reflect.DeepEqual(got, next) {
		t.Fatalf("step %d: got %v, want %v or %v", got.EventClock, got, want, next)
	}
}

func TestKilledSnapshotWriterLosesNothingThatWasFlushed(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "snap")
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for round := range *snapshotKills {
		acknowledged := killWriter(t, self, path, time.Duration(rng.IntN(40_000))*time.Microsecond)
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		s, report := membership.ReplaySnapshot(file, false)
		_ = file.Close()
		if report.Skipped+report.Damaged != 0 {
			t.Errorf("round %d: got %+v", round, report)
		}
		newWalk().check(t, s.Recovered(), acknowledged)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 16*snapshotChildMin {
		t.Errorf("the file at the end: got %v, %v", info, err)
	}
}

// killWriter runs a writer and kills it some time after its first flush. It returns the last step that was acknowledged.
func killWriter(t *testing.T, self, path string, after time.Duration) (acknowledged uint64) {
	t.Helper()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), snapshotChildVariable+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	steps := bufio.NewScanner(out)
	for steps.Scan() {
		n, err := strconv.ParseUint(steps.Text(), 10, 64)
		if err != nil {
			t.Fatalf("the writer says %q", steps.Text())
		}
		if acknowledged == 0 {
			kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
			defer kill.Stop()
		}
		acknowledged = n
	}
	_ = cmd.Wait()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL || acknowledged == 0 {
		t.Fatalf("the writer ended by itself: %v", cmd.ProcessState)
	}
	return acknowledged
}

// The power goes at any change of the disk. What had been synced is there after the restart; what had not may be lost or
// torn, but the rest is what was recorded.
func TestSnapshotSurvivesAPowerCutAtAnyMoment(t *testing.T) {
	seen := make(map[string]int)
	for seed := range uint64(*snapshotCuts) {
		rng := rand.New(rand.NewPCG(seed, 2))
		d := newFakeDisk()
		log := journal.New(journal.Options{})
		mode := []string{"plain", "in place", "full"}[seed%3]
		switch mode {
		case "in place":
			d.fail = func(op, _ string, _ int64) error {
				if op == "rename" {
					return syscall.EBUSY
				}
				return nil
			}
		case "full":
			d.fail = func(op, _ string, _ int64) error {
				if rng.IntN(9) == 0 {
					return syscall.ENOSPC
				}
				return nil
			}
		}
		s := newSnapshot(d, snapPath, log, 600)
		for _, err := s.open(false); err != nil; _, err = s.open(false) {
			s = newSnapshot(d, snapPath, log, 600) // it may fail to open, which ends an agent's start
		}
		d.steps = rng.IntN(120)
		acknowledged, last := writeUntilPowerCut(s, d, rng)
		left := d.powerCut(rng, mode != "plain")
		text := left.text(snapPath)
		again := newSnapshot(left, snapPath, log, 600)
		got, err := again.open(false)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		seen[mode+" "+cutKind(text, got, acknowledged, last)]++
		if mode == "plain" {
			newWalk().check(t, got, acknowledged)
		} else {
			checkUnchanged(t, seed, got, acknowledged, last)
		}
		if t.Failed() {
			t.Fatalf("seed %d, acknowledged %d of %d, file\n%s", seed, acknowledged, last, text)
		}
		for i := range uint64(20) {
			again.append(newHistory().records(last + 1 + i)...)
			if err := again.write(time.Now()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		checkSnapshotFile(t, again, left.text(snapPath))
		if t.Failed() {
			t.Fatalf("seed %d, file after the cut\n%s", seed, text)
		}
	}
	t.Log(seen)
	for _, kind := range []string{"plain torn", "plain lost", "plain all", "in place torn", "in place lost", "full lost"} {
		if *snapshotCuts >= 500 && seen[kind] == 0 {
			t.Errorf("no case of %q: got %v", kind, seen)
		}
	}
}

// cutKind says what the power cut did to the file.
func cutKind(text string, got membership.Recovered, acknowledged, last uint64) string {
	switch {
	case text != "" && !strings.HasSuffix(text, "\n"):
		return "torn"
	case got.EventClock == last:
		return "all"
	case got.EventClock > acknowledged:
		return "some"
	}
	return "lost"
}

// writeUntilPowerCut returns the last step that was durable and the last one recorded.
func writeUntilPowerCut(s *snapshot, d *fakeDisk, rng *rand.Rand) (acknowledged, last uint64) {
	h := newHistory()
	now := time.Unix(1e9, 0)
	for {
		last++
		s.append(h.records(last)...)
		now = now.Add(time.Second)
		if rng.IntN(3) > 0 {
			continue
		}
		err := s.write(now)
		if err == nil && rng.IntN(4) == 0 {
			err = s.sync()
		} else if err == nil {
			continue
		}
		d.mu.Lock()
		cut := d.steps == 0
		d.mu.Unlock()
		if err == nil {
			acknowledged = last
		}
		if cut {
			return acknowledged, last
		}
	}
}

// checkUnchanged holds a recovered state against the history as far as that is certain where failures came before the
// power cut: members that were not touched since the last acknowledged step are as they were then, and clocks are between.
func checkUnchanged(t *testing.T, seed uint64, got membership.Recovered, acknowledged, last uint64) {
	t.Helper()
	if got.EventClock < acknowledged || got.EventClock > last {
		t.Errorf("seed %d: event clock: got %d, want %d to %d", seed, got.EventClock, acknowledged, last)
	}
	w := newWalk()
	want := statusByName(w.to(acknowledged))
	touched := make(map[string]bool)
	for i := acknowledged + 1; i <= last; i++ {
		touched[w.records(i)[0].Name] = true
	}
	have := statusByName(got)
	for i := range w.names {
		for _, name := range []string{fmt.Sprint("n", i), fmt.Sprint("n", i, "\nodd")} {
			if !touched[name] && have[name] != want[name] {
				t.Errorf("seed %d: %q: got %q, want %q", seed, name, have[name], want[name])
			}
		}
	}
}

// statusByName returns "alive" or "failed" with the address for each member.
func statusByName(r membership.Recovered) map[string]string {
	out := make(map[string]string)
	for _, m := range r.Alive {
		out[m.Name] = "alive " + m.Addr.String()
	}
	for _, m := range r.Failed {
		out[m.Name] = "failed " + m.Addr.String()
	}
	return out
}
