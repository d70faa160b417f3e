package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) listCommand() *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "lists the scenarios and studies", UsageText: "serfsim list",
		OnUsageError: p.usage,
		Action: func(*cli.Context) error {
			t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
			for _, s := range sim.Scenarios() {
				fmt.Fprintf(t, "run %s\t%s\n", s.Name, s.Synopsis)
			}
			for _, s := range sim.Studies() {
				fmt.Fprintf(t, "study %s\t%s\n", s.Name, s.Synopsis)
			}
			return t.Flush()
		},
	}
}
