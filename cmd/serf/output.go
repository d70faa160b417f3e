package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// result is what a command found out, in the forms in which it can be told.
type result interface {
	text() string
	// json returns the value to encode.
	json() any
}

// show writes r to w in the given format.
func show(w io.Writer, format string, r result) error {
	if err := checkFormat(format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, r.json())
	}
	fmt.Fprintln(w, r.text())
	return nil
}

// checkFormat fails unless show knows format.
func checkFormat(format string) error {
	if format != "text" && format != "json" {
		return failure("Encoding error: Invalid output format %q", format)
	}
	return nil
}

// sentence is a result that is one line as text and an object as JSON.
type sentence struct {
	line   string
	object any
}

func (s sentence) text() string { return s.line }
func (s sentence) json() any    { return s.object }

// writeJSON prints v.
func writeJSON(w io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return failure("Encoding error: %v", err)
	}
	fmt.Fprintf(w, "%s\n", b)
	return nil
}

// columns aligns the cells of rows, two blanks between columns. The last cell of a row is not padded, and the text does not end
// in blanks.
func columns(rows [][]string) string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	return strings.TrimRight(b.String(), " \n")
}

// printable returns s with characters escaped that would break a line or steer a terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return s
	}
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}
