package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestBashCompletes lets bash read the script and asks for what it would offer at the end of each line.
func TestBashCompletes(t *testing.T) {
	var script bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &script, stderr: &script, getenv: func(string) string { return "" }}
	if status := p.run(context.Background(), []string{"completion", "bash"}); status != 0 {
		t.Fatalf("exit status %d: %s", status, script.String())
	}
	for _, tt := range []struct {
		words string // as bash splits them, the last one to be completed; "|" separates them
		want  string
	}{
		{"serf|mem", "members"},
		{"serf|r", "reachability rtt"},
		{"serf|--", "--help --version"},
		{"serf|members|-de", "-detailed"},
		{"serf|members|--for", "--format"},
		{"serf|members|-format|=|", "text json"},
		{"serf|members|-format|=|j", "json"},
		{"serf|members|-format|j", "json"},
		{"serf|members|-detailed|-st", "-status"},
		{"serf|members|-name|x|-rpc-ad", "-rpc-addr"},
		{"serf|agent|-profile|=|l", "lan local"},
		{"serf|agent|--log-level|=|w", "warn"},
		{"serf|agent|-config-file|=|go.m", "go.mod"},
		{"serf|completion|", "bash zsh fish"},
		{"serf|event|name", ""},
		{"serf|nonsense|", ""},
	} {
		words := strings.Split(tt.words, "|")
		for i, w := range words {
			words[i] = quoted(w)
		}
		code := fmt.Sprintf("%s\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n_serf\nprintf '%%s\\n' \"${COMPREPLY[@]}\"\n",
			script.String(), strings.Join(words, " "), len(words)-1)
		cmd := exec.Command("bash", "--norc", "-c", code)
		cmd.Dir = filepath.Join("..", "..")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", tt.words, err, out)
		}
		if got, want := strings.Fields(string(out)), strings.Fields(tt.want); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", tt.words, got, want)
		}
	}
}

// TestEveryFlagIsDocumented looks for each command and flag in each kind of script, in the manual and in the help for programs.
func TestEveryFlagIsDocumented(t *testing.T) {
	commands := visible((&program{}).commands())
	pages := manPages(commands)
	for _, c := range commands {
		page := pages["serf-"+c.Name+".1"]
		if !strings.Contains(pages["serf.1"], roff("serf-"+c.Name)) || !strings.HasPrefix(page, ".TH SERF-"+strings.ToUpper(c.Name)+" 1 ") {
			t.Errorf("%s is not in the manual", c.Name)
		}
		for _, f := range c.Flags {
			name := f.Names()[0]
			if !strings.Contains(page, "\n.B "+roff(flagLabel(f.(cli.DocGenerationFlag)))+"\n") {
				t.Errorf("serf %s -%s is not in the manual", c.Name, name)
			}
			if !strings.Contains(zshCompletion(commands), "-"+name) || !strings.Contains(fishCompletion(commands), " -o "+name+" ") {
				t.Errorf("serf %s -%s is not completed", c.Name, name)
			}
			if f.(cli.DocGenerationFlag).GetUsage() == "" {
				t.Errorf("serf %s -%s is not described", c.Name, name)
			}
		}
	}
	if got := len(describe(commands)); got != len(commands) {
		t.Errorf("%d commands are described for programs, want %d", got, len(commands))
	}
}

// TestCompletedValuesBelongToFlags keeps the table of values free of flags that are no more.
func TestCompletedValuesBelongToFlags(t *testing.T) {
	for name := range flagValues {
		if !slices.ContainsFunc((&program{}).commands(), func(c *cli.Command) bool {
			return slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == name && takesValue(f) })
		}) {
			t.Errorf("no command has the flag -%s", name)
		}
	}
}

func TestManualEscapesWhatTheFormatterTakesForItself(t *testing.T) {
	for in, want := range map[string]string{".x": `\&.x`, "'x": `\&'x`, `a-b\c`: `a\-b\ec`} {
		if got := roff(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
