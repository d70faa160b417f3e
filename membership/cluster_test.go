package membership

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/swim"
)

func alive(*host) string { return "alive" }

// besides wants one host in a status and all others alive.
func besides(one *host, status string) func(*host) string {
	return func(h *host) string {
		if h == one {
			return status
		}
		return "alive"
	}
}

func TestJoinMakesOneCluster(t *testing.T) {
	w := newWorld(t, 1, 5)
	w.together()
	for _, h := range w.hosts {
		if got := slices.Sorted(slices.Values(h.events)); len(got) != 5 || got[0] != "member-join n0" || h.events[0] != "member-join "+h.name {
			t.Errorf("%s told %v, want five joins, the own one first", h.name, h.events)
		}
		checkTable(t, h.table)
		s := h.Stats()
		if got := s.Map(); got["members"] != "5" || got["failed"] != "0" || got["encrypted"] != "false" || got["member_time"] == "1" {
			t.Errorf("%s: statistics %v", h.name, got)
		}
	}
	// Everybody knows everybody's join intent, not only the newcomer's alive message.
	w.run(5 * time.Second)
	for _, h := range w.hosts[1:] {
		want := h.table.find(h.name).ltime
		for _, viewer := range w.hosts {
			if got := viewer.table.find(h.name).ltime; got != want || got == 0 {
				t.Errorf("%s has %s at %d, want %d", viewer.name, h.name, got, want)
			}
		}
	}
}

func TestJoinReportsWhoDidNotAnswer(t *testing.T) {
	w := newWorld(t, 2, 3, func(c *Config) { c.JoinDialsMax = 2 })
	w.hosts[2].crash()
	if d := w.hosts[0].join(w.hosts[2]); !errors.Is(d.Err, ErrJoinFailed) || d.Joined != 0 || len(d.Failures) != 1 {
		t.Errorf("join of a dead host: %+v", d)
	}
	if got := w.hosts[0].table.clock.Time(); got != 1 {
		t.Errorf("clock %d after a failed join, want 1: nothing is announced", got)
	}
	d := w.hosts[0].join(w.hosts[2], w.hosts[1], w.hosts[2], w.hosts[1])
	if d.Err != nil || d.Joined != 2 || len(d.Failures) != 2 || d.Failures[0].Target.Addr != w.hosts[2].addr || d.Failures[0].Err == nil {
		t.Errorf("join of two dead and two living: %+v", d)
	}
	if d := w.hosts[0].join(); d.Err != nil || d.Joined != 0 {
		t.Errorf("join of nobody: %+v", d)
	}
}

func TestLeaveIsSeenAsLeft(t *testing.T) {
	w := newWorld(t, 3, 4)
	w.together()
	leaver := w.hosts[3]
	leaver.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 7) })
	if err := leaver.Leave(w.now, 8); !errors.Is(err, ErrLeaving) {
		t.Errorf("second leave: %v, want ErrLeaving", err)
	}
	if got := leaver.View().State; got != LifeLeaving {
		t.Errorf("state %v, want leaving", got)
	}
	if err := leaver.Join(w.now, 9, nil, false); !errors.Is(err, ErrJoinState) {
		t.Errorf("join while leaving: %v, want ErrJoinState", err)
	}
	if got, want := ErrJoinState.Error(), "Serf can't Join after Leave or Shutdown"; got != want {
		t.Errorf("clients are told %q, want %q", got, want)
	}
	began := w.now
	if d := leaver.wait(7); d.Err != nil {
		t.Errorf("leave: %v", d.Err)
	}
	if took, least := w.now.Sub(began), DefaultLocal().LeavePropagateDelay; took < least || took > least+3*time.Second {
		t.Errorf("leaving took %v", took)
	}
	if got := leaver.View().State; got != LifeLeft {
		t.Errorf("state %v, want left", got)
	}
	leaver.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 10) })
	if d := leaver.wait(10); d.Err != nil {
		t.Errorf("leave after having left: %v", d.Err)
	}
	w.untilSeen(time.Second, besides(leaver, "left"))
	for _, h := range w.hosts {
		if !slices.Contains(h.events, "member-leave n3") || slices.Contains(h.events, "member-failed n3") {
			t.Errorf("%s told %v, want n3 to leave, not to fail", h.name, h.events)
		}
	}
	leaver.crash()
	w.run(30 * time.Second)
	w.untilSeen(time.Second, besides(leaver, "left"))
}

