package main

import (
	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) planCommand() *cli.Command {
	return &cli.Command{
		Name: "plan", Usage: "says what to expect of a cluster", UsageText: "serfsim plan [options]",
		Description: "Answers on one page how soon crashes and events are known, how often a healthy member is called failed, and what a member costs.\n\n" +
			"Example: serfsim plan -nodes 5000 -profile lan -loss 1%",
		Flags: paramFlags(), OnUsageError: p.usage,
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usageError{" plan", "too many arguments"}
			}
			params, err := p.params(c)
			if err != nil {
				return err
			}
			if !c.IsSet("nodes") {
				params.Nodes = 100
			}
			if !c.IsSet("for") {
				params.For = sim.PlanFor
			}
			r, err := sim.Plan(c.Context, params)
			if err != nil {
				return err
			}
			return p.write(c, r)
		},
	}
}
