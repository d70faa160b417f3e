package membership

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"serf/eventbus"
	"serf/membership/lamport"
)

func TestFarLamportTimeIsRefused(t *testing.T) {
	m := newMachine("self")
	m.join("self", "a")
	for _, ltime := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 2 + lamport.JumpMax} {
		if relay, err := m.table.joinIntent(0, ltime, "a"); relay || !errors.Is(err, ErrLTime) {
			t.Errorf("join at %d: relay %v, error %v, want ErrLTime", ltime, relay, err)
		}
		if relay, err := m.table.leaveIntent(0, ltime, "b", false); relay || !errors.Is(err, ErrLTime) {
			t.Errorf("leave at %d: relay %v, error %v, want ErrLTime", ltime, relay, err)
		}
	}
	m.merge(m.now, appendPushPull(nil, &pushPull{
		LTime: math.MaxUint64, EventLTime: math.MaxUint64, QueryLTime: 40, LeftMembers: []string{"b"},
		StatusLTimes: []statusLTime{{"a", 6}, {"self", math.MaxUint64}, {"b", math.MaxUint64}},
	}), true)
	want := map[string]statusPair{"self": {"alive", 0}, "a": {"alive", 6}}
	if got := fmt.Sprint(m.statuses()); got != fmt.Sprint(want) {
		t.Errorf("members %v, want %v", got, want)
	}
	if c, e, q := m.table.clock.Time(), m.users.Time(), m.queries.Time(); c != 7 || e != 1 || q != 40 {
		t.Errorf("clocks %d, %d, %d, want 7, 1, 40", c, e, q)
	}
	if got := m.users.MinTime(); got != 0 {
		t.Errorf("event minimum %d, want 0", got)
	}
	if got := m.counters.LTimeRefused; got != 9 {
		t.Errorf("LTimeRefused %d, want 9", got)
	}
}

// In the reference two members that remember one that left raise its Lamport time, and their clocks, on every exchange.
func TestLeftMemberDoesNotDriveClocks(t *testing.T) {
	a, b := newMachine("a"), newMachine("b")
	for _, m := range []*machine{a, b} {
		m.join("a", "b", "x")
		m.table.leaveIntent(0, 6, "x", false)
		m.table.onLeave(0, "x")
	}
	exchange := func() {
		fromA, fromB := a.appendUserPart(a.now, nil), b.appendUserPart(b.now, nil)
		a.merge(a.now, fromB, false)
		b.merge(b.now, fromA, false)
	}
	for range 20 {
		exchange()
	}
	for _, m := range []*machine{a, b} {
		if got := m.table.find("x").ltime; got != 6 {
			t.Errorf("x left at %d, want 6", got)
		}
		if got := m.table.clock.Time(); got != 7 {
			t.Errorf("clock %d, want 7", got)
		}
	}
	b.table.leaveIntent(0, 30, "x", false) // what only one of them heard reaches the other, as it is
	exchange()
	if got := a.table.find("x").ltime; got != 30 {
		t.Errorf("x left at %d, want 30", got)
	}
	if got := a.counters.LeftRepeated; got != 20 {
		t.Errorf("LeftRepeated %d, want 20", got)
	}
}

// A force-leave may be given the very time of a join that its sender had not heard of yet. In the reference the member takes it for
// stale, those who heard it first take the join for stale, and the member is leaving there for ever.
func TestLeaveIntentWithEqualTimeIsDenied(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	m.table.joinIntent(0, 12, "self")
	for _, ltime := range []uint64{11, 12, 12, 12} {
		if relay, err := m.table.leaveIntent(0, ltime, "self", false); relay || err != nil {
			t.Errorf("leave at %d: relay %v, error %v", ltime, relay, err)
		}
	}
	if got := m.statuses()["self"]; got != (statusPair{"alive", 13}) {
		t.Errorf("self is %v, want alive since 13", got)
	}
	if m.counters.Refutes != 1 || m.counters.LeaveStale != 3 {
		t.Errorf("denied %d, stale %d, want 1 and 3", m.counters.Refutes, m.counters.LeaveStale)
	}
}

func TestLaterIntentAboutUsInPushPullIsAnswered(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	state := appendPushPull(nil, &pushPull{LTime: 9, StatusLTimes: []statusLTime{{"self", 7}}})
	for range 2 {
		m.merge(m.now, state, false)
	}
	if got := m.statuses()["self"]; got != (statusPair{"alive", 9}) || m.counters.Reasserts != 1 {
		t.Errorf("self is %v after %d answers, want alive since 9 after one", got, m.counters.Reasserts)
	}
}

func TestIntentIsUsedOnce(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	m.table.leaveIntent(0, 7, "a", false)
	m.join("a")
	if got := m.statuses()["a"]; got != (statusPair{"leaving", 7}) {
		t.Errorf("a is %v, want leaving since 7", got)
	}
	m.table.onLeave(0, "a")
	m.table.reap(int64(48 * time.Hour))
	m.join("a")
	if got := m.statuses()["a"]; got != (statusPair{"alive", 0}) {
		t.Errorf("a, back again, is %v, want alive since 0", got)
	}
	if got := m.counters.IntentUsed; got != 1 {
		t.Errorf("IntentUsed %d, want 1", got)
	}
}

