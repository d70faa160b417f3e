package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"serf/sim"
)

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "runs a scenario", UsageText: "serfsim run [options] SCENARIO",
		Description: "Example: serfsim run -nodes 200 -loss 5% crash",
		Flags:       paramFlags(), OnUsageError: p.usage,
		Action: func(c *cli.Context) error { return p.answer(c, sim.FindScenario, "scenario") },
	}
}

// answer runs what is named by the one argument of the command.
func (p *program) answer(c *cli.Context, find func(name string) (sim.Scenario, bool), what string) error {
	command := " " + c.Command.Name
	if c.NArg() != 1 {
		return usageError{command, fmt.Sprintf("one %s is wanted, behind the options; serfsim list shows them", what)}
	}
	s, found := find(c.Args().First())
	if !found {
		return usageError{command, fmt.Sprintf("unknown %s %q; serfsim list shows them", what, c.Args().First())}
	}
	params, err := p.params(c)
	if err != nil {
		return err
	}
	if !c.IsSet("nodes") {
		params.Nodes = s.Nodes
	}
	if !c.IsSet("for") {
		params.For = s.For
	}
	r, err := s.Run(c.Context, params)
	if err != nil {
		return err
	}
	return p.write(c, r)
}
