package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) sweepCommand() *cli.Command {
	return &cli.Command{
		Name: "sweep", Usage: "runs a scenario with every combination of some values", UsageText: "serfsim sweep [options] FILE",
		Description: `FILE says what to run, as JSON; - is standard input. Each parameter has one value or a list of them:

   {"scenario": "crash", "seeds": "1..5", "nodes": [50, 100, 200], "loss": ["0%", "5%"], "for": "10m"}

Results are lines of JSON: on standard output, or in a file with -to, where what is done is kept: the same command goes on from there.

A large sweep runs in parts, each a job of its own: -shard 1/8 to -shard 8/8, or -shard auto in a job of an array, which knows its
index; where the scheduler does not say how many jobs there are, -shard auto/8. serfsim merge joins the parts.

Example: serfsim sweep -to crash.jsonl -out crash.html crash.json`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "shard", DefaultText: "the whole", Usage: "run one part only: 2/8, auto or auto/8"},
			&cli.StringFlag{Name: "to", DefaultText: "standard output", Usage: "keep results in this file"},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "how many points run at one time"},
		}, outputFlags()...),
		OnUsageError: p.usage,
		Action:       p.sweep,
	}
}

func (p *program) sweep(c *cli.Context) error {
	if c.NArg() != 1 {
		return usageError{" sweep", "one file is wanted, behind the options"}
	}
	if err := checkOutput(c); err != nil {
		return err
	}
	if c.String("to") == "" && c.String("out") != "" {
		return usageError{" sweep", "-out needs -to, where the results are kept that the page shows"}
	}
	shard, err := parseShard(c.String("shard"))
	if err != nil {
		return usageError{" sweep", "-shard: " + err.Error()}
	}
	sweep, err := p.readSweep(c.Args().First())
	if err != nil {
		return err
	}
	run := &sim.SweepRun{Sweep: sweep, Shard: shard, Workers: c.Int("workers"), Done: func(done, of int) {
		p.progress.show(sim.Progress{What: fmt.Sprintf("%d of %d points", done, of), Done: float64(done) / float64(of)})
	}}
	if c.String("to") == "" {
		return p.sweepTo(c, run, p.stdout)
	}
	return p.sweepFile(c, run)
}

// parseShard reads "2/8", "auto" or "auto/8".
func parseShard(s string) (sim.Shard, error) {
	head, count, counted := strings.Cut(s, "/")
	switch {
	case s == "":
		return sim.Shard{}, nil
	case head != "auto":
		return sim.ParseShard(s)
	case !counted:
		return sim.ShardFromEnvironment(0, os.LookupEnv)
	}
	of, err := strconv.Atoi(count)
	if err != nil || of < 1 {
		return sim.Shard{}, fmt.Errorf("%q is no shard: write auto/8", s)
	}
	return sim.ShardFromEnvironment(of, os.LookupEnv)
}

func (p *program) readSweep(path string) (*sim.Sweep, error) {
	if path == "-" {
		return sim.ParseSweep(p.stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := sim.ParseSweep(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// sweepTo runs what is to do, and fails when it was interrupted.
func (p *program) sweepTo(c *cli.Context, run *sim.SweepRun, w io.Writer) error {
	done, err := run.Run(c.Context, w)
	p.progress.clear()
	if err != nil {
		return err
	}
	if of := run.Points(); done < of {
		if to := c.String("to"); to != "" {
			return fmt.Errorf("interrupted: %d of %d points are done and kept in %s; the same command goes on from there", done, of, to)
		}
		return fmt.Errorf("interrupted: %d of %d points are done; with -to FILE the same command could go on from there", done, of)
	}
	return nil
}

// sweepFile runs what the file has not got yet, and prints what is in it then.
func (p *program) sweepFile(c *cli.Context, run *sim.SweepRun) error {
	path := c.String("to")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	done, size, err := run.Sweep.Done(f, run.Shard)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := f.Truncate(size); err != nil {
		return err
	}
	if _, err := f.Seek(size, io.SeekStart); err != nil {
		return err
	}
	if done > 0 {
		fmt.Fprintf(p.stderr, "%s has %d of %d points already\n", path, done, run.Points())
	}
	run.Skip = done
	interrupted := p.sweepTo(c, run, f)
	if err := f.Sync(); err != nil {
		return errors.Join(interrupted, err)
	}
	return errors.Join(p.summarize(c, path), interrupted)
}

// summarize prints what results say, and draws it.
func (p *program) summarize(c *cli.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	overview, reports, err := sim.Summarize(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := sim.WriteReports(p.stdout, c.String("format"), reports...); err != nil {
		return err
	}
	if out := c.String("out"); out != "" {
		return writePage(out, append([]*sim.Report{overview}, reports...))
	}
	return nil
}