func TestLeaveAloneIsQuick(t *testing.T) {
	w := newWorld(t, 4, 1)
	h := w.hosts[0]
	h.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 1) })
	began := w.now
	if d := h.wait(1); d.Err != nil || w.now.Sub(began) > 1100*time.Millisecond {
		t.Errorf("leave: %v after %v, want the propagate delay alone", d.Err, w.now.Sub(began))
	}
	if want := []string{"member-join n0", "member-leave n0"}; !slices.Equal(h.events, want) {
		t.Errorf("told %v, want %v", h.events, want)
	}
}

func TestLeaveWithoutGossipEndsAfterItsTimeouts(t *testing.T) {
	w := newWorld(t, 5, 2, func(c *Config) { c.Swim.ProbeInterval = 0 })
	w.together()
	w.hosts[1].crash()
	h := w.hosts[0]
	for h.queues[queueIntent].Len() > 0 {
		w.run(time.Second)
	}
	w.cut = func(_, _ *host) bool { return true }
	h.cfg.Swim.GossipNodes = 0
	h.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 1) })
	if d := h.wait(1); d.Err != nil {
		t.Errorf("leave: %v", d.Err)
	}
	if got := h.View().State; got != LifeLeft {
		t.Errorf("state %v, want left", got)
	}
}

func TestCrashIsSeenAsFailedAndReturnAsAlive(t *testing.T) {
	w := newWorld(t, 6, 4)
	w.together()
	victim := w.hosts[2]
	victim.crash()
	w.untilSeen(30*time.Second, besides(victim, "failed"))
	if got := w.hosts[0].events[len(w.hosts[0].events)-1]; got != "member-failed n2" {
		t.Errorf("last told %q, want the failure", got)
	}
	victim.start()
	victim.join(w.hosts[0])
	w.untilSeen(20*time.Second, alive)
	w.run(10 * time.Second)
	w.untilSeen(time.Second, alive)
}

func TestFailedMemberIsReconnected(t *testing.T) {
	w := newWorld(t, 7, 4)
	w.together()
	island := w.hosts[3]
	w.cut = func(from, to *host) bool { return (from == island) != (to == island) }
	w.runUntil(time.Minute, "both sides see the other as failed", func() bool {
		return w.hosts[0].status(island) == "failed" && island.Stats().Failed == 3
	})
	w.run(5 * time.Minute) // longer than the failure detector remembers the dead
	w.cut = func(_, _ *host) bool { return false }
	w.untilSeen(3*time.Minute, alive)
	if got := w.hosts[0].Stats().Reconnects + island.Stats().Reconnects; got == 0 {
		t.Error("nobody reconnected, yet the cluster is whole")
	}
	if at, _ := w.hosts[0].NextDeadline(); at.IsZero() || w.hosts[0].reconnectAt != never {
		t.Errorf("the reconnect timer is armed at %v although nobody failed", w.hosts[0].reconnectAt)
	}
}

func TestForceLeaveOfFailedMember(t *testing.T) {
	w := newWorld(t, 8, 4)
	w.together()
	victim := w.hosts[3]
	victim.crash()
	w.untilSeen(30*time.Second, besides(victim, "failed"))
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 5, victim.name, false) })
	if d := w.hosts[0].wait(5); d.Err != nil {
		t.Errorf("force-leave: %v", d.Err)
	}
	w.untilSeen(5*time.Second, besides(victim, "left"))
	for _, h := range w.hosts[:3] {
		if !slices.Contains(h.notices, "member-leave n3 forced=true") || h.Stats().Forced != 1 {
			t.Errorf("%s noticed %v, want a forced leave", h.name, h.notices)
		}
	}
}

