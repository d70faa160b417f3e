package main

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"serf/agent/config"
)

func TestColumns(t *testing.T) {
	got := columns([][]string{{"a", "bbb", ""}, {"äää", "b", "c"}, {"x", "y", ""}})
	if want := "a    bbb  \näää  b    c\nx    y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := columns(nil); got != "" {
		t.Errorf("no rows give %q, want nothing", got)
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain ünïcode": "plain ünïcode", "a\nb": `a\nb`, "\x1b[2J": `\x1b[2J`, "a\"\t": `a"\t`, "\xff": `\xff`, "a|b": "a|b",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	err := errors.New("2 errors occurred:\n\t* failed to join a: x\n\t* failed to join b: y\n\n")
	if got, want := oneLine(err), "2 errors occurred: failed to join a: x; failed to join b: y"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPartsKeepsErrorsThatSayMore(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	said := fmt.Errorf("%w and %w", a, b)
	var got []string
	for _, e := range parts(errors.Join(errors.Join(a, c), said, b)) {
		got = append(got, e.Error())
	}
	if want := []string{"a", "c", "a and b", "b"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEveryAgentFlagHasHelp(t *testing.T) {
	for _, f := range config.Flags() {
		if f.Help == "" || (f.Value == "") != (f.Type == config.FlagBool) {
			t.Errorf("-%s: help %q with value %q does not suit it", f.Name, f.Help, f.Value)
		}
	}
}

func TestHelpLinesAreNotTooLong(t *testing.T) {
	p := &program{}
	for _, c := range p.commands() {
		for line := range strings.Lines(p.help(c)) {
			if len(line) > helpColumns+1 {
				t.Errorf("%s: %d columns: %s", c.Name, len(line)-1, line)
			}
		}
	}
}

func TestCommandsAreSortedAndDescribed(t *testing.T) {
	var before string
	for _, c := range (&program{}).commands() {
		if c.Name <= before {
			t.Errorf("%s stands behind %s", c.Name, before)
		}
		if c.Usage == "" || c.Action == nil {
			t.Errorf("%s has no synopsis or no action", c.Name)
		}
		before = c.Name
	}
}
