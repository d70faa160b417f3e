package sim

import (
	"context"
	"strings"
	"testing"
	"time"

	"serf/sim/chart"
)

func page(t *testing.T, reports ...*Report) string {
	t.Helper()
	var b strings.Builder
	if err := WriteHTML(&b, reports...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageShowsVariantsSideBySide(t *testing.T) {
	report := func(variant string, value float64) *Report {
		line := chart.Series{Name: "agreement", Points: []chart.Point{{X: 0, Y: 0}, {X: 1, Y: value}}}
		return &Report{
			Name: "crash", Title: "T", Variant: variant, Setting: "S", Hash: "0123456789", Notes: []string{"read me"},
			Figures:       []Figure{{Name: "first", Value: value, Unit: "s", Low: 1, High: 2, Expected: 7, Source: "book"}},
			Distributions: []Distribution{{Name: "D", Unit: "s", Count: 1, Of: 2, Values: []float64{value}}},
			Charts:        []chart.Chart{{Title: "Convergence", Series: []chart.Series{line}}},
			Bands:         []chart.Bands{{Title: "Members", End: 1}},
		}
	}
	text := page(t, report("loss 1%", 1.25), report("loss 5%", 2.5))
	for _, want := range []string{
		`<th scope="col">loss 1%</th><th scope="col">loss 5%</th>`, "Expected first: book",
		`<td>1.25 s<small>95 %: 1 to 2<br>expected 7 s</small></td><td>2.5 s<small>95 %: 1 to 2<br>expected 7 s</small></td>`,
		"Members: loss 1%", "Members: loss 5%", "loss 5%: 50 at 2.5",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	for once, n := range map[string]int{"<figcaption>D<": 1, "<figcaption>Convergence<": 1, "read me": 1} {
		if got := strings.Count(text, once); got != n {
			t.Errorf("%q is there %d times, not %d", once, got, n)
		}
	}
}

func TestChartsShowWhatHappenedAndChangeNothing(t *testing.T) {
	p := Params{Nodes: 12, Seed: 5, For: 2 * time.Minute, Profile: "lan", Loss: 0.02, Latency: time.Millisecond}
	plain, err := runCrash(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	p.Charts = true
	r, err := runCrash(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Hash != plain.Hash {
		t.Error("charts changed the run")
	}
	if len(plain.Charts)+len(plain.Bands) > 0 || len(r.Charts) != 3 || len(r.Bands) != 1 {
		t.Fatalf("%d charts and %d bands, without being asked %d and %d", len(r.Charts), len(r.Bands), len(plain.Charts), len(plain.Bands))
	}
	least := 100.0
	for _, point := range r.Charts[0].Series[0].Points {
		least = min(least, point.Y)
	}
	if least < 80 || least >= 100 {
		t.Errorf("at the worst moment %v %% of the entries were true", least)
	}
	victim := r.Bands[0].Rows[1]
	if len(victim.Marks) == 0 {
		t.Fatalf("the crash of %s is not marked", victim.Name)
	}
	down := victim.Marks[0]
	for _, s := range victim.Spans {
		if s.Level == 4 && s.From > down.From+2 && s.From < down.To {
			return
		}
	}
	t.Errorf("%s was down from %v to %v, but shown as %v", victim.Name, down.From, down.To, victim.Spans)
}

func TestTimelineOfALongRunStaysSmall(t *testing.T) {
	p := Params{Nodes: 130, Seed: 5, For: 10 * time.Minute, Profile: "lan", Latency: time.Millisecond, Charts: true}
	r, err := runIdle(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(r.Charts[0].Series[0].Points); n > looksMax+1 || n < looksMax/2 {
		t.Errorf("%d moments", n)
	}
	if n := len(r.Bands[0].Rows); n != rowsMax {
		t.Errorf("%d rows", n)
	}
	if got := r.Bands[0].End; got != 600 {
		t.Errorf("it ends after %v s", got)
	}
}