func TestIntentsOfUnknownMembersAreBounded(t *testing.T) {
	cfg := DefaultLAN()
	cfg.Swim.Name, cfg.IntentsMax = "self", 3
	m := newMachineOf(cfg)
	m.join("self")
	for i := range 5 {
		relay, err := m.table.joinIntent(0, uint64(i), fmt.Sprint("n", i))
		if full := i >= 3; relay == full || errors.Is(err, ErrIntentsFull) != full {
			t.Errorf("intent %d: relay %v, error %v", i, relay, err)
		}
	}
	if relay, err := m.table.joinIntent(0, 9, "n0"); !relay || err != nil {
		t.Errorf("newer intent of a remembered name: relay %v, error %v, want it stored", relay, err)
	}
	if got := m.counters.IntentFull; got != 2 {
		t.Errorf("IntentFull %d, want 2", got)
	}
	m.table.reap(int64(cfg.RecentIntentTimeout))
	if got := len(m.table.intents.byName); got != 3 {
		t.Errorf("%d intents at the timeout, want 3", got)
	}
	m.table.reap(int64(cfg.RecentIntentTimeout) + 1)
	if got := len(m.table.intents.byName); got != 0 || m.counters.IntentExpired != 3 {
		t.Errorf("%d intents after the timeout, %d expired, want 0 and 3", got, m.counters.IntentExpired)
	}
}

// In the reference a live member that denies its removal is forgotten all the same, and nobody sees it until it fails
// and returns.
func TestPruneOfMemberThatDeniesLeavesIt(t *testing.T) {
	for _, deny := range []struct {
		name string
		do   func(*machine)
	}{
		{"by a join intent", func(m *machine) { m.table.joinIntent(1, 10, "a") }},
		{"by being seen again", func(m *machine) { m.join("a") }},
	} {
		t.Run(deny.name, func(t *testing.T) {
			m := pruned(t)
			deny.do(m)
			m.table.firePrunes(never-2, func(string) bool { return true })
			if got := m.statuses()["a"].word; got != "alive" {
				t.Errorf("a is %q, want alive", got)
			}
			if m.counters.PruneCancelled != 1 || m.table.nextPrune() != never {
				t.Errorf("PruneCancelled %d, next prune at %d", m.counters.PruneCancelled, m.table.nextPrune())
			}
		})
	}
}

func TestPruneWaitsForMemberToLeave(t *testing.T) {
	m := pruned(t)
	wait := int64(6 * time.Second)
	if got := m.table.nextPrune(); got != wait {
		t.Fatalf("prune at %d, want %d", got, wait)
	}
	here := true
	present := func(string) bool { return here }
	m.table.firePrunes(wait-1, present)
	m.table.firePrunes(wait, present)
	if m.table.find("a") == nil || m.counters.PruneDeferred != 1 || m.table.nextPrune() != never {
		t.Fatalf("a member still there was pruned, or is looked at again: %+v", m.counters)
	}
	m.table.leaveIntent(wait, 40, "a", false) // another force-leave does not lift the prune
	m.table.onLeave(wait, "a")
	if m.table.find("a") != nil {
		t.Error("the member was not forgotten when it had left")
	}
	m.settleWithoutNode()
	want := []string{"member-join self=alive", "member-join a=alive", "member-leave a=left", "member-reap a=left"}
	if !slices.Equal(m.events, want) {
		t.Errorf("events %v, want %v", m.events, want)
	}
}

func TestPruneOfMemberThatLeftMeanwhileEndsTheWait(t *testing.T) {
	m := pruned(t)
	m.table.onLeave(1, "a")
	if m.table.find("a") == nil {
		t.Fatal("forgotten before the wait was over")
	}
	m.table.leaveIntent(2, 50, "a", true) // pruned again, now that it has left: at once
	if m.table.find("a") != nil {
		t.Error("not forgotten although it had left")
	}
	m.join("a") // a new life
	m.table.firePrunes(never-2, func(string) bool { return false })
	if m.table.find("a") == nil {
		t.Error("the prune of the earlier life struck the later one")
	}
}

func TestLocalMemberIsNeverForgotten(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	m.table.life = LifeLeaving
	m.table.leaveIntent(0, 5, "self", true)
	m.table.onLeave(0, "self")
	m.table.leaveIntent(0, 6, "self", true)
	m.table.reap(never - 1)
	m.table.firePrunes(never-2, func(string) bool { return false })
	if got := m.statuses()["self"].word; got != "left" {
		t.Errorf("self is %q, want left", got)
	}
}

