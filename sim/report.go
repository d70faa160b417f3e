package sim

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"serf/sim/chart"
)

// Figure is one number of a report.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Low and High bound the value with 95 % confidence; both 0: it is no estimate.
	Low  float64 `json:"low,omitempty"`
	High float64 `json:"high,omitempty"`
	// Expected is the published or derived figure, Source where it is from; empty: there is none.
	Expected float64 `json:"expected,omitempty"`
	Source   string  `json:"source,omitempty"`
	// Clocked says that the value hangs on this machine, not on the seed alone. Sweeps leave it out.
	Clocked bool `json:"clocked,omitempty"`
}

// Distribution is which values were measured of one thing.
type Distribution struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
	// Count is how many values there were, Of how many there could have been: some events are never heard.
	Count int `json:"count"`
	Of    int `json:"of"`
	// Values are sorted; of more than distributionMax they are chosen evenly.
	Values []float64 `json:"values"`
}

// Table is figures that are best read in rows.
type Table struct {
	Title string     `json:"title"`
	Head  []string   `json:"head"`
	Rows  [][]string `json:"rows"`
}

// Report is what a scenario or study found. It is plain data: what is printed, kept by a sweep, and drawn on a page.
type Report struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Variant tells the report from others that stand beside it, such as "loss 5%". Empty: it stands alone.
	Variant string   `json:"variant,omitempty"`
	Setting string   `json:"setting"`
	Figures []Figure `json:"figures"`
	// Tables, unless there are none, are shown in place of the figures.
	Tables []Table `json:"tables,omitempty"`
	// Distributions, Charts and Bands are what a page shows. Those of one name or title in several reports are drawn into one.
	Distributions []Distribution `json:"distributions,omitempty"`
	Charts        []chart.Chart  `json:"charts,omitempty"`
	Bands         []chart.Bands  `json:"bands,omitempty"`
	// Hash names the run: with equal seeds and settings it is equal. Empty when there were several.
	Hash string `json:"hash,omitempty"`
	// Partial says that it was interrupted, and how far it had come.
	Partial string `json:"partial,omitempty"`
	// Notes are sentences about how to read the figures.
	Notes []string `json:"notes,omitempty"`
}

// Formats are the names that Write knows.
var Formats = []string{"text", "json", "csv"}

// Write writes the report in one of the Formats.
func (r *Report) Write(w io.Writer, format string) error { return WriteReports(w, format, r) }

// WriteReports writes one report, or several one after the other; as JSON those are an array.
func WriteReports(w io.Writer, format string, reports ...*Report) error {
	switch format {
	case "text":
		for i, r := range reports {
			if i > 0 {
				fmt.Fprintln(w)
			}
			r.writeText(w)
		}
		return nil
	case "json":
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		if len(reports) == 1 {
			return e.Encode(reports[0])
		}
		return e.Encode(reports)
	case "csv":
		return writeCSV(w, reports)
	}
	return fmt.Errorf("sim: unknown format %q: use text, json or csv", format)
}

func (r *Report) writeText(w io.Writer) {
	if r.Variant != "" {
		fmt.Fprintf(w, "%s: %s\n%s\n\n", r.Title, r.Variant, r.Setting)
	} else {
		fmt.Fprintf(w, "%s\n%s\n\n", r.Title, r.Setting)
	}
	if len(r.Tables) > 0 {
		writeTables(w, r.Tables)
	} else {
		r.writeFigures(w)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	if r.Partial != "" {
		fmt.Fprintf(w, "\ninterrupted: %s\n", r.Partial)
	}
	if r.Hash != "" {
		fmt.Fprintf(w, "\nhash %s\n", r.Hash)
	}
}

func (r *Report) writeFigures(w io.Writer) {
	names, values := 0, 0
	for _, f := range r.Figures {
		names, values = max(names, len(f.Name)), max(values, len(short(f.Value)))
	}
	for _, f := range r.Figures {
		line := fmt.Sprintf("%-*s  %*s %-5s", names, f.Name, values, short(f.Value), f.Unit)
		if f.Low != f.High {
			line += fmt.Sprintf("  95 %%: %s to %s", short(f.Low), short(f.High))
		}
		if f.Source != "" {
			line += fmt.Sprintf("  expected: %s (%s)", short(f.Expected), f.Source)
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func writeTables(w io.Writer, tables []Table) {
	for i, t := range tables {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, t.Title)
		tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Head}, t.Rows...) {
			fmt.Fprintln(tab, "  "+strings.Join(row, "\t"))
		}
		_ = tab.Flush() // like all of the text: who reads it sees that it ends early
	}
}

func writeCSV(w io.Writer, reports []*Report) error {
	c := csv.NewWriter(w)
	_ = c.Write([]string{"report", "variant", "name", "value", "unit", "low", "high", "expected", "source"}) // Flush tells
	for _, r := range reports {
		for _, f := range r.Figures {
			_ = c.Write([]string{r.Name, r.Variant, f.Name, number(f.Value), f.Unit, number(f.Low), number(f.High), number(f.Expected), f.Source})
		}
	}
	c.Flush()
	return c.Error()
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// short is v with four significant digits, written out.
func short(v float64) string {
	if v >= 10000 || v <= -10000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	f, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// value returns the figure in whose name part is; 0 when there is none.
func (r *Report) value(part string) float64 {
	for _, f := range r.Figures {
		if strings.Contains(f.Name, part) {
			return f.Value
		}
	}
	return 0
}