func TestPruneForgetsFailedMember(t *testing.T) {
	w := newWorld(t, 9, 4)
	w.together()
	victim := w.hosts[3]
	victim.crash()
	w.untilSeen(30*time.Second, besides(victim, "failed"))
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 5, victim.name, true) })
	w.hosts[0].wait(5)
	w.untilSeen(5*time.Second, besides(victim, ""))
	w.run(2 * time.Minute)
	w.untilSeen(time.Second, besides(victim, ""))
	if got := w.hosts[1].notices[len(w.hosts[1].notices)-1]; got != "member-reap n3 forced=true" {
		t.Errorf("last noticed %q, want the forced reap", got)
	}
	victim.start()
	victim.join(w.hosts[0])
	w.untilSeen(20*time.Second, alive)
}

// In the reference the pruned member disappears from every list six seconds later, although it lives.
func TestPruneOfLiveMemberLeavesNoGhost(t *testing.T) {
	w := newWorld(t, 10, 4)
	w.together()
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 5, "n3", true) })
	if got := w.hosts[0].status(w.hosts[3]); got != "leaving" {
		t.Errorf("n3 is %q right after, want leaving", got)
	}
	w.hosts[0].wait(5)
	w.untilSeen(5*time.Second, alive)
	w.run(time.Minute)
	w.untilSeen(time.Second, alive)
	if got := w.hosts[3].Stats().Refutes; got != 1 {
		t.Errorf("n3 denied %d times, want once", got)
	}
}

// In the reference a force-leave in a cluster of two reaches nobody, and the live peer stays leaving.
func TestForceLeaveInClusterOfTwoIsDenied(t *testing.T) {
	w := newWorld(t, 11, 2)
	w.together()
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 5, "n1", false) })
	if got := w.hosts[0].status(w.hosts[1]); got != "leaving" {
		t.Errorf("n1 is %q right after, want leaving", got)
	}
	if d := w.hosts[0].wait(5); d.Err != nil {
		t.Errorf("force-leave: %v", d.Err)
	}
	w.untilSeen(5*time.Second, alive)
	w.hosts[1].crash()
	w.untilSeen(30*time.Second, besides(w.hosts[1], "failed"))
}

func TestForceLeaveOfUnknownAndOfAll(t *testing.T) {
	w := newWorld(t, 12, 1)
	h := w.hosts[0]
	h.do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 1, "ghost", true) })
	if d := h.wait(1); d.Err != nil {
		t.Errorf("force-leave of an unknown member: %v", d.Err)
	}
	if err := h.ForceLeave(w.now, 2, strings.Repeat("x", 1400), false); err == nil || !strings.Contains(err.Error(), "1391") {
		t.Errorf("force-leave of a name too long for a packet: %v, want the limit in the error", err)
	}
	if got := h.Stats(); got.Intents != 1 || got.IntentQueue != 0 {
		t.Errorf("%d intents, %d queued, want 1 and 0", got.Intents, got.IntentQueue)
	}
}

func TestForceLeaveTimesOut(t *testing.T) {
	w := newWorld(t, 13, 2, func(c *Config) { c.Swim.GossipInterval, c.Swim.ProbeInterval, c.Swim.PushPullInterval = 0, 0, 0 })
	w.together2(t)
	w.hosts[0].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 5, "n1", false) })
	began := w.now
	if d := w.hosts[0].wait(5); !errors.Is(d.Err, ErrForceLeaveTimeout) || w.now.Sub(began) < 5*time.Second {
		t.Errorf("force-leave: %v after %v, want a timeout", d.Err, w.now.Sub(began))
	}
}

// together2 is together for worlds without gossip.
func (w *world) together2(t *testing.T) {
	t.Helper()
	for _, h := range w.hosts[1:] {
		if d := h.join(w.hosts[0]); d.Err != nil {
			t.Fatal(d.Err)
		}
	}
}

