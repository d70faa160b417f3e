package main

import "github.com/urfave/cli/v2"

func (p *program) leaveCommand() *cli.Command {
	return &cli.Command{
		Name:        "leave",
		Usage:       "Makes a Serf agent leave its cluster and end",
		UsageText:   "serf leave",
		Description: "Makes a running agent tell its cluster that it goes, and then end.\n\nExample: serf leave",
		Flags:       clientFlags(formatFlag()),
		Action:      p.leave,
	}
}

func (p *program) leave(c *cli.Context) error {
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Leave(c.Context); err != nil {
		return failure("Error leaving: %v", err)
	}
	return show(p.stdout, c.String("format"), sentence{"Graceful leave complete", map[string]any{"left": true}})
}
