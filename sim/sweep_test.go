package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

const smallSweep = `{"scenario": "event", "seeds": "3..4", "nodes": [5, 8], "loss": ["0%", 0.05, "20%"], "for": "30s"}`

func parseSweep(t *testing.T, text string) *Sweep {
	t.Helper()
	s, err := ParseSweep(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sweep runs a shard of what text says, from scratch.
func sweep(t *testing.T, text string, shard Shard, workers int) []byte {
	t.Helper()
	s := parseSweep(t, text)
	var b bytes.Buffer
	run := SweepRun{Sweep: s, Shard: shard, Workers: workers}
	if done, err := run.Run(context.Background(), &b); err != nil || done != run.Points() {
		t.Fatalf("%d points, %v", done, err)
	}
	return b.Bytes()
}

// parts runs all shards.
func parts(t *testing.T, text string, of int) (files []SweepFile) {
	t.Helper()
	for i := range of {
		shard := Shard{i + 1, of}
		files = append(files, SweepFile{"part" + shard.String(), bytes.NewReader(sweep(t, text, shard, 2))})
	}
	return files
}

func TestMergedShardsAreTheBytesOfTheWhole(t *testing.T) {
	defer goleak.VerifyNone(t)
	whole := sweep(t, smallSweep, Shard{}, 1)
	if n := bytes.Count(whole, []byte("\n")); n != 13 {
		t.Fatalf("%d lines", n)
	}
	for _, of := range []int{1, 5, 20} { // of 20 some have nothing to do
		files := parts(t, smallSweep, of)
		files[0], files[of-1] = files[of-1], files[0]
		var merged bytes.Buffer
		if _, err := MergeSweep(&merged, files); err != nil {
			t.Fatalf("%d shards: %v", of, err)
		}
		if !bytes.Equal(merged.Bytes(), whole) {
			t.Errorf("%d shards give other bytes", of)
		}
	}
}

func TestMergeRefusesWhatIsNotTheWhole(t *testing.T) {
	read := func(shard string, text string) SweepFile {
		s, err := ParseShard(shard)
		if err != nil {
			t.Fatal(err)
		}
		return SweepFile{"f" + shard, bytes.NewReader(sweep(t, text, s, 1))}
	}
	torn := func(f SweepFile, keep func(b []byte) []byte) SweepFile {
		var b bytes.Buffer
		_, _ = b.ReadFrom(f.R) // from memory
		return SweepFile{f.Name, bytes.NewReader(keep(b.Bytes()))}
	}
	other := strings.Replace(smallSweep, "3..4", "3..5", 1)
	for _, test := range []struct {
		want  string
		files []SweepFile
	}{
		{"nothing to merge", nil},
		{"missing: shard 1/3, 3/3: run the sweep with -shard 1/3", []SweepFile{read("2/3", smallSweep)}},
		{"f1/2 and f1/2 are both shard 1/2", []SweepFile{read("1/2", smallSweep), read("1/2", smallSweep)}},
		{"f1/2 is shard 1/2 and f2/3 is shard 2/3: they overlap", []SweepFile{read("1/2", smallSweep), read("2/3", smallSweep)}},
		{"f1/2 and f2/2 are of different sweeps", []SweepFile{read("1/2", smallSweep), read("2/2", other)}},
		{"f2/2: shard 2/2 is not done, point 11 is missing", []SweepFile{
			read("1/2", smallSweep), torn(read("2/2", smallSweep), func(b []byte) []byte { return b[:len(b)-5] })}},
		{"f1/1: where the result of point 0 should be", []SweepFile{
			torn(read("1/1", smallSweep), func(b []byte) []byte {
				lines := bytes.SplitAfter(b, []byte("\n"))
				return append(lines[0], lines[2]...)
			})}},
		{"f1/1: something follows", []SweepFile{torn(read("1/1", smallSweep), func(b []byte) []byte { return append(b, "x\n"...) })}},
		{"no results of a sweep", []SweepFile{{"x", strings.NewReader("hello\n")}}},
	} {
		if _, err := MergeSweep(&bytes.Buffer{}, test.files); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("got %v, want %q", err, test.want)
		}
	}
}

func TestSweepGoesOnFromWhatIsDone(t *testing.T) {
	s := parseSweep(t, smallSweep)
	shard := Shard{2, 2}
	whole := sweep(t, smallSweep, shard, 1)
	head := bytes.IndexByte(whole, '\n') + 1
	first := head + bytes.IndexByte(whole[head:], '\n') + 1
	for _, keep := range []int{0, head - 1, head, first - 1, first, first + 3, len(whole) - 1, len(whole)} {
		there := bytes.Clone(whole[:keep])
		done, size, err := s.Done(bytes.NewReader(there), shard)
		if err != nil {
			t.Fatalf("of %d bytes: %v", keep, err)
		}
		b := bytes.NewBuffer(there[:size])
		run := SweepRun{Sweep: s, Shard: shard, Skip: done}
		if _, err := run.Run(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), whole) {
			t.Fatalf("from %d of %d bytes on it gave others", keep, len(whole))
		}
	}
	if _, _, err := s.Done(bytes.NewReader(whole), Shard{1, 2}); err == nil || !strings.Contains(err.Error(), "another sweep or shard") {
		t.Errorf("results of another shard: %v", err)
	}
}

