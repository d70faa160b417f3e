package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

func (p *program) tagsCommand() *cli.Command {
	return &cli.Command{
		Name:      "tags",
		Usage:     "Changes or lists the tags of a Serf agent",
		UsageText: "serf tags [options] ...",
		Description: "Sets and deletes tags of a running agent and tells the cluster. Tags that are not named stay. The tags of all members " +
			"are shown by serf members.\n\nExample: serf tags -set role=web -delete dc",
		Flags: clientFlags(
			&cli.StringSliceFlag{Name: "set", DefaultText: "<key>=<value>", KeepSpace: true,
				Usage: "Tag to set. Can be given several times."},
			&cli.StringSliceFlag{Name: "delete", DefaultText: "<key>", KeepSpace: true,
				Usage: "Tag to delete, unless it is also set. Can be given several times."},
			&cli.BoolFlag{Name: "list", Usage: "Show the tags of the agent instead, one a line."},
			formatFlag(),
		),
		Action: p.tags,
	}
}

func (p *program) tags(c *cli.Context) error {
	set, remove, list := c.StringSlice("set"), c.StringSlice("delete"), c.Bool("list")
	change := len(set)+len(remove) > 0
	switch {
	case !change && !list:
		return misuse("")
	case change && list:
		return misuse("Tags are either changed or listed: -list goes without -set and -delete.")
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if list {
		return p.listTags(c, client)
	}
	tags, err := config.ParseTags(set)
	if err != nil {
		return failure("Error: %v", err)
	}
	if err := client.UpdateTags(c.Context, tags, remove); err != nil {
		return failure("Error setting tags: %v", err)
	}
	return show(p.stdout, c.String("format"), sentence{
		"Successfully updated agent tags",
		map[string]any{"set": tags, "deleted": append([]string{}, remove...)},
	})
}

func (p *program) listTags(c *cli.Context, client *rpc.Client) error {
	stats, err := client.Stats(c.Context)
	if err != nil {
		return failure("Error querying agent: %v", err)
	}
	tags := tagList(stats["tags"])
	if len(tags) == 0 && c.String("format") == "text" {
		return nil // not even an empty line: it would look like a tag
	}
	return show(p.stdout, c.String("format"), tags)
}

// tagList is the result of tags -list.
type tagList map[string]string

func (l tagList) text() string {
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(l)) {
		lines = append(lines, printable(fmt.Sprintf("%s=%s", k, l[k])))
	}
	return strings.Join(lines, "\n")
}

func (l tagList) json() any {
	if l == nil {
		return map[string]string{}
	}
	return map[string]string(l)
}
