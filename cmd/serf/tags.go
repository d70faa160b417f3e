package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
)

func (p *program) tagsCommand() *cli.Command {
	return &cli.Command{
		Name:      "tags",
		Usage:     "Changes the tags of a Serf agent",
		UsageText: "serf tags [options] ...",
		Description: "Sets and deletes tags of a running agent and tells the cluster. Tags that are not named stay. The tags of all members " +
			"are shown by serf members.\n\nExample: serf tags -set role=web -delete dc",
		Flags: clientFlags(
			&cli.StringSliceFlag{Name: "set", DefaultText: "<key>=<value>", KeepSpace: true,
				Usage: "Tag to set. Can be given several times."},
			&cli.StringSliceFlag{Name: "delete", DefaultText: "<key>", KeepSpace: true,
				Usage: "Tag to delete, unless it is also set. Can be given several times."},
		),
		Action: p.tags,
	}
}

func (p *program) tags(c *cli.Context) error {
	set, remove := c.StringSlice("set"), c.StringSlice("delete")
	if len(set) == 0 && len(remove) == 0 {
		return misuse("")
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	tags, err := config.ParseTags(set)
	if err != nil {
		return failure("Error: %v", err)
	}
	if err := client.UpdateTags(c.Context, tags, remove); err != nil {
		return failure("Error setting tags: %v", err)
	}
	fmt.Fprintln(p.stdout, "Successfully updated agent tags")
	return nil
}