// stopper ends a context at its second line.
type stopper struct {
	bytes.Buffer
	stop func()
}

func (s *stopper) Write(b []byte) (int, error) {
	if s.Len() > 0 {
		s.stop()
	}
	return s.Buffer.Write(b)
}

func TestInterruptedSweepKeepsWholeLines(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, stop := context.WithCancel(context.Background())
	w := &stopper{stop: stop}
	run := SweepRun{Sweep: parseSweep(t, smallSweep), Workers: 3}
	done, err := run.Run(ctx, w)
	if err != nil || done < 1 || done == run.Points() {
		t.Fatalf("%d of %d points, %v", done, run.Points(), err)
	}
	if n := bytes.Count(w.Bytes(), []byte("\n")); n != done+1 || !bytes.HasPrefix(sweep(t, smallSweep, Shard{}, 1), w.Bytes()) {
		t.Errorf("%d lines after %d points, or not the first ones", n, done)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestSweepEndsWhenItCannotWrite(t *testing.T) {
	defer goleak.VerifyNone(t)
	run := SweepRun{Sweep: parseSweep(t, smallSweep), Skip: 1, Workers: 2}
	if _, err := run.Run(context.Background(), full{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("got %v", err)
	}
}

func TestSweepFilesAreChecked(t *testing.T) {
	for text, want := range map[string]string{
		`{"scenario": "nope"}`:                                          `"nope" is none; serfsim list shows them`,
		`{"scenario": "crash", "node": 3}`:                              `unknown field "node"`,
		`{"scenario": "crash", "nodes": [1]}`:                           `nodes: "1" is not within 2`,
		`{"scenario": "crash", "nodes": [5, "5"]}`:                      `nodes: "5" is there twice`,
		`{"scenario": "crash", "loss": "150%"}`:                         `loss: "150%" is no share below 1`,
		`{"scenario": "crash", "for": "soon"}`:                          `for: "soon" is no time`,
		`{"scenario": "crash", "profile": ["lan", "moon"]}`:             `profile: "moon" is not lan, wan, local`,
		`{"scenario": "crash", "seeds": "9..3"}`:                        `seeds: "9..3" names no seeds`,
		`{"scenario": "crash", "nodes": [true]}`:                        `true is neither a number nor a string`,
		`{"scenario": "crash", "seeds": "1..9999999", "nodes": [5, 6]}`: "more than 10000000 points",
		`{"scenario": "crash"} {}`:                                      "something follows",
		`[]`:                                                            "it has scenario, seeds",
	} {
		if _, err := ParseSweep(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestPointThatFailsSaysWhy(t *testing.T) {
	b := sweep(t, `{"scenario": "crash", "nodes": 4, "latency": "5m", "for": "1m"}`, Shard{}, 1)
	if !strings.Contains(string(b), `"error":"sim: the cluster did not form`) {
		t.Fatalf("%s", b)
	}
	_, reports, err := Summarize(bytes.NewReader(b))
	if err != nil || len(reports) != 1 || !strings.Contains(fmt.Sprint(reports[0].Notes), "1 of 1 seeds found nothing") {
		t.Errorf("%v, %v", reports, err)
	}
}

func TestSummaryIsTheMeanOfTheSeeds(t *testing.T) {
	b := sweep(t, smallSweep, Shard{}, 2)
	overview, reports, err := Summarize(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if len(reports) != 6 || reports[5].Variant != "nodes 8, loss 20%" {
		t.Fatalf("%d reports, the last is %+v", len(reports), reports[len(reports)-1])
	}
	sum := 0.0
	for seed := range uint64(2) {
		p := parseSweep(t, smallSweep).params(10)
		p.Seed = 3 + seed
		r, err := runEvent(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		sum += r.Figures[0].Value
	}
	if got := reports[5].Figures[0].Value; got != sum/2 {
		t.Errorf("the mean is %v, not %v", got, sum/2)
	}
	if d := reports[5].Distributions[0]; d.Of != 2*2*8 || len(d.Values) != d.Count {
		t.Errorf("%d values of %d", d.Count, d.Of)
	}
	c := overview.Charts[0]
	if c.X.Label != "loss" || len(c.Series) != 2 || c.Series[1].Name != "nodes 8" || len(c.Series[1].Points) != 3 || c.Series[1].Points[2].X != 20 {
		t.Errorf("%+v", c)
	}
}
