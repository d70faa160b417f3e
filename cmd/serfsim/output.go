package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

// outputFlags choose how and where to results go.
func outputFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "format", Value: "text", Usage: "print results as " + strings.Join(sim.Formats, ", ")},
		&cli.StringFlag{Name: "out", DefaultText: "none", Usage: "write results with charts to this page too, such as report.html"},
	}
}

// checkOutput refuses what outputFlags cannot mean, before a long run.
func checkOutput(c *cli.Context) error {
	if f := c.String("format"); !slices.Contains(sim.Formats, f) {
		return usageError{" " + c.Command.Name, fmt.Sprintf("-format: %q is not %s", f, strings.Join(sim.Formats, ", "))}
	}
	if out := c.String("out"); out != "" {
		if info, err := os.Stat(filepath.Dir(out)); err != nil || !info.IsDir() {
			return usageError{" " + c.Command.Name, fmt.Sprintf("-out: there is no directory %s", filepath.Dir(out))}
		}
	}
	return nil
}

// write prints reports and, with -out, puts them on a page.
func (p *program) write(c *cli.Context, reports ...*sim.Report) error {
	p.progress.clear()
	if err := sim.WriteReports(p.stdout, c.String("format"), reports...); err != nil {
		return err
	}
	out := c.String("out")
	if out == "" {
		return nil
	}
	return writePage(out, reports)
}

// writePage replaces the file by a page; what was there stays when that fails.
func writePage(path string, reports []*sim.Report) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".serfsim-*")
	if err != nil {
		return fmt.Errorf("-out: %w", err)
	}
	defer os.Remove(f.Name()) // it has its other name by then, unless something failed
	if err := sim.WriteHTML(f, reports...); err != nil {
		return errors.Join(fmt.Errorf("-out: %w", err), f.Close())
	}
	return replace(f, path)
}

// replace closes f and gives it the name path.
func replace(f *os.File, path string) error {
	err := f.Chmod(0o644)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}
