package main

import (
	"bytes"
	"io"
	"os"
	"testing"
)

func TestLevelsThatStandOutAreColoured(t *testing.T) {
	const at = "2026/11/25 12:00:00 "
	for line, want := range map[string]string{
		at + "[ERR] agent: [WARN] x\n":     at + "\x1b[31m[ERR]\x1b[0m agent: [WARN] x\n",
		at + "[WARN] agent: x":             at + "\x1b[33m[WARN]\x1b[0m agent: x",
		at + "[DEBUG] agent: x":            at + "\x1b[2m[DEBUG]\x1b[0m agent: x",
		at + "[INFO] agent: [ERR] x":       at + "[INFO] agent: [ERR] x",
		at + "[ERR":                        at + "[ERR",
		at:                                 at,
		"":                                 "",
		"[ERR] x":                          "[ERR] x",
		`{"level":"ERR","message":"x"}`:    `{"level":"ERR","message":"x"}`,
		"a text that is long enough [ERR]": "a text that is long enough [ERR]",
	} {
		if got := coloured(line); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

// TestColoursAreForTerminals takes a device for the terminal, which there may not be.
func TestColoursAreForTerminals(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	usual := map[string]string{"TERM": "xterm"}
	for _, tt := range []struct {
		name string
		env  map[string]string
		to   io.Writer
		want bool
	}{
		{"device", usual, device, true},
		{"pipe", usual, pipe, false},
		{"buffer", usual, new(bytes.Buffer), false},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, device, false},
		{"dumb", map[string]string{"TERM": "dumb"}, device, false},
		{"no TERM", nil, device, false},
	} {
		p := &program{getenv: func(name string) string { return tt.env[name] }}
		if got := p.colours(tt.to); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
