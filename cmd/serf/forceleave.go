package main

import "github.com/urfave/cli/v2"

func (p *program) forceLeaveCommand() *cli.Command {
	return &cli.Command{
		Name:      "force-leave",
		Usage:     "Makes a failed member count as one that left",
		UsageText: "serf force-leave [options] name",
		Description: "Makes the cluster treat a failed member like one that left, so that nobody tries to reach it any more. " +
			"A member that is alive after all comes back by itself.\n\nExample: serf force-leave -prune web3",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "prune", Usage: "Also remove the member from all lists at once."},
		),
		Action: p.forceLeave,
	}
}

func (p *program) forceLeave(c *cli.Context) error {
	if c.NArg() != 1 {
		return misuse("A node name must be specified to force leave.")
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.ForceLeave(c.Context, c.Args().First(), c.Bool("prune")); err != nil {
		return failure("Error force leaving: %v", err)
	}
	return nil
}
