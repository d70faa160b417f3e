package membership

import (
	"slices"
	"testing"
	"time"

	"serf/eventbus"
)

// named gives the host another name.
func named(name string) configure { return func(c *Config) { c.Swim.Name = name } }

// rival brings up a second member called like the host other, and lets it join the host to.
func (w *world) rival(h, other, to *host, options ...configure) {
	w.t.Helper()
	h.crash()
	h.start(append(options, named(other.name))...)
	h.do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, []Target{{Addr: to.addr}}, false) })
}

func TestLatecomerWithATakenNameLoses(t *testing.T) {
	w := newWorld(t, 61, 7)
	first := w.hosts[0]
	for _, h := range w.hosts[1:6] {
		h.join(first)
	}
	late := w.hosts[6]
	w.rival(late, first, w.hosts[3])
	w.runUntil(20*time.Second, "the latecomer gives up", func() bool { return late.lost })
	if first.lost {
		t.Error("the first one lost its name")
	}
	late.crash()
	w.run(time.Minute)
	for _, h := range w.hosts[:6] {
		for _, m := range h.View().Members {
			if m.Name == first.name && (m.Addr != first.addr || m.Status != eventbus.StatusAlive) {
				t.Errorf("%s sees %+v, want the first one alive", h.name, *m)
			}
		}
	}
	if first.lost {
		t.Error("the first one lost its name later")
	}
}

func TestLoneNameConflictKillsNobody(t *testing.T) {
	w := newWorld(t, 62, 2)
	w.rival(w.hosts[1], w.hosts[0], w.hosts[0])
	w.run(3 * time.Minute)
	for _, h := range w.hosts {
		if s := h.Stats(); h.lost || s.Conflicts == 0 {
			t.Errorf("%v: lost %v after %d conflicts and %d votes", h.addr, h.lost, s.Conflicts, s.ConflictVotes)
		}
	}
}

func TestNameConflictWithOneWitnessKillsNobody(t *testing.T) {
	w := newWorld(t, 63, 3)
	w.hosts[1].join(w.hosts[0])
	w.rival(w.hosts[2], w.hosts[0], w.hosts[1])
	w.run(3 * time.Minute)
	if w.hosts[0].lost || w.hosts[2].lost {
		t.Error("one answer decided over a name")
	}
}

func TestNameConflictIsNotResolvedIfSwitchedOff(t *testing.T) {
	off := func(c *Config) { c.EnableNameConflictResolution = false }
	w := newWorld(t, 64, 5, off)
	for _, h := range w.hosts[1:4] {
		h.join(w.hosts[0])
	}
	w.rival(w.hosts[4], w.hosts[0], w.hosts[1], off)
	w.run(time.Minute)
	for _, h := range w.hosts {
		if n := h.Stats().ConflictVotes; h.lost || n != 0 {
			t.Errorf("%v: lost %v, %d votes, want none", h.addr, h.lost, n)
		}
	}
}

func TestVerdictNeedsAMajorityOfTwoThatNameAnother(t *testing.T) {
	own := DefaultLAN()
	own.Swim.Advertise = newAddr(1)
	vote := func(i byte) []byte {
		return eventbus.AppendVote(nil, &Member{Name: "self", Addr: newAddr(i)})
	}
	unknown := eventbus.AppendVote(nil, nil)
	for _, tt := range []struct {
		what    string
		answers [][]byte
		lost    bool
	}{
		{"silence", nil, false},
		{"one against", [][]byte{vote(2)}, false},
		{"two against", [][]byte{vote(2), vote(2)}, true},
		{"a tie", [][]byte{vote(1), vote(2)}, false},
		{"two to one against", [][]byte{vote(1), vote(2), vote(2)}, true},
		{"two to one for", [][]byte{vote(1), vote(1), vote(2)}, false},
		{"ignorance", [][]byte{unknown, unknown, unknown}, false},
		{"one against, two ignorant", [][]byte{vote(2), unknown, unknown}, false},
		{"garbage", [][]byte{{}, {6}, {5, 0xc0}, {6, 0xc1}}, false},
	} {
		var v votes
		for _, payload := range tt.answers {
			v.add(&eventbus.QueryUpdate{Kind: eventbus.UpdateResponse, Payload: payload}, own.source())
		}
		if v.lost() != tt.lost {
			t.Errorf("%s: lost %v, want %v", tt.what, v.lost(), tt.lost)
		}
	}
}

func TestClaimantsOfNamesAreAnsweredAFewTimesOnly(t *testing.T) {
	w := newWorld(t, 65, 2)
	w.together()
	h := w.hosts[0]
	for i := range 100 {
		m := eventbus.QueryMessage{LTime: uint64(100 + i), ID: 1, Addr: []byte{192, 0, 2, 1}, Port: 1, SourceNode: []byte("n1"),
			Timeout: time.Second, Name: []byte(eventbus.QueryConflict), Payload: []byte("n1")}
		h.onMessage(w.now, eventbus.AppendQuery(nil, &m))
	}
	if n := len(h.sends); n != strangerVotesMax {
		t.Errorf("%d answers to an address of no member, want %d", n, strangerVotesMax)
	}
	answered := slices.ContainsFunc(h.sends, func(s send) bool { return s.to == newAddr(1) })
	if answered {
		t.Error("an answer went elsewhere")
	}
}
