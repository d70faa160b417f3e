package membership

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/membership/coordinate"
)

// whole waits until everybody sees everybody alive.
func (w *world) whole(limit time.Duration) {
	w.t.Helper()
	w.untilSeen(limit, func(*host) string { return "alive" })
}

func TestPartitionHealsWhateverItsLength(t *testing.T) {
	for _, length := range []time.Duration{time.Hour, 48 * time.Hour} {
		t.Run(length.String(), func(t *testing.T) {
			w := newWorld(t, 71, 8, func(c *Config) {
				c.Swim.ProbeInterval, c.Swim.PushPullInterval = 10*time.Second, 5*time.Minute // fewer events in two days
			})
			for _, h := range w.hosts[1:] {
				h.join(w.hosts[0])
			}
			w.run(10 * time.Second)
			w.whole(10 * time.Minute)
			w.cut = func(from, to *host) bool { return (from.i < 3) != (to.i < 3) }
			w.run(length)
			if got := w.hosts[0].status(w.hosts[7]); got == "alive" {
				t.Fatal("the partition went unnoticed")
			}
			if n := w.hosts[0].Stats().Lost; length > 24*time.Hour && n != 5 {
				t.Errorf("%d members are lost, want 5", n)
			}
			w.cut = func(_, _ *host) bool { return false }
			w.whole(2 * time.Minute)
			w.run(time.Minute)
			if n := w.hosts[0].Stats().Lost; n != 0 {
				t.Errorf("%d members are lost after all, want none", n)
			}
		})
	}
}

func TestLoneMemberFindsItsSeeds(t *testing.T) {
	seeds := func(c *Config) { c.Seeds = []Target{{Addr: newAddr(1)}, {Addr: newAddr(2)}, {Addr: newAddr(3)}} }
	w := newWorld(t, 72, 3, seeds)
	w.hosts[0].crash()
	w.hosts[1].crash()
	w.run(time.Hour)
	if n := w.hosts[2].Stats().Rejoins; n < 120 || n > 300 {
		t.Errorf("%d tries in an hour, want about two each half minute", n)
	}
	w.hosts[0].start(seeds)
	w.hosts[1].start(seeds)
	w.whole(2 * time.Minute)
	w.run(time.Minute)
	before := w.hosts[2].Stats()
	w.run(time.Hour)
	if after := w.hosts[2].Stats(); after.Rejoins != before.Rejoins || after.Reconnects != before.Reconnects {
		t.Errorf("seeds that are members are tried: %d and %d times", after.Rejoins-before.Rejoins, after.Reconnects-before.Reconnects)
	}
}

func TestSeedsCanBeReplacedAndAreBounded(t *testing.T) {
	w := newWorld(t, 74, 2)
	c := w.hosts[1]
	set := func(seeds []Target) {
		c.do(func(c *Cluster, now time.Time) error {
			c.SetSeeds(now, seeds)
			return nil
		})
	}
	set([]Target{{Addr: newAddr(1)}, {Addr: newAddr(2)}, {}}) // one is itself, one is no address
	w.run(5 * time.Second)
	w.whole(10 * time.Second)
	var many []Target
	for i := range 2 * SeedsMax {
		many = append(many, Target{Addr: netip.AddrPortFrom(newAddr(9).Addr(), uint16(1000+i))})
	}
	set(many)
	if got := len(c.heal.seeds); got != SeedsMax {
		t.Errorf("%d seeds, want %d", got, SeedsMax)
	}
	set(nil)
	before := c.Stats().Reconnects
	w.run(time.Hour)
	if got := c.Stats().Reconnects; got != before {
		t.Errorf("%d tries without seeds", got-before)
	}
}

func TestSidesThatNeverMetFindEachOtherBySeeds(t *testing.T) {
	seeds := func(c *Config) { c.Seeds = []Target{{Addr: newAddr(1)}, {Addr: newAddr(4)}} }
	w := newWorld(t, 73, 6, seeds)
	w.cut = func(from, to *host) bool { return (from.i < 3) != (to.i < 3) }
	w.run(10 * time.Minute)
	w.cut = func(_, _ *host) bool { return false }
	w.whole(2 * time.Minute)
}

// restart brings the host up again with what its snapshot says.
func (h *host) restart(rejoin bool) *ReplayReport {
	h.w.t.Helper()
	file, s := []byte(nil), NewSnapshot(rejoin)
	for _, r := range h.records {
		file = s.AppendRecord(file, r)
	}
	replayed, report := ReplaySnapshot(strings.NewReader(string(file)), rejoin)
	recovered := replayed.Recovered()
	h.heard = nil
	h.start(recording, func(c *Config) { c.Recovered = &recovered })
	return &report
}

