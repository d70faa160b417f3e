package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"serf/agent/rpc"
	"serf/eventbus"
)

func (p *program) reachabilityCommand() *cli.Command {
	return &cli.Command{
		Name:      "reachability",
		Usage:     "Tests whether all live members can be reached",
		UsageText: "serf reachability [options]",
		Description: "Makes a running agent send a query that every live member confirms, and compares who did with the list of members. " +
			"It ends when all have confirmed, at the latest after the agent's timeout for queries.",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "verbose", Usage: "Also print each confirmation, and how long it took."},
		),
		Action: p.reachability,
	}
}

func (p *program) reachability(c *cli.Context) error {
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	members, err := client.Members(c.Context)
	if err != nil {
		return failure("Error getting members: %v", err)
	}
	t := newReachabilityTest(members)
	fmt.Fprintf(p.stdout, "Total members: %d, live members: %d\nStarting reachability test...\n", len(members), len(t.live))
	ctx, stop := p.interruptible(c.Context)
	defer stop()
	start := time.Now()
	answers, err := client.Query(ctx, rpc.QueryParams{Name: eventbus.QueryPing, Ack: true})
	if err != nil {
		return failure("Error sending query: %v", err)
	}
	last := start
	err = eachAnswer(ctx, answers, func(a rpc.Answer) {
		last = time.Now()
		t.ack(p.stdout, a.From, c.Bool("verbose"))
	})
	switch {
	case err != nil && interrupted(ctx):
		return failure("Test interrupted")
	case err != nil:
		return failure("Error receiving answers: %v", err)
	}
	if c.Bool("verbose") {
		fmt.Fprintf(p.stdout, "Query time: %.2f sec, time to last response: %.2f sec\n", time.Since(start).Seconds(), last.Sub(start).Seconds())
	}
	return t.verdict(p.stdout)
}

// reachabilityTest compares who confirmed with who is alive.
type reachabilityTest struct {
	live, acked map[string]bool
	duplicates  bool
}

func newReachabilityTest(members []rpc.Member) *reachabilityTest {
	t := &reachabilityTest{live: make(map[string]bool), acked: make(map[string]bool)}
	for _, m := range members {
		if m.Status == "alive" {
			t.live[m.Name] = true
		}
	}
	return t
}

func (t *reachabilityTest) ack(w io.Writer, from string, verbose bool) {
	if verbose {
		fmt.Fprintf(w, "\tAck from '%s'\n", printable(from))
	}
	if t.acked[from] {
		t.duplicates = true
		fmt.Fprintf(w, "Duplicate response from '%s'\n", printable(from))
	}
	t.acked[from] = true
}

const (
	duplicateExplanation = "Some members confirmed more than once: probably several nodes use the same name, which must be unique."
	missingExplanation   = "These members have just failed or left, or packets to or from them are lost."
	surplusExplanation   = "These members have just joined, or this agent misses messages about them."
	reachabilityTips     = `
Troubleshooting tips:
* Run the test again after half a minute: members that changed meanwhile settle.
* Look at the members named above with: serf members
* Let UDP and TCP on the gossip port, 7946 unless configured, through all firewalls.
* Look for "Suspect" and "Failed" in the logs of the agents.
* Check that every agent advertises an address that the others can reach.`
)

// verdict prints the result and returns the exit.
func (t *reachabilityTest) verdict(w io.Writer) error {
	missing, surplus := without(t.live, t.acked), without(t.acked, t.live)
	if t.duplicates {
		fmt.Fprintln(w, duplicateExplanation)
	}
	switch {
	case len(missing) > 0:
		fmt.Fprintf(w, "Received less acks than live nodes! Missing acks from:\n%s%s\n", nameList(missing), missingExplanation)
	case len(surplus) > 0:
		fmt.Fprintf(w, "Received more acks than live nodes! Acks from non-live nodes:\n%s%s\n", nameList(surplus), surplusExplanation)
	case t.duplicates:
		return exit{status: exitFailure}
	default:
		fmt.Fprintln(w, "Successfully contacted all live nodes")
		return nil
	}
	return failure("%s", reachabilityTips)
}

// without returns the names in a that are not in b, sorted.
func without(a, b map[string]bool) []string {
	var names []string
	for name := range a {
		if !b[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// nameList returns one indented line per name.
func nameList(names []string) string {
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "\t%s\n", printable(name))
	}
	return b.String()
}