func TestReapIsStrictlyAfterTheTimeout(t *testing.T) {
	cfg := DefaultLAN()
	cfg.Swim.Name, cfg.ReconnectTimeout, cfg.TombstoneTimeout = "self", 10, 20
	m := newMachineOf(cfg)
	m.join("self", "failed", "left", "forced")
	m.table.onLeave(100, "failed")
	m.table.leaveIntent(100, 5, "left", false)
	m.table.onLeave(100, "left")
	m.table.onLeave(100, "forced")
	m.table.leaveIntent(115, 6, "forced", false) // still counts from when it failed
	for _, test := range []struct {
		at   int64
		want string
	}{
		{110, "[failed forced left self]"}, {111, "[forced left self]"}, {120, "[forced left self]"}, {121, "[self]"},
	} {
		m.table.reap(test.at)
		var got []string
		for _, member := range m.table.list() {
			got = append(got, member.Name)
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("at %d: %v, want %s", test.at, got, test.want)
		}
	}
	m.check(t)
}

func TestFullTableForgetsWhoIsLongestGone(t *testing.T) {
	cfg := DefaultLAN()
	cfg.Swim.Name, cfg.MembersMax = "self", 3
	m := newMachineOf(cfg)
	m.join("self", "a", "b")
	if err := m.table.onJoin(0, roleInfo("c", "")); !errors.Is(err, ErrMembersFull) {
		t.Errorf("joining a table of live members: %v, want ErrMembersFull", err)
	}
	m.table.onLeave(2, "a")
	m.table.onLeave(1, "b")
	m.join("c")
	if got := fmt.Sprint(m.statuses()); got != fmt.Sprint(map[string]statusPair{"a": {"failed", 0}, "c": {"alive", 0}, "self": {"alive", 0}}) {
		t.Errorf("members %v, want a, c and self", got)
	}
	if m.counters.MembersEvicted != 1 || m.counters.MembersFull != 1 {
		t.Errorf("evicted %d, full %d, want 1 and 1", m.counters.MembersEvicted, m.counters.MembersFull)
	}
	m.check(t)
}

func TestFlapIsCounted(t *testing.T) {
	m := newMachine("self")
	m.join("self", "a")
	for _, away := range []time.Duration{time.Second, time.Minute - 1, time.Minute} {
		m.table.onLeave(0, "a")
		if err := m.table.onJoin(int64(away), roleInfo("a", "")); err != nil {
			t.Fatal(err)
		}
	}
	if got := m.counters.Flaps; got != 2 {
		t.Errorf("Flaps %d, want 2", got)
	}
}

func TestListsShareWhatDidNotChange(t *testing.T) {
	m := newMachine("self")
	m.join("self", "b", "a")
	first := m.table.list()
	m.table.onLeave(0, "b")
	second := m.table.list()
	if got := first[1].Status; got != eventbus.StatusAlive {
		t.Errorf("an older list changed: b is %v", got)
	}
	if first[0] != second[0] || first[2] != second[2] || second[1].Status != eventbus.StatusFailed {
		t.Errorf("lists %v and %v differ in more than b", first, second)
	}
	if third := m.table.list(); &third[0] != &second[0] {
		t.Error("an unchanged list was copied")
	}
	m.check(t)
}

func TestIgnoredMessagesAreCounted(t *testing.T) {
	m := newMachine("self")
	m.join("self")
	for _, b := range [][]byte{{}, {3, 0x80}, {4, 0x80}, {5, 0x80}, {9, 0x80}, {2, 0x80}, {10, 0x80}, {255}, {0, 0x05}, {1}} {
		m.onMessage(m.now, b)
	}
	got := m.counters
	want := Counters{Joins: 1, MessageEmpty: 1, MessageUnknown: 3, MessageMalformed: 2}
	if got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if u, q := m.users.Stats(), m.queries.Stats(); u.Received != 1 || q.Received != 1 || q.AnswerLate != 1 || q.RelayRefused != 1 {
		t.Errorf("counted user events %+v, queries %+v", u, q)
	}
	notices := 0
	for e, ok := m.NextEffect(); ok; e, ok = m.NextEffect() {
		if e.Kind == EffectNotice && e.Notice.Kind == NoticeDropped {
			notices++
		}
	}
	if notices != 6 {
		t.Errorf("%d notices, want 6", notices)
	}
}

// pruned returns a machine that pruned the live member a at time 0 with Lamport time 9.
func pruned(t *testing.T) *machine {
	t.Helper()
	cfg := DefaultLAN()
	cfg.Swim.Name = "self"
	m := newMachineOf(cfg)
	m.join("self", "a")
	if relay, err := m.table.leaveIntent(0, 9, "a", true); !relay || err != nil {
		t.Fatalf("leave intent: relay %v, error %v", relay, err)
	}
	return m
}

func (m *machine) join(names ...string) {
	for _, name := range names {
		if err := m.table.onJoin(0, roleInfo(name, "")); err != nil {
			panic(err)
		}
	}
}
