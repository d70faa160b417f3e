package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) mergeCommand() *cli.Command {
	return &cli.Command{
		Name: "merge", Usage: "joins the parts of a sweep", UsageText: "serfsim merge [options] FILES...",
		Description: "The result is what a run of the whole sweep would have written. Parts that are missing, not done or there twice are refused.\n\n" +
			"Example: serfsim merge -to crash.jsonl -out crash.html part-*.jsonl",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "to", DefaultText: "standard output", Usage: "write the joined results to this file"},
		}, outputFlags()...),
		OnUsageError: p.usage,
		Action:       p.merge,
	}
}

func (p *program) merge(c *cli.Context) error {
	if c.NArg() == 0 {
		return usageError{" merge", "the files of the parts are wanted"}
	}
	if err := checkOutput(c); err != nil {
		return err
	}
	to := c.String("to")
	if to == "" && c.String("out") != "" {
		return usageError{" merge", "-out needs -to, where the results are kept that the page shows"}
	}
	var files []sim.SweepFile
	for _, path := range c.Args().Slice() {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		files = append(files, sim.SweepFile{Name: path, R: f})
	}
	if to == "" {
		_, err := sim.MergeSweep(p.stdout, files)
		return err
	}
	if err := mergeFile(to, files); err != nil {
		return err
	}
	return p.summarize(c, to)
}

// mergeFile replaces the file by what is joined; what was there stays when that fails.
func mergeFile(path string, files []sim.SweepFile) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".serfsim-*")
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	defer os.Remove(f.Name()) // it has its other name by then, unless something failed
	if _, err := sim.MergeSweep(f, files); err != nil {
		return errors.Join(err, f.Close())
	}
	return replace(f, path)
}
