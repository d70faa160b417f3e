//go:build interop

package interop

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// six starts three agents of each side in one cluster, which answer the query "up" by a handler.
func six(t *testing.T, args ...string) []*agent {
	t.Helper()
	var all []*agent
	for i := range 6 {
		s, tag := ours, "web"
		if i%2 == 1 {
			s = theirs
		}
		if i >= 3 {
			tag = "db"
		}
		node := fmt.Sprintf("%s%d", s.name, i)
		extra := append([]string{"-tag", "role=" + tag, "-event-handler", "query:up=printf up-$SERF_SELF_NAME"}, args...)
		a := start(t, s, node, extra...)
		if i > 0 {
			joined(t, a.must(t, s, "join", all[0].bind))
		}
		all = append(all, a)
	}
	sees(t, all, statuses(all, nil, ""))
	return all
}

// TestEventsReachEveryMemberExactlyOnce sends events from each side, in plain and encrypted clusters.
func TestEventsReachEveryMemberExactlyOnce(t *testing.T) {
	for _, n := range []network{networks[0], networks[4]} {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			all := six(t, n.args...)
			const events = 20
			for i := range events {
				a := all[i%len(all)]
				a.must(t, a.side, "event", "-coalesce=false", fmt.Sprintf("deploy-%02d", i), "v1.2.3")
			}
			for _, a := range all {
				for i := range events {
					line := fmt.Sprintf("agent: Received event: user-event: deploy-%02d\n", i)
					eventually(t, a.node+" hears event "+line, func() error {
						if got := strings.Count(a.log.String(), line); got != 1 {
							return fmt.Errorf("%d times, want once", got)
						}
						return nil
					})
				}
			}
		})
	}
}

// answers is what `query -format=json` prints.
type answers struct {
	Acks      []string
	Responses map[string]string
}

func (a *agent) query(t *testing.T, args ...string) answers {
	t.Helper()
	out := a.must(t, a.side, "query", append([]string{"-format=json", "-timeout=2s"}, args...)...)
	var got answers
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("query on %s: %v in %s", a.node, err, out)
	}
	slices.Sort(got.Acks)
	return got
}

func names(all []*agent, keep func(*agent) bool) []string {
	var list []string
	for _, a := range all {
		if keep(a) {
			list = append(list, a.node)
		}
	}
	slices.Sort(list)
	return list
}

// TestQueriesCollectFromBothSides asks from each side with every kind of filter, with and without relays.
func TestQueriesCollectFromBothSides(t *testing.T) {
	for _, n := range []network{networks[0], networks[4]} {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			all := six(t, n.args...)
			for _, asker := range all[:2] { // one of each side
				for _, relay := range []string{"-relay-factor=0", "-relay-factor=2"} {
					check := func(what string, args []string, keep func(*agent) bool) {
						got := asker.query(t, append([]string{relay}, args...)...)
						if want := names(all, keep); !slices.Equal(got.Acks, want) {
							t.Errorf("%s asks %s %s: acks of %v, want %v", asker.node, what, relay, got.Acks, want)
						}
						for _, a := range all {
							if keep(a) && got.Responses[a.node] != "up-"+a.node {
								t.Errorf("%s asks %s %s: %s answered %q", asker.node, what, relay, a.node, got.Responses[a.node])
							}
						}
					}
					check("all", []string{"up"}, func(*agent) bool { return true })
					check("by tag", []string{"-tag", "role=^d", "up"}, func(a *agent) bool { return slices.Index(all, a) >= 3 })
					check("by node", []string{"-node", all[1].node, "-node", all[4].node, "up"}, func(a *agent) bool { return a == all[1] || a == all[4] })
				}
			}
			for _, a := range all[:2] {
				out := a.must(t, a.side, "reachability")
				if !strings.Contains(out, "Successfully contacted all live nodes") {
					t.Errorf("%s: reachability says %s", a.node, out)
				}
			}
		})
	}
}

