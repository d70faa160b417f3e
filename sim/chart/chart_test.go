package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var example = Chart{
	Title: "Loss & <delay>", X: Axis{Label: "members", Log: true}, Y: Axis{Label: "time", Unit: "s"},
	Series: []Series{
		{Name: "measured", Points: []Point{{X: 10, Y: 1.5, Low: 1, High: 2}, {X: 100, Y: 3, Low: 2, High: 4}}},
		{Name: "a < b", Expected: true, Points: []Point{{X: 10, Y: 1}, {X: 100, Y: 2}}},
	},
	Note: "read it \"so\"",
}

var bands = Bands{
	Title: "Members", X: Axis{Label: "time", Unit: "s"}, End: 10, Mark: "down",
	Levels: []Level{{"alive", Good}, {"failed", Bad}},
	Rows:   []Row{{Name: "n<1>", Spans: []Span{{0, 4, 0}, {4, 10, 1}}, Marks: []Span{{3, 10, 0}}}, {Name: "n2", Spans: []Span{{0, 10, 0}}}},
}

// pictures returns the SVG documents in the text.
func pictures(t *testing.T, text string) []string {
	t.Helper()
	list := regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(text, -1)
	if len(list) == 0 {
		t.Fatal("there is no picture")
	}
	return list
}

func TestPicturesAreWellFormed(t *testing.T) {
	for _, text := range []string{example.HTML(), bands.HTML()} {
		for _, picture := range pictures(t, text) {
			for d := xml.NewDecoder(strings.NewReader(picture)); ; {
				_, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%v in %s", err, picture)
				}
			}
		}
	}
}

func TestEverythingDrawnIsInATableAndNamed(t *testing.T) {
	text := example.HTML()
	for _, want := range []string{
		"Loss &amp; &lt;delay&gt;", "time (s)", "members", "a &lt; b", `class="line expected"`,
		`<th scope="row">100</th><td>3 (2 to 4)</td><td>2</td>`, "read it &#34;so&#34;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	text = bands.HTML()
	for _, want := range []string{`<th scope="row">n&lt;1&gt;</th><td>4</td><td>6</td>`, `class="bad"`, `class="under"`, ">down</li>"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	if strings.Contains(text, `<th scope="row">n2</th>`) {
		t.Error("a row that was never anything but the first level is in the table")
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	var b strings.Builder
	if err := Page(&b, "T<1>", example.HTML()+bands.HTML()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, never := range []string{"http:", "https:", "<script", "<link", "src=", "href=", "url(", "@import", "<T<1>"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %q", never)
		}
	}
	for _, want := range []string{"prefers-color-scheme:dark", "width=device-width", "<title>T&lt;1&gt;</title>"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestTicksAreRoundAndWithin(t *testing.T) {
	for _, test := range []struct {
		axis   Axis
		values []float64
		want   []float64
	}{
		{Axis{}, []float64{3, 9.7}, []float64{0, 2, 4, 6, 8}},
		{Axis{Free: true}, []float64{97.2, 99.9}, []float64{97, 98, 99, 100}},
		{Axis{}, []float64{-5, 5}, []float64{-4, -2, 0, 2, 4}},
		{Axis{Log: true}, []float64{8, 4096}, []float64{10, 20, 50, 100, 200, 500, 1000, 2000}},
		{Axis{Log: true}, []float64{1, 1e9}, []float64{1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}},
		{Axis{}, []float64{math.NaN(), math.Inf(1)}, []float64{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}},
		{Axis{Log: true}, []float64{0, -1}, []float64{1, 2, 5, 10}},
	} {
		s := newScale(test.axis, test.values, 0, 100)
		if got := s.ticks(5); !slices.EqualFunc(got, test.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }) {
			t.Errorf("%v on %+v: %v, want %v", test.values, test.axis, got, test.want)
		}
		for _, v := range append(s.ticks(5), test.values...) {
			if at := s.at(v); !(at >= 0 && at <= 100) {
				t.Errorf("%v lies at %v", v, at)
			}
		}
	}
}

func TestLongLinesHaveFewMarksAndShortTables(t *testing.T) {
	c := Chart{Title: "T", Series: []Series{{Name: "a"}}}
	for i := range 1000 {
		c.Series[0].Points = append(c.Series[0].Points, Point{X: float64(i), Y: float64(i % 7)})
	}
	text := c.HTML()
	if n := strings.Count(text, `class="mark"`); n != marksSparse {
		t.Errorf("%d marks", n)
	}
	if n := strings.Count(text, `<th scope="row">`); n != rowsMax {
		t.Errorf("%d rows", n)
	}
	if !strings.Contains(text, `<th scope="row">999</th>`) {
		t.Error("the last point is not in the table")
	}
}

func TestEmptyChartsAreDrawn(t *testing.T) {
	for _, c := range []Chart{{Title: "nothing"}, {Title: "one", Series: []Series{{Name: "a"}}}, {Title: "log", X: Axis{Log: true}}} {
		if text := c.HTML(); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s", text)
		}
	}
	if text := (&Bands{Title: "none"}).HTML(); strings.Contains(text, "NaN") {
		t.Errorf("%s", text)
	}
}

func TestNumbersAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.123456: "0.1235", 1234.56: "1235", 59706: "59.71 k", 12345678: "12.35 M", -20000: "-20 k"} {
		if got := Number(v); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
}