func TestTagsReachAll(t *testing.T) {
	w := newWorld(t, 14, 3, func(c *Config) { c.Tags = map[string]string{"role": "web"} })
	w.together()
	h := w.hosts[1]
	tags := map[string]string{"role": "db", "dc": "east"}
	h.do(func(c *Cluster, now time.Time) error { return c.SetTags(now, 3, tags) })
	if !maps.Equal(h.View().Local.Tags, tags) || !maps.Equal(h.Tags(), tags) {
		t.Errorf("own tags %v, want %v", h.View().Local.Tags, tags)
	}
	if d := h.wait(3); d.Err != nil {
		t.Errorf("setting tags: %v", d.Err)
	}
	w.runUntil(5*time.Second, "all see the tags", func() bool {
		for _, viewer := range w.hosts {
			if !maps.Equal(viewer.View().Members[1].Tags, tags) {
				return false
			}
		}
		return true
	})
	for _, viewer := range w.hosts {
		if got := viewer.Stats().Updates; got != 1 {
			t.Errorf("%s told %d updates, want 1", viewer.name, got)
		}
	}
	incarnation, _ := h.node.Lookup(h.name)
	h.do(func(c *Cluster, now time.Time) error { return c.SetTags(now, 4, maps.Clone(tags)) })
	if d, over := h.dones[4]; !over || d.Err != nil {
		t.Errorf("setting equal tags: %+v, want it done at once", d)
	}
	if again, _ := h.node.Lookup(h.name); again.Incarnation != incarnation.Incarnation {
		t.Error("equal tags were announced")
	}
	long := map[string]string{"k": strings.Repeat("v", 512)}
	if err := h.SetTags(w.now, 5, long); !errors.Is(err, ErrTagsTooLong) {
		t.Errorf("long tags: %v, want ErrTagsTooLong", err)
	}
}

func TestReapForgetsEverywhere(t *testing.T) {
	w := newWorld(t, 15, 3, func(c *Config) {
		c.ReconnectTimeout, c.TombstoneTimeout, c.ReapInterval = time.Minute, time.Minute, time.Second
	})
	w.together()
	w.hosts[2].crash()
	w.untilSeen(30*time.Second, besides(w.hosts[2], "failed"))
	w.untilSeen(2*time.Minute, besides(w.hosts[2], ""))
	if got := w.hosts[0].events[len(w.hosts[0].events)-1]; got != "member-reap n2" {
		t.Errorf("last told %q, want the reap", got)
	}
	if w.hosts[0].reapAt != never {
		t.Error("the reap timer is armed although nothing is left to forget")
	}
}

func TestEventsAreCoalesced(t *testing.T) {
	w := newWorld(t, 16, 5, func(c *Config) { c.CoalescePeriod = 3 * time.Second })
	for _, h := range w.hosts[1:] {
		h.join(w.hosts[0])
	}
	if got := len(w.hosts[0].events); got != 0 {
		t.Errorf("%d events told at once, want them held back", got)
	}
	if got := len(w.hosts[0].notices); got != 5 {
		t.Errorf("%d notices, want 5 at once", got)
	}
	w.run(4 * time.Second)
	if got := len(w.hosts[0].events); got != 5 {
		t.Errorf("%d joins told, want 5", got)
	}
}

func TestShutdownEndsCommandsAndInputs(t *testing.T) {
	w := newWorld(t, 17, 2, func(c *Config) { c.CoalescePeriod = time.Hour; c.QuiescentPeriod = time.Hour })
	w.together2(t)
	h := w.hosts[0]
	for token := range Token(2) {
		h.do(func(c *Cluster, now time.Time) error {
			return c.Join(now, 10+token, []Target{{Addr: w.hosts[1].addr}}, false)
		})
	}
	h.do(func(c *Cluster, now time.Time) error { return c.SetTags(now, 12, map[string]string{"a": "b"}) })
	h.do(func(c *Cluster, now time.Time) error { return c.Leave(now, 13) })
	h.Shutdown(w.now)
	h.Shutdown(w.now)
	h.drain()
	for token := Token(10); token <= 13; token++ {
		if d, over := h.dones[token]; !over || !errors.Is(d.Err, ErrStopped) {
			t.Errorf("command %d: %+v, want ErrStopped", token, d)
		}
	}
	if len(h.events) == 0 {
		t.Error("held back events were lost")
	}
	if at, _ := h.NextDeadline(); !at.IsZero() || h.View().State != LifeShutdown {
		t.Errorf("deadline %v, state %v after shutdown", at, h.View().State)
	}
	w.run(10 * time.Second)
	for name, err := range map[string]error{
		"join":        h.Join(w.now, 1, nil, false),
		"leave":       h.Leave(w.now, 1),
		"force-leave": h.ForceLeave(w.now, 1, "x", false),
		"set tags":    h.SetTags(w.now, 1, nil),
	} {
		if err == nil {
			t.Errorf("%s after shutdown succeeds", name)
		}
	}
	if err := h.Leave(w.now, 1); !errors.Is(err, ErrShutdown) || err.Error() != "Leave called after Shutdown" {
		t.Errorf("leave after shutdown: %v, want ErrShutdown in the words of the reference", err)
	}
}