// TestKeysRotateFromEitherSide installs, uses and removes keys while events flow.
func TestKeysRotateFromEitherSide(t *testing.T) {
	t.Parallel()
	first := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	all := six(t, "-encrypt="+first)
	current := first
	sent := 0
	event := func() {
		a := all[sent%len(all)]
		a.must(t, a.side, "event", "-coalesce=false", fmt.Sprintf("turn-%02d", sent))
		sent++
	}
	for i, by := range []*agent{all[0], all[1]} { // one of each side
		next := base64.StdEncoding.EncodeToString([]byte(fmt.Sprintf("key number %d of sixteen bytes more", i)[:32]))
		event()
		by.must(t, by.side, "keys", "-install", next)
		event()
		by.must(t, by.side, "keys", "-use", next)
		event()
		by.must(t, by.side, "keys", "-remove", current)
		event()
		current = next
	}
	for _, by := range all[:2] {
		out := by.must(t, by.side, "keys", "-list")
		if !strings.Contains(out, current+"  [6/6]") || strings.Contains(out, first) {
			t.Errorf("keys on %s (%s):\n%s\nwant only %s", by.node, by.name, out, current)
		}
	}
	for _, a := range all {
		for i := range sent {
			line := fmt.Sprintf("agent: Received event: user-event: turn-%02d\n", i)
			eventually(t, a.node+" hears "+line, func() error {
				if got := strings.Count(a.log.String(), line); got != 1 {
					return fmt.Errorf("%d times, want once", got)
				}
				return nil
			})
		}
		if strings.Contains(a.log.String(), "EventMemberFailed") {
			t.Errorf("%s saw a member fail while keys were rotated", a.node)
		}
	}
}

// TestRoundTripsAndTagsAreSeen asks for the round trip between members of both sides and changes tags on each.
func TestRoundTripsAndTagsAreSeen(t *testing.T) {
	t.Parallel()
	all := six(t)
	for _, by := range all[:2] {
		for _, pair := range [][2]*agent{{all[0], all[1]}, {all[0], all[2]}, {all[1], all[3]}} {
			eventually(t, fmt.Sprintf("%s knows the rtt of %s and %s", by.node, pair[0].node, pair[1].node), func() error {
				out, code := by.cli(t, by.side, "rtt", pair[0].node, pair[1].node)
				if code != 0 || !strings.HasPrefix(out, "Estimated "+pair[0].node+" <-> "+pair[1].node+" rtt: ") {
					return fmt.Errorf("exit %d: %s", code, out)
				}
				return nil
			})
		}
	}
	for i, a := range all[:2] {
		value := fmt.Sprintf("v%d", i)
		a.must(t, all[1-i].side, "tags", "-set", "release="+value, "-delete", "role")
		for _, v := range all {
			eventually(t, v.node+" sees the tags of "+a.node, func() error {
				got, err := v.members(t, v.side)
				if err != nil {
					return err
				}
				if tags := got[a.node].Tags; tags["release"] != value || len(tags) != 1 {
					return fmt.Errorf("tags %v", tags)
				}
				return nil
			})
		}
	}
}

// TestSnapshotsOfEitherSideAreReadByTheOther lets each side write a snapshot and the other start from it and rejoin.
func TestSnapshotsOfEitherSideAreReadByTheOther(t *testing.T) {
	t.Parallel()
	for _, sides := range [][2]side{{ours, theirs}, {theirs, ours}} {
		t.Run(sides[0].name+" writes", func(t *testing.T) {
			seed := start(t, theirs, "seed-"+sides[0].name)
			path := filepath.Join(t.TempDir(), "snapshot")
			a := start(t, sides[0], "wanderer-"+sides[0].name, "-snapshot="+path)
			joined(t, a.must(t, a.side, "join", seed.bind))
			both := []*agent{seed, a}
			sees(t, both, statuses(both, nil, ""))
			eventually(t, "the snapshot names the seed", func() error {
				a.must(t, a.side, "event", "-coalesce=false", "before") // the reference flushes only when it writes again
				b, err := os.ReadFile(path)
				if err == nil && (!strings.Contains(string(b), "alive: "+seed.node+" "+seed.bind+"\n") || !strings.Contains(string(b), "event-clock: ")) {
					err = fmt.Errorf("snapshot:\n%s", b)
				}
				return err
			})
			a.kill()
			sees(t, []*agent{seed}, statuses(both, a, "failed"))
			a.side = sides[1]
			a.start(t)
			sees(t, both, statuses(both, nil, ""))
			if strings.Contains(a.log.String(), "user-event: before") {
				t.Error("an event from before the snapshot was delivered again")
			}
		})
	}
}

// TestMajorityKeepsAContestedName starts a second member under the name of one that the cluster knows.
func TestMajorityKeepsAContestedName(t *testing.T) {
	t.Parallel()
	for _, s := range []side{ours, theirs} {
		t.Run("intruder of "+s.name, func(t *testing.T) {
			all := six(t)
			intruder := start(t, s, all[2].node)
			intruder.cli(t, s, "join", all[0].bind) // may be refused already
			intruder.waitExit(t)
			sees(t, all, statuses(all, nil, ""))
			if got, err := all[0].members(t, all[0].side); err != nil || got[all[2].node].Addr != all[2].bind {
				t.Errorf("%s is at %s (%v), want %s", all[2].node, got[all[2].node].Addr, err, all[2].bind)
			}
		})
	}
}
