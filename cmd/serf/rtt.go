package main

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
	"serf/membership/coordinate"
)

func (p *program) rttCommand() *cli.Command {
	return &cli.Command{
		Name:      "rtt",
		Usage:     "Estimates the round trip time between two members",
		UsageText: "serf rtt [options] node1 [node2]",
		Description: "Estimates how long a packet takes from one member to another and back, from the network coordinates that a running " +
			"agent knows; nothing is sent. Without a second name, the other end is the agent itself.\n\nExample: serf rtt web1 db1",
		Flags:  clientFlags(),
		Action: p.rtt,
	}
}

func (p *program) rtt(c *cli.Context) error {
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	nodes := c.Args().Slice()
	switch len(nodes) {
	case 1:
		stats, err := client.Stats(c.Context)
		if err != nil {
			return failure("Error querying agent: %v", err)
		}
		nodes = append(nodes, stats["agent"]["name"])
	case 2:
	default:
		return misuse("One or two node names must be specified")
	}
	a, err := coordinateOf(c, client, nodes[0])
	if err != nil {
		return err
	}
	b, err := coordinateOf(c, client, nodes[1])
	if err != nil {
		return err
	}
	ms := float64(a.DistanceTo(&b)) / float64(time.Millisecond)
	fmt.Fprintf(p.stdout, "Estimated %s <-> %s rtt: %.3f ms\n", printable(nodes[0]), printable(nodes[1]), ms)
	return nil
}

// coordinateOf asks the agent for the coordinate of a node.
func coordinateOf(c *cli.Context, client *rpc.Client, node string) (coordinate.Coordinate, error) {
	coord, ok, err := client.Coordinate(c.Context, node)
	switch {
	case err != nil:
		return coord, failure("Error getting coordinates: %v", err)
	case !ok:
		return coord, failure("Could not find a coordinate for node %q", node)
	}
	return coord, nil
}
