// Command mutants plants bugs in a copy of the project, one at a time, and lets serfsim find them. It shows that the
// invariants mean something: it fails when a bug is not found, or found by another invariant than the one that it breaks.
//
// Run it in the folder of the project: go run ./sim/mutants
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mutant is one planted bug.
type mutant struct {
	what     string
	file     string
	old, new string   // old stands in file once
	checkers []string // any of which may find it
	seeds    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run plants all mutants, or those whose description contains the one argument.
func run(ctx context.Context, args []string) error {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := copyTree(dir); err != nil {
		return err
	}
	lived := 0
	for _, m := range mutants {
		if len(args) > 0 && !strings.Contains(m.what, args[0]) {
			continue
		}
		start := time.Now()
		found, err := m.try(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
		verdict := "found by " + found
		if !slices.Contains(m.checkers, found) {
			lived++
			verdict = "NOT FOUND by " + strings.Join(m.checkers, " or ")
			if found != "" {
				verdict += ", but by " + found
			}
		}
		fmt.Printf("%-50s %-32s %5.1f s\n", m.what, verdict, time.Since(start).Seconds())
	}
	if lived > 0 {
		return fmt.Errorf("%d of %d planted bugs were not found", lived, len(mutants))
	}
	return nil
}

// broken is how serfsim names the invariant that broke.
var broken = regexp.MustCompile(`(?m)^at [0-9a-zµ.]+ ([a-z-]+): `)

// try plants m in the copy, runs trials, and takes it out again. It returns the name of the invariant that broke, or nothing.
func (m *mutant) try(ctx context.Context, dir string) (found string, err error) {
	path := filepath.Join(dir, m.file)
	whole, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := bytes.Count(whole, []byte(m.old)); n != 1 {
		return "", fmt.Errorf("%s has %d places like %q, not 1: the code has changed, change the mutant", m.file, n, m.old)
	}
	mutated := bytes.Replace(whole, []byte(m.old), []byte(m.new), 1)
	if err := os.WriteFile(path, mutated, 0o600); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.WriteFile(path, whole, 0o600)) }()
	build := exec.CommandContext(ctx, "go", "build", "-o", "serfsim", "./cmd/serfsim")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("does not build: %w\n%s", err, out)
	}
	sim := exec.CommandContext(ctx, "./serfsim", "swarm", "-seeds", m.seeds, "-nodes", "30", "-first")
	sim.Dir = dir
	out, err := sim.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", err
	}
	if match := broken.FindSubmatch(out); match != nil {
		return string(match[1]), nil
	}
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return "", nil
}

// copyTree copies what is needed to build serfsim.
func copyTree(dir string) error {
	return filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(dir, path), 0o700)
		}
		if name != "go.mod" && name != "go.sum" && (filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go")) {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), b, 0o600)
	})
}