func recording(c *Config) { c.SnapshotEnabled = true }

func TestRestartedMemberRejoinsFromItsSnapshot(t *testing.T) {
	w := newWorld(t, 74, 4, recording)
	w.together()
	w.hosts[0].event("old", "1")
	w.hosts[0].ask(1, QueryParams{Name: "old?"})
	w.run(5 * time.Second)
	h := w.hosts[3]
	clock := h.Stats().MemberTime
	h.crash()
	for _, other := range w.hosts[:3] {
		other.crash()
	}
	if r := h.restart(false); r.Skipped != 0 {
		t.Errorf("replay: %+v", r)
	}
	if got := h.Stats(); got.MemberTime < clock || got.EventTime < 2 || got.QueryTime < 2 {
		t.Errorf("clocks %d, %d, %d went back", got.MemberTime, got.EventTime, got.QueryTime)
	}
	w.run(10 * time.Minute) // nobody is there: it goes on trying
	w.hosts[1].restart(false)
	w.runUntil(time.Minute, "n3 finds n1", func() bool { return h.status(w.hosts[1]) == "alive" })
	w.hosts[0].restart(false)
	w.hosts[2].restart(false)
	w.whole(2 * time.Minute)
	for _, h := range w.hosts {
		if len(h.heard) != 0 {
			t.Errorf("%s heard %v again", h.name, h.heard)
		}
	}
	w.hosts[0].event("new", "2")
	w.run(5 * time.Second)
	if want := []string{"new=2"}; !slices.Equal(h.heard, want) {
		t.Errorf("heard %v, want %v", h.heard, want)
	}
}

// Reference agents that are stopped early write 2^64-1 for a clock at 0, and take it back at the next start. Others refuse
// whatever is said at such a time.
func TestClockOfASnapshotThatNoClockReachesIsToldAndLeftAlone(t *testing.T) {
	w := newWorld(t, 76, 2)
	w.together()
	h := w.hosts[1]
	h.crash()
	far := Recovered{Clock: math.MaxUint64, EventClock: math.MaxUint64, QueryClock: 7}
	h.start(recording, func(c *Config) { c.Recovered = &far })
	if s := h.Stats(); s.MemberTime != 1 || s.EventTime != 1 || s.QueryTime != 8 || s.LTimeRefused != 2 {
		t.Errorf("clocks %d, %d, %d, refused %d; want 1, 1, 8 and 2", s.MemberTime, s.EventTime, s.QueryTime, s.LTimeRefused)
	}
	h.join(w.hosts[0])
	w.run(5 * time.Second)
	if got := w.hosts[0].Stats().LTimeRefused; got != 0 {
		t.Errorf("n0 refused %d times, want none", got)
	}
}

func TestMemberThatLeftStaysAwayUnlessItRejoins(t *testing.T) {
	w := newWorld(t, 75, 3, recording)
	w.together()
	h := w.hosts[2]
	h.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 1) })
	h.wait(1)
	h.crash()
	h.restart(false)
	w.run(time.Minute)
	if got := h.Stats(); got.Rejoins != 0 || got.Lost != 0 || got.Members != 1 {
		t.Errorf("after a leave: %d tries, %d lost, %d members, want none", got.Rejoins, got.Lost, got.Members)
	}
	h.crash()
	h.restart(true)
	w.whole(time.Minute)
}

func TestRecordsFollowMembers(t *testing.T) {
	w := newWorld(t, 76, 3, recording)
	w.together()
	w.hosts[1].do(func(c *Cluster, now time.Time) error { return c.Leave(now, 1) })
	w.hosts[1].wait(1)
	w.hosts[1].crash()
	w.hosts[2].crash()
	w.runUntil(time.Minute, "n2 fails", func() bool { return w.hosts[0].status(w.hosts[2]) == "failed" })
	w.hosts[0].event("x", "")
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.Leave(now, 1) })
	w.hosts[0].wait(1)
	var got []string
	last := make(map[RecordKind]uint64)
	for _, r := range w.hosts[0].records {
		switch r.Kind {
		case RecordAlive, RecordFailed, RecordGone, RecordLeave:
			got = append(got, fmt.Sprint(r.Kind, " ", r.Name))
		default:
			if r.LTime <= last[r.Kind] {
				t.Errorf("clock %d is recorded at %d, then at %d", r.Kind, last[r.Kind], r.LTime)
			}
			last[r.Kind] = r.LTime
		}
	}
	want := []string{"1 n0", "1 n1", "1 n2", "3 n1", "2 n2", "7 "}
	if !slices.Equal(got, want) || last[RecordEventClock] != 1 || last[RecordClock] == 0 {
		t.Errorf("records %q and clocks %v, want %q", got, last, want)
	}
}

