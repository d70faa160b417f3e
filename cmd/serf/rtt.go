package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
		Flags: clientFlags(
			&cli.BoolFlag{Name: "all", Usage: "List the times from one member, or without a name from the agent itself, to all that are " +
				"alive, the nearest first."},
			formatFlag(),
		),
		Action: p.rtt,
	}
}

func (p *program) rtt(c *cli.Context) error {
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	nodes, all := c.Args().Slice(), c.Bool("all")
	switch {
	case all && len(nodes) > 1:
		return misuse("At most one node name must be specified with -all")
	case !all && (len(nodes) == 0 || len(nodes) > 2):
		return misuse("One or two node names must be specified")
	}
	if len(nodes) == 0 || len(nodes) == 1 && !all {
		stats, err := client.Stats(c.Context)
		if err != nil {
			return failure("Error querying agent: %v", err)
		}
		nodes = append(nodes, stats["agent"]["name"])
	}
	if all {
		return p.rttAll(c, client, nodes[0])
	}
	return p.rttPair(c, client, nodes[0], nodes[1])
}

func (p *program) rttPair(c *cli.Context, client *rpc.Client, one, other string) error {
	a, err := p.coordinateOf(c, client, one)
	if err != nil {
		return err
	}
	b, err := p.coordinateOf(c, client, other)
	if err != nil {
		return err
	}
	ms := milliseconds(a.DistanceTo(&b))
	return show(p.stdout, c.String("format"), sentence{
		fmt.Sprintf("Estimated %s <-> %s rtt: %.3f ms", printable(one), printable(other), ms),
		map[string]any{"node1": one, "node2": other, "rtt_ms": ms},
	})
}

// coordinateOf asks the agent for the coordinate of a node. A hint tells whether the node or its coordinate is unknown.
func (p *program) coordinateOf(c *cli.Context, client *rpc.Client, node string) (coordinate.Coordinate, error) {
	at, ok, err := client.Coordinate(c.Context, node)
	if err != nil {
		return at, failure("Error getting coordinates: %v", err)
	}
	if ok {
		return at, nil
	}
	switch m, known, err := memberNamed(c, client, node); {
	case err != nil: // the failure below says enough
	case !known:
		say(p.stderr, fmt.Sprintf("the agent knows no member called %q (serf members lists them)", node))
	default:
		say(p.stderr, fmt.Sprintf("%q is a member, and %s; its coordinate comes with the first probes after it has joined, "+
			"unless it has coordinates switched off", node, m.Status))
	}
	return at, failure("Could not find a coordinate for node %q", node)
}

// rttAll lists the times from one member to all that are alive and have a coordinate.
func (p *program) rttAll(c *cli.Context, client *rpc.Client, from string) error {
	at, err := p.coordinateOf(c, client, from)
	if err != nil {
		return err
	}
	members, err := client.MembersFiltered(c.Context, nil, "alive", "")
	if err != nil {
		return failure("Error retrieving members: %v", err)
	}
	var list rttList
	nowhere := 0
	for _, m := range members {
		if m.Name == from {
			continue
		}
		there, ok, err := client.Coordinate(c.Context, m.Name)
		if err != nil {
			return failure("Error getting coordinates: %v", err)
		}
		if !ok {
			nowhere++
			continue
		}
		list = append(list, rttEntry{m.Name, milliseconds(at.DistanceTo(&there))})
	}
	if nowhere > 0 {
		say(p.stderr, fmt.Sprintf("members that are alive but have no coordinate yet: %d", nowhere))
	}
	slices.SortFunc(list, func(a, b rttEntry) int {
		return cmp.Or(cmp.Compare(a.Milliseconds, b.Milliseconds), strings.Compare(a.Node, b.Node))
	})
	return show(p.stdout, c.String("format"), list)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// rttList is the result of rtt -all.
type rttList []rttEntry

type rttEntry struct {
	Node         string  `json:"node"`
	Milliseconds float64 `json:"rtt_ms"`
}

func (l rttList) text() string {
	rows := make([][]string, len(l))
	for i, e := range l {
		rows[i] = []string{printable(e.Node), fmt.Sprintf("%.3f ms", e.Milliseconds)}
	}
	return columns(rows)
}

func (l rttList) json() any { return append(rttList{}, l...) }
