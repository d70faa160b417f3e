package main

import (
	"fmt"
	"regexp"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
)

func (p *program) forceLeaveCommand() *cli.Command {
	return &cli.Command{
		Name:      "force-leave",
		Usage:     "Makes a failed member count as one that left",
		UsageText: "serf force-leave [options] name",
		Description: "Makes the cluster treat a failed member like one that left, so that nobody tries to reach it any more. " +
			"A member that is alive after all comes back by itself.\n\nExample: serf force-leave -prune web3",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "prune", Usage: "Also remove the member from all lists at once."},
			formatFlag(),
		),
		Action: p.forceLeave,
	}
}

// forceLeave is silent in text when all is well, as the reference is also when it is not.
func (p *program) forceLeave(c *cli.Context) error {
	if c.NArg() != 1 {
		return misuse("A node name must be specified to force leave.")
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	node, prune := c.Args().First(), c.Bool("prune")
	before, known, err := memberNamed(c, client, node)
	if err != nil {
		return failure("Error force leaving: %v", err)
	}
	if err := client.ForceLeave(c.Context, node, prune); err != nil {
		return failure("Error force leaving: %v", err)
	}
	say(p.stderr, forceLeaveHint(node, before, known, prune))
	if c.String("format") == "text" {
		return nil
	}
	return writeJSON(p.stdout, map[string]any{"node": node, "prune": prune, "known": known, "status_before": before.Status})
}

// forceLeaveHint says why nothing may have come of it.
func forceLeaveHint(node string, before rpc.Member, known, prune bool) string {
	switch {
	case !known:
		return fmt.Sprintf("the agent knows no member called %q (serf members lists them)", node)
	case before.Status == "alive":
		return fmt.Sprintf("%q is alive and comes back by itself; to take it out, run serf leave on its host", node)
	case before.Status == "left" && !prune:
		return fmt.Sprintf("%q had left already; -prune takes it off the lists", node)
	}
	return ""
}

// memberNamed looks one member up; known says whether the agent has it.
func memberNamed(c *cli.Context, client *rpc.Client, name string) (m rpc.Member, known bool, err error) {
	list, err := client.MembersFiltered(c.Context, nil, "", regexp.QuoteMeta(name))
	if err != nil {
		return m, false, err
	}
	for _, m := range list {
		if m.Name == name {
			return m, true, nil
		}
	}
	return m, false, nil
}