func TestShutdownRecordsTheClock(t *testing.T) {
	w := newWorld(t, 77, 2, recording)
	w.together()
	h := w.hosts[0]
	h.do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 1, "nobody", false) })
	h.Shutdown(w.now) // before the tick that records the clock
	h.drain()
	last := h.records[len(h.records)-1]
	if want := ClockRecord(RecordClock, h.table.clock); last != want {
		t.Errorf("last record %+v, want %+v", last, want)
	}
}

func TestLostMembersAreBounded(t *testing.T) {
	m := newMachine("self")
	for i := range 3 * lostMax {
		m.lose(Target{fmt.Sprint("m", i), newAddr(byte(i))})
		m.lose(Target{fmt.Sprint("m", i), newAddr(byte(i))})
	}
	if n := len(m.heal.lost); n != lostMax || len(m.heal.index) != n || m.counters.LostForgotten != 2*lostMax {
		t.Errorf("%d lost, %d indexed, %d forgotten", n, len(m.heal.index), m.counters.LostForgotten)
	}
	for _, target := range slices.Clone(m.heal.lost) {
		if m.heal.lost[m.heal.index[target.Name]] != target {
			t.Fatalf("%s is not where the index says", target.Name)
		}
		m.find(target.Name)
	}
	if n := len(m.heal.lost) + len(m.heal.index); n != 0 {
		t.Errorf("%d are left", n)
	}
}

func TestLostMemberIsFoundByNameOrAddress(t *testing.T) {
	m := newMachine("self")
	m.lose(Target{"a", newAddr(1)})
	m.lose(Target{"", newAddr(2)})
	m.lose(Target{"c", newAddr(3)})
	m.lose(Target{"d", newAddr(4)})
	m.lose(Target{"self", newAddr(5)})
	for name, i := range map[string]byte{"a": 9, "b": 2, "renamed": 3} {
		info := roleInfo(name, "")
		info.Addr = newAddr(i)
		if err := m.table.onJoin(0, info); err != nil {
			t.Fatal(err)
		}
	}
	m.tell(m.now)
	if want := []Target{{"d", newAddr(4)}}; !slices.Equal(m.heal.lost, want) {
		t.Errorf("lost %v, want %v", m.heal.lost, want)
	}
	m.merge(m.now, appendPushPull(nil, &pushPull{LeftMembers: []string{"d"}}), false)
	if len(m.heal.lost) != 0 {
		t.Errorf("one that left meanwhile is lost: %v", m.heal.lost)
	}
}

func TestCoordinatesAreLearnedFromProbes(t *testing.T) {
	w := newWorld(t, 77, 4)
	w.together()
	w.run(time.Minute)
	h := w.hosts[0]
	own, known := h.Coordinate()
	if !known || own == coordinate.Fresh() {
		t.Errorf("coordinate %+v, %v, want one that has moved", own, known)
	}
	if same, _ := h.CachedCoordinate("n0"); same != own {
		t.Errorf("the own coordinate is %+v, by name %+v", own, same)
	}
	for _, other := range w.hosts[1:] {
		there, known := h.CachedCoordinate(other.name)
		if rtt := own.DistanceTo(&there); !known || rtt < 100*time.Microsecond || rtt > 20*time.Millisecond {
			t.Errorf("%s is %v away (known %v), want some milliseconds", other.name, rtt, known)
		}
	}
	if got := h.Stats(); got.Map()["coordinate_resets"] != "0" {
		t.Errorf("stats %v", got.Map())
	}
	w.hosts[3].crash()
	w.runUntil(time.Minute, "n3 fails", func() bool { return h.status(w.hosts[3]) == "failed" })
	h.do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 1, "n3", true) })
	h.wait(1)
	if _, known := h.CachedCoordinate("n3"); known {
		t.Error("the coordinate of a pruned member is kept")
	}
}

func TestCoordinatesCanBeSwitchedOff(t *testing.T) {
	w := newWorld(t, 78, 2, func(c *Config) { c.DisableCoordinates = true })
	w.together()
	w.run(time.Minute)
	h := w.hosts[0]
	_, own := h.Coordinate()
	_, other := h.CachedCoordinate("n1")
	s := h.Stats()
	if _, told := s.Map()["coordinate_resets"]; own || other || told {
		t.Errorf("own %v, other %v, in statistics %v, want none", own, other, told)
	}
}