func TestTooManyCommandsAreRefused(t *testing.T) {
	w := newWorld(t, 18, 2, func(c *Config) { c.CommandsMax = 1 })
	h := w.hosts[0]
	h.do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, []Target{{Addr: w.hosts[1].addr}}, false) })
	for name, err := range map[string]error{
		"join":        h.Join(w.now, 2, nil, false),
		"force-leave": h.ForceLeave(w.now, 2, "x", false),
		"set tags":    h.SetTags(w.now, 2, map[string]string{"a": "b"}),
	} {
		if !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v, want ErrBusy", name, err)
		}
	}
	h.wait(1)
}

func TestDeepQueueIsToldOnceAndBounded(t *testing.T) {
	w := newWorld(t, 19, 1, func(c *Config) { c.QueueDepthWarning, c.MinQueueDepth = 3, 5 })
	h := w.hosts[0]
	for i := range 10 {
		h.onMessage(w.now, appendJoin(nil, joinIntent{LTime: 5, Node: fmt.Sprint("x", i)}))
	}
	s := h.Stats()
	if s.IntentQueue != 5 || s.QueuePruned != 5 || s.QueueWarnings != 1 {
		t.Errorf("%d queued, %d pruned, %d warnings, want 5, 5, 1", s.IntentQueue, s.QueuePruned, s.QueueWarnings)
	}
}

func TestViewIsTheSameUntilSomethingChanges(t *testing.T) {
	w := newWorld(t, 20, 2)
	h := w.hosts[0]
	before := h.View()
	h.onMessage(w.now, appendJoin(nil, joinIntent{LTime: 50, Node: "unknown"}))
	if h.View() != before {
		t.Error("an intent of an unknown member made a new view")
	}
	w.together()
	if v := h.View(); v == before || v.Generation <= before.Generation || len(v.Members) != 2 || len(before.Members) != 1 {
		t.Errorf("views of %d and %d members, want 1 and 2", len(before.Members), len(h.View().Members))
	}
}

func TestBadConfigurationIsRefusedAtOnce(t *testing.T) {
	cfg := DefaultLAN()
	cfg.ProtocolVersion, cfg.ReapInterval, cfg.ValidateNodeNames, cfg.Swim.Name = 1, 0, true, "a_b"
	cfg.Tags = map[string]string{"k": strings.Repeat("v", 600)}
	_, err := New(cfg, start, nil)
	for _, want := range []string{"protocol version 1", "reap interval", "a_b", "no address"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New: %v, want it to name %q", err, want)
		}
	}
	cfg.ProtocolVersion = 5
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "(607 > 512 bytes)") {
		t.Errorf("Validate: %v, want the length of the tags", err)
	}
	for _, profile := range []string{"lan", "wan", "local"} {
		cfg, ok := DefaultConfig(profile)
		cfg.Swim.Name, cfg.Swim.Advertise = "n", newWorld(t, 0, 1).hosts[0].addr
		if err := cfg.Validate(); !ok || err != nil {
			t.Errorf("default for %s: %v, %v", profile, ok, err)
		}
	}
	if _, ok := DefaultConfig("moon"); ok {
		t.Error("there is a default for the moon")
	}
}

