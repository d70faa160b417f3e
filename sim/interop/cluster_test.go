//go:build interop

package interop

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// network is one way to set all agents of a cluster up.
type network struct {
	name string
	args []string
}

// Keys of 16 and 32 bytes in base64.
const (
	key16 = "AAECAwQFBgcICQoLDA0ODw=="
	key32 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

var networks = []network{
	{"plain", nil},
	{"plain-uncompressed", []string{"-disable-compression"}},
	{"key16", []string{"-encrypt=" + key16}},
	{"key16-uncompressed", []string{"-encrypt=" + key16, "-disable-compression"}},
	{"key32", []string{"-encrypt=" + key32}},
	{"key32-uncompressed", []string{"-encrypt=" + key32, "-disable-compression"}},
}

// TestMixedClusterLifeCycle takes two agents of each side through a life in every kind of network.
func TestMixedClusterLifeCycle(t *testing.T) {
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			lifeCycle(t, n.args)
		})
	}
}

func lifeCycle(t *testing.T, args []string) {
	with := func(tag string) []string { return append([]string{"-tag", "role=" + tag}, args...) }
	o1, o2 := start(t, ours, "ours1", with("web")...), start(t, ours, "ours2", with("db")...)
	t1, t2 := start(t, theirs, "theirs1", with("web")...), start(t, theirs, "theirs2", with("db")...)
	all := []*agent{o1, o2, t1, t2}

	// Join in both directions: ours asks theirs, theirs asks ours, each with the client of the other side.
	joined(t, o1.must(t, theirs, "join", t1.bind))
	joined(t, t2.must(t, ours, "join", o1.bind))
	joined(t, o2.must(t, ours, "join", t2.bind))
	sees(t, all, map[string]string{"ours1": "alive", "ours2": "alive", "theirs1": "alive", "theirs2": "alive"})
	tagsAreSeen(t, all)

	// A crash on each side, seen by all, and the return.
	for _, victim := range []*agent{t2, o2} {
		victim.kill()
		rest := without(all, victim)
		sees(t, rest, statuses(all, victim, "failed"))
		victim.start(t)
		joined(t, victim.must(t, ours, "join", o1.bind))
		sees(t, all, statuses(all, nil, ""))
	}

	// A leave on each side: one by the client of the other side, one by a signal.
	joinedAgain := func(a *agent) {
		a.start(t)
		joined(t, a.must(t, a.side, "join", o1.bind))
		sees(t, all, statuses(all, nil, ""))
	}
	t2.must(t, ours, "leave")
	exits(t, t2, 0)
	sees(t, without(all, t2), statuses(all, t2, "left"))
	joinedAgain(t2)
	o2.must(t, theirs, "leave")
	exits(t, o2, 0)
	sees(t, without(all, o2), statuses(all, o2, "left"))
	joinedAgain(o2)
	if err := o2.process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	exits(t, o2, 0)
	sees(t, without(all, o2), statuses(all, o2, "left"))
	joinedAgain(o2)

	// Force-leave of a crashed one from either side.
	for victim, by := range map[*agent]*agent{t2: o1, o2: t1} {
		victim.kill()
		rest := without(all, victim)
		sees(t, rest, statuses(all, victim, "failed"))
		other := ours
		if by.side == ours {
			other = theirs
		}
		by.must(t, other, "force-leave", victim.node)
		sees(t, rest, statuses(all, victim, "left"))
		joinedAgain(victim)
	}
}

// TestThirtyMixedMembersConverge starts 15 of each side, chained by joins across the sides.
func TestThirtyMixedMembersConverge(t *testing.T) {
	var all []*agent
	want := make(map[string]string)
	for i := range 30 {
		s := ours
		if i%2 == 1 {
			s = theirs
		}
		a := start(t, s, fmt.Sprintf("m%02d-%s", i, s.name))
		if i > 0 {
			joined(t, a.must(t, s, "join", all[i/2].bind))
		}
		all = append(all, a)
		want[a.node] = "alive"
	}
	sees(t, all, want)
}

func joined(t *testing.T, out string) {
	t.Helper()
	if got, want := strings.TrimSpace(out), "Successfully joined cluster by contacting 1 nodes."; got != want {
		t.Fatalf("join printed %q, want %q", got, want)
	}
}

func exits(t *testing.T, a *agent, want int) {
	t.Helper()
	if got := a.waitExit(t); got != want {
		t.Errorf("%s (%s) exited with %d, want %d", a.node, a.name, got, want)
	}
}

// tagsAreSeen checks the tags of every member on every agent, with the clients of both sides, text and filters included.
func tagsAreSeen(t *testing.T, all []*agent) {
	t.Helper()
	for _, a := range all {
		for _, s := range []side{ours, theirs} {
			got, err := a.members(t, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range all {
				want := "web"
				if strings.HasSuffix(m.node, "2") {
					want = "db"
				}
				if got[m.node].Tags["role"] != want || got[m.node].Addr != m.bind {
					t.Errorf("%s's client on %s lists %+v, want role %q at %s", s.name, a.node, got[m.node], want, m.bind)
				}
			}
			out := a.must(t, s, "members", "-tag", "role=we.", "-status", "alive", "-name", ".*1")
			if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2 {
				t.Errorf("%s's client on %s filters %d members, want 2:\n%s", s.name, a.node, len(lines), out)
			}
		}
	}
}

// statuses is everybody alive but one.
func statuses(all []*agent, one *agent, status string) map[string]string {
	want := make(map[string]string)
	for _, a := range all {
		want[a.node] = "alive"
	}
	if one != nil {
		want[one.node] = status
	}
	return want
}

func without(all []*agent, one *agent) []*agent {
	var rest []*agent
	for _, a := range all {
		if a != one {
			rest = append(rest, a)
		}
	}
	return rest
}
