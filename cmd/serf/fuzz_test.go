package main

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"serf/sim/proof"
)

// FuzzRPCTimeout: what is accepted is a time that passes, and is read back.
func FuzzRPCTimeout(f *testing.F) {
	for _, text := range []string{"10s", "0", "-1s", "1h2m3.5s", "10", "9223372036854775807ns", "2562048h", "\u00b5s"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d time.Duration
		var err error
		proof.Memory(t, len(text), func() { d, err = parseRPCTimeout(text) })
		if err != nil {
			return
		}
		if again, err := parseRPCTimeout(d.String()); err != nil || again != d || d <= 0 {
			t.Errorf("%q: got %v, then %v, %v", text, d, again, err)
		}
	})
}

// FuzzPrintable: names and values that others choose cannot break a line or steer the terminal.
func FuzzPrintable(f *testing.F) {
	for _, text := range []string{"", "web-1", "a\nb", "\x1b[2J", "\xff", "\u202e", "\ufffd", `"quoted"`, strings.Repeat("\x00", 1000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got string
		proof.Memory(t, len(text), func() { got = printable(text) })
		if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%q is printed as %q, with %q", text, got, got[i:])
		}
	})
}