// TestSameSeedSameEffects runs an eventful life twice.
func TestSameSeedSameEffects(t *testing.T) {
	live := func(seed uint64) string {
		w := newWorld(t, seed, 5, recording, withKeys(1), func(c *Config) {
			c.Tags = map[string]string{"a": "1", "b": "2", "c": "3"}
			c.Seeds = []Target{{Addr: newAddr(1)}, {Addr: newAddr(9)}}
		})
		w.logging = true
		w.together()
		w.loss = 0.1
		for i, h := range w.hosts {
			h.event("deploy", fmt.Sprint(i))
			h.ask(10, QueryParams{Name: "who", Ack: true, RelayFactor: 2, Tags: map[string]string{"a": "1", "b": "2"}})
			h.do(func(c *Cluster, now time.Time) error { return c.InstallKey(now, 11, key(i+1), 1) })
		}
		w.run(time.Second)
		w.hosts[0].CancelQuery(w.now, 10)
		w.hosts[0].drain()
		w.run(20 * time.Second)
		w.loss = 0
		w.hosts[1].do(func(c *Cluster, now time.Time) error { return c.SetTags(now, 2, map[string]string{"z": "1", "y": "2"}) })
		w.hosts[2].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 2, "n4", true) })
		w.run(5 * time.Second)
		w.hosts[4].crash()
		w.run(20 * time.Second)
		w.hosts[2].do(func(c *Cluster, now time.Time) error { return c.ForceLeave(now, 3, "n4", false) })
		w.hosts[3].do(func(c *Cluster, now time.Time) error { return c.Leave(now, 3) })
		w.run(2 * time.Minute)
		w.hosts[4].start()
		w.hosts[4].join(w.hosts[1])
		w.run(10 * time.Second)
		return w.log.String()
	}
	first, second := live(42), live(42)
	if first != second {
		a, b := strings.Split(first, "\n"), strings.Split(second, "\n")
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("line %d differs:\n%s\n%s", i, a[i], b[min(i, len(b)-1)])
			}
		}
		t.Fatal("the second life is longer")
	}
	if live(43) == first {
		t.Error("another seed gives the same life")
	}
}

func TestConflictIsNoticed(t *testing.T) {
	w := newWorld(t, 21, 2)
	w.together()
	h := w.hosts[0]
	claim := swim.AppendAlive(nil, &swim.AliveMessage{
		Incarnation: 99, Node: []byte("n1"), Addr: netip.MustParseAddrPort("10.9.9.9:7946"), Versions: []byte{1, 5, 2, 2, 5, 5},
	})
	if err := h.HandlePacket(w.now, w.hosts[1].addr, claim); err != nil {
		t.Fatal(err)
	}
	conflicts := 0
	for e, ok := h.NextEffect(); ok; e, ok = h.NextEffect() {
		if e.Kind == EffectNotice && e.Notice.Kind == NoticeSwim && e.Notice.Swim.Kind == swim.EventConflict {
			conflicts++
		}
	}
	if conflicts != 1 || h.Stats().Conflicts != 1 || h.View().Members[1].Addr != w.hosts[1].addr {
		t.Errorf("%d notices, counted %d, n1 at %v", conflicts, h.Stats().Conflicts, h.View().Members[1].Addr)
	}
}

// In the reference an exchange that somebody else started meanwhile raises the minimum too.
func TestOldEventsAreIgnoredOnlyOfTheJoinThatAsked(t *testing.T) {
	w := newWorld(t, 22, 3)
	for i, h := range w.hosts[1:] {
		for range 10 * (i + 1) {
			h.users.WitnessPeer(h.users.Time() + 1)
		}
	}
	h := w.hosts[0]
	h.do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, []Target{{Addr: w.hosts[1].addr}}, true) })
	w.hosts[2].do(func(c *Cluster, now time.Time) error { return c.Join(now, 1, []Target{{Addr: h.addr}}, false) })
	h.wait(1)
	w.hosts[2].wait(1)
	if got, clock := h.users.MinTime(), h.users.Time(); got != 11 || clock != 21 {
		t.Errorf("event minimum %d, clock %d, want 11 and 21", got, clock)
	}
}

func TestTimersHaveNames(t *testing.T) {
	for timer := range timers {
		if timer.String() == "" || timer.String() == "unknown" {
			t.Errorf("timer %d is called %q", timer, timer)
		}
	}
	if got := Timer(timers).String() + LifeState(9).String() + LifeShutdown.String(); got != "unknownunknownshutdown" {
		t.Errorf("names %q", got)
	}
}
