package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func (p *program) leaveCommand() *cli.Command {
	return &cli.Command{
		Name:        "leave",
		Usage:       "Makes a Serf agent leave its cluster and end",
		UsageText:   "serf leave",
		Description: "Makes a running agent tell its cluster that it goes, and then end.",
		Flags:       clientFlags(),
		Action:      p.leave,
	}
}

func (p *program) leave(c *cli.Context) error {
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.Leave(c.Context); err != nil {
		return failure("Error leaving: %v", err)
	}
	fmt.Fprintln(p.stdout, "Graceful leave complete")
	return nil
}
