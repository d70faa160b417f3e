package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) studyCommand() *cli.Command {
	return &cli.Command{
		Name: "study", Usage: "compares many runs with published figures", UsageText: "serfsim study [options] STUDY",
		Description: "Its runs go on at one time, one on each processor; what they find hangs on the seed alone. Interrupted, it keeps the runs that are over.\n\n" +
			"Example: serfsim study serf",
		Flags: append([]cli.Flag{
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "on which everything random hangs"},
			&cli.StringFlag{Name: "nodes", DefaultText: "as the study says", Usage: "the sizes of clusters to look at, such as 30,100,1000"},
			&cli.IntFlag{Name: "runs", DefaultText: "as the study says", Usage: "how often each thing is measured"},
			&cli.BoolFlag{Name: "full", Usage: "measure as much as the published study did; may take hours"},
			&cli.IntFlag{Name: "workers", Value: runtime.GOMAXPROCS(0), Usage: "how many runs go on at one time"},
		}, outputFlags()...),
		OnUsageError: p.usage,
		Action:       p.study,
	}
}

func (p *program) study(c *cli.Context) error {
	if c.NArg() != 1 {
		return usageError{" study", "one study is wanted, behind the options; serfsim list shows them"}
	}
	s, found := sim.FindStudy(c.Args().First())
	if !found {
		return usageError{" study", fmt.Sprintf("unknown study %q; serfsim list shows them", c.Args().First())}
	}
	if err := checkOutput(c); err != nil {
		return err
	}
	nodes, err := parseSizes(c.String("nodes"))
	if err != nil {
		return usageError{" study", "-nodes: " + err.Error()}
	}
	if c.Int("runs") < 0 || c.Int("workers") < 1 {
		return usageError{" study", "-runs and -workers must be positive"}
	}
	r, err := s.Run(c.Context, sim.Setup{
		Seed: c.Uint64("seed"), Nodes: nodes, Runs: c.Int("runs"), Full: c.Bool("full"), Workers: c.Int("workers"),
		Progress: p.progress.show,
	})
	if err != nil {
		return err
	}
	return p.write(c, r)
}

// parseSizes reads "30,100,1000"; empty is none.
func parseSizes(s string) (sizes []int, err error) {
	if s == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < sizeMin || n > sim.NodesMax {
			return nil, fmt.Errorf("%q is no size from %d to %d", text, sizeMin, sim.NodesMax)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// sizeMin is the smallest cluster of a study: some of its members have to be in trouble and others to notice.
const sizeMin = 4
