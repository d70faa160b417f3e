package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) infoCommand() *cli.Command {
	return &cli.Command{
		Name:        "info",
		Usage:       "Shows what an operator may want to know of an agent",
		UsageText:   "serf info [options]",
		Description: "Shows the figures of a running agent in groups: agent, event_handlers, runtime, serf and tags.",
		Flags:       clientFlags(formatFlag()),
		Action:      p.info,
	}
}

func (p *program) info(c *cli.Context) error {
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	stats, err := client.Stats(c.Context)
	if err != nil {
		return failure("Error querying agent: %v", err)
	}
	return show(p.stdout, c.String("format"), groups(stats))
}

// groups is the result of info: figures by group and name.
type groups map[string]map[string]string

func (g groups) text() string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(g)) {
		lines = append(lines, printable(name)+":")
		for _, key := range slices.Sorted(maps.Keys(g[name])) {
			lines = append(lines, fmt.Sprintf("\t%s = %s", printable(key), printable(g[name][key])))
		}
	}
	return strings.Join(lines, "\n")
}

func (g groups) json() any {
	out := maps.Clone(map[string]map[string]string(g))
	for name, figures := range out {
		if figures == nil { // a group without figures is an empty object
			out[name] = map[string]string{}
		}
	}
	return out
}
