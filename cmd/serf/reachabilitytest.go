package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"serf/agent/rpc"
)

// reachabilityTest compares who confirmed with who is alive. Its text goes to w as it becomes known.
type reachabilityTest struct {
	w           io.Writer
	verbose     bool
	members     int
	live, acked map[string]bool
	twice       map[string]bool // confirmed more than once
	took, last  time.Duration   // all of it, and until the last ack
}

func newReachabilityTest(members []rpc.Member) *reachabilityTest {
	t := &reachabilityTest{
		w: io.Discard, members: len(members),
		live: make(map[string]bool), acked: make(map[string]bool), twice: make(map[string]bool),
	}
	for _, m := range members {
		if m.Status == "alive" {
			t.live[m.Name] = true
		}
	}
	return t
}

func (t *reachabilityTest) printf(format string, args ...any) { fmt.Fprintf(t.w, format, args...) }

func (t *reachabilityTest) ack(from string) {
	if t.verbose {
		t.printf("\tAck from '%s'\n", printable(from))
	}
	if t.acked[from] {
		t.twice[from] = true
		t.printf("Duplicate response from '%s'\n", printable(from))
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

// ok says whether exactly the live members confirmed, once each.
func (t *reachabilityTest) ok() bool { return maps.Equal(t.live, t.acked) && len(t.twice) == 0 }

// verdict prints the result and returns the exit.
func (t *reachabilityTest) verdict() error {
	missing, surplus := without(t.live, t.acked), without(t.acked, t.live)
	if len(t.twice) > 0 {
		t.printf("%s\n", duplicateExplanation)
	}
	switch {
	case len(missing) > 0:
		t.printf("Received less acks than live nodes! Missing acks from:\n%s%s\n", nameList(missing), missingExplanation)
	case len(surplus) > 0:
		t.printf("Received more acks than live nodes! Acks from non-live nodes:\n%s%s\n", nameList(surplus), surplusExplanation)
	case len(t.twice) > 0:
		return exit{status: exitFailure}
	default:
		t.printf("Successfully contacted all live nodes\n")
		return nil
	}
	return failure("%s", reachabilityTips)
}

// json returns the result as one object.
func (t *reachabilityTest) json() any {
	return map[string]any{
		"members":          t.members,
		"live":             len(t.live),
		"acks":             append([]string{}, slices.Sorted(maps.Keys(t.acked))...),
		"missing":          append([]string{}, without(t.live, t.acked)...),
		"unexpected":       append([]string{}, without(t.acked, t.live)...),
		"duplicates":       append([]string{}, slices.Sorted(maps.Keys(t.twice))...),
		"reachable":        t.ok(),
		"query_seconds":    t.took.Seconds(),
		"last_ack_seconds": t.last.Seconds(),
	}
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
