package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func (p *program) joinCommand() *cli.Command {
	return &cli.Command{
		Name:      "join",
		Usage:     "Tells a Serf agent to join a cluster",
		UsageText: "serf join [options] address ...",
		Description: "Makes a running agent contact the members at these addresses, each [name/]host[:port]. One that answers is " +
			"enough: the agent learns of all others from it.\n\nExample: serf join 10.0.0.2 10.0.0.3:7946",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "replay", Usage: "Also deliver user events from before the join."},
			formatFlag(),
		),
		Action: p.join,
	}
}

func (p *program) join(c *cli.Context) error {
	addrs := c.Args().Slice()
	if len(addrs) == 0 {
		return misuse("At least one address to join must be specified.")
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	n, err := client.Join(c.Context, addrs, c.Bool("replay"))
	if err != nil {
		return failure("Error joining the cluster: %v", err)
	}
	return show(p.stdout, c.String("format"), sentence{
		fmt.Sprintf("Successfully joined cluster by contacting %d nodes.", n),
		map[string]any{"contacted": n, "addresses": len(addrs)},
	})
}
