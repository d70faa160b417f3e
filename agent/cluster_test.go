package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"serf/agent/journal"
	"serf/eventbus"
	"serf/membership"
)

func TestJoinMakesEachKnowTheOther(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1, func(c *Config) { c.Cluster.Tags = map[string]string{"role": "web"} })
		b := w.start(2)
		n, err := b.Join(t.Context(), []string{addr(1).String()}, false)
		if n != 1 || err != nil {
			t.Fatalf("Join: %d, %v", n, err)
		}
		// A command's result comes after the view that shows its effect.
		if got := status(b, "n1"); got != eventbus.StatusAlive {
			t.Errorf("right after Join, n1 is %v", got)
		}
		w.pass(3 * time.Second)
		for _, x := range []*Agent{a, b} {
			if got := len(x.Members()); got != 2 {
				t.Errorf("%s knows %d members, want 2", x.Name(), got)
			}
		}
		if got := b.Members()[0].Tags["role"]; got != "web" {
			t.Errorf("role of n1 is %q, want web", got)
		}
		wantOrder(t, b.log,
			"[INFO] agent: Serf agent starting",
			"[INFO] serf: EventMemberJoin: n2 10.0.0.2",
			"[INFO] agent: joining: [10.0.0.1:7946] replay: false",
			"[INFO] serf: EventMemberJoin: n1 10.0.0.1",
			"[INFO] agent: joined: 1 nodes",
			"[INFO] agent: Received event: member-join")
	})
}

func TestEncryptedClusterJoins(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3, func(c *Config) { c.Keyring = ring(t, 'k') })
		w.pass(20 * time.Second)
		for _, a := range agents {
			if got := a.Stats()["serf"]["encrypted"]; got != "true" {
				t.Errorf("%s: encrypted = %q", a.Name(), got)
			}
			if got := a.Stats()["trouble"]; got != nil {
				t.Errorf("%s: trouble = %v", a.Name(), got)
			}
		}
	})
}

func TestCrashedMemberIsSeenAsFailed(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(5)
		w.isolate(5, true)
		took := w.until("all see n5 as failed", 10*time.Second, func() bool {
			for _, a := range agents[:4] {
				if status(a, "n5") != eventbus.StatusFailed {
					return false
				}
			}
			return true
		})
		t.Logf("seen after %v", took)
		for _, a := range agents[:4] {
			for i := 1; i <= 4; i++ {
				if got := status(a, name(i)); got != eventbus.StatusAlive {
					t.Errorf("%s sees %s as %v", a.Name(), name(i), got)
				}
			}
			w.wantLine(a, "[INFO] serf: EventMemberFailed: n5 10.0.0.5")
		}
		w.isolate(5, false)
		w.until("n5 is back", 2*time.Minute, func() bool { return status(agents[0], "n5") == eventbus.StatusAlive })
	})
}

func TestLeaveIsSeenAsLeft(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3)
		leaver := agents[2]
		if err := leaver.Leave(t.Context()); err != nil {
			t.Fatalf("Leave: %v", err)
		}
		if got := leaver.View().State; got != membership.LifeLeft {
			t.Errorf("state after Leave is %v", got)
		}
		if _, err := leaver.Join(t.Context(), []string{addr(1).String()}, false); !errors.Is(err, membership.ErrJoinState) {
			t.Errorf("Join after Leave: %v, want %v", err, membership.ErrJoinState)
		}
		_ = leaver.Shutdown()
		w.pass(10 * time.Second)
		for _, a := range agents[:2] {
			if got := status(a, "n3"); got != eventbus.StatusLeft {
				t.Errorf("%s sees n3 as %v, want left", a.Name(), got)
			}
			w.wantLine(a, "[INFO] serf: EventMemberLeave: n3 10.0.0.3")
		}
		wantOrder(t, leaver.log,
			"[INFO] agent: requesting graceful leave from Serf",
			"[INFO] serf: EventMemberLeave: n3 10.0.0.3",
			"[INFO] agent: requesting serf shutdown",
			"[INFO] agent: shutdown complete")
		if n := count(leaver.log, "Shutdown without a Leave"); n != 0 {
			t.Error("a graceful leave is reported as none")
		}
	})
}

func TestForceLeaveOfFailedMember(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3)
		_ = agents[2].Shutdown()
		w.until("n3 failed", 20*time.Second, func() bool { return status(agents[0], "n3") == eventbus.StatusFailed })
		if err := agents[0].ForceLeave(t.Context(), "n3", false); err != nil {
			t.Fatalf("ForceLeave: %v", err)
		}
		w.pass(time.Second)
		for _, a := range agents[:2] {
			if got := status(a, "n3"); got != eventbus.StatusLeft {
				t.Errorf("%s sees n3 as %v, want left", a.Name(), got)
			}
		}
		w.wantLine(agents[0], "[INFO] agent: Force leaving node: n3")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for prune, line := range map[bool]string{
			false: "[WARN] agent: failed to remove node: context canceled",
			true:  "[WARN] agent: failed to remove node (prune): context canceled",
		} {
			if err := agents[0].ForceLeave(gone, "n9", prune); !errors.Is(err, context.Canceled) {
				t.Errorf("ForceLeave with a context that has ended: %v", err)
			}
			w.wantLine(agents[0], line)
		}
		if err := agents[0].ForceLeave(t.Context(), "n3", true); err != nil {
			t.Fatalf("ForceLeave with prune: %v", err)
		}
		w.pass(time.Second)
		if got := status(agents[1], "n3"); got != eventbus.StatusNone {
			t.Errorf("after prune n3 is %v, want unknown", got)
		}
		w.wantLine(agents[0], "[INFO] agent: Force leaving node (prune): n3")
	})
}

func TestTagsSpread(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3)
		if err := agents[0].SetTags(t.Context(), map[string]string{"dc": "east"}); err != nil {
			t.Fatalf("SetTags: %v", err)
		}
		if got := agents[0].Tags()["dc"]; got != "east" {
			t.Errorf("own tag is %q", got)
		}
		if got := agents[0].Stats()["tags"]["dc"]; got != "east" {
			t.Errorf("tag in stats is %q", got)
		}
		w.pass(time.Second)
		if got := agents[2].Members()[0].Tags["dc"]; got != "east" {
			t.Errorf("tag seen by n3 is %q", got)
		}
		err := agents[0].SetTags(t.Context(), map[string]string{"x": strings.Repeat("y", 600)})
		if !errors.Is(err, membership.ErrTagsTooLong) || agents[0].Tags()["dc"] != "east" {
			t.Errorf("too many tags: %v, tags are now %v", err, agents[0].Tags())
		}
	})
}

func TestSubscriptionHearsInOrder(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		all := a.Subscribe(eventbus.Filter{}, 64, eventbus.DropOldest)
		joins := a.Subscribe(eventbus.Only(eventbus.MemberFailed), 64, eventbus.DropOldest)
		b := w.start(2)
		w.join(b, addr(1).String())
		var got []string
		for len(got) < 2 {
			e, err := all.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range e.Members {
				got = append(got, fmt.Sprint(e.Type, " ", m.Name))
			}
		}
		if want := "[member-join n1 member-join n2]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
		_ = b.Shutdown()
		e, err := joins.Next(t.Context())
		if err != nil || e.Type != eventbus.MemberFailed || e.Members[0].Name != "n2" {
			t.Errorf("got %v, %v; want the failure of n2", e, err)
		}
		if _, err := joins.Next(canceled()); !errors.Is(err, context.Canceled) {
			t.Errorf("Next with a context that has ended: %v", err)
		}
		joins.Close()
		joins.Close()
		if _, err := joins.Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("Next after Close: %v", err)
		}
		_ = a.Shutdown()
		for err == nil {
			_, err = all.Next(t.Context())
		}
		if !errors.Is(err, ErrClosed) {
			t.Errorf("Next after Shutdown: %v", err)
		}
		if _, err := a.Subscribe(eventbus.Filter{}, 1, eventbus.DropOldest).Next(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("a subscription after Shutdown: %v", err)
		}
	})
}

func TestShutdownEndsEverythingInOrder(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(2)
		a := agents[0]
		waiting := a.Subscribe(eventbus.Filter{}, 1, eventbus.DropOldest)
		ended := make(chan error, 4)
		go func() {
			var err error
			for err == nil {
				_, err = waiting.Next(context.Background())
			}
			ended <- err
		}()
		w.isolate(9, true)
		go func() {
			_, err := a.Join(context.Background(), []string{addr(9).String()}, false)
			ended <- err
		}()
		idle := w.dial(w.endpoint(8), 1)
		w.pass(100 * time.Millisecond)

		go func() { ended <- a.Shutdown() }()
		if err := a.Shutdown(); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		select {
		case <-a.Done():
		default:
			t.Error("Done is open after Shutdown")
		}
		for range 3 {
			if err := <-ended; err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, membership.ErrStopped) {
				t.Errorf("ended with %v", err)
			}
		}
		if _, err := idle.Read(make([]byte, 1)); err == nil {
			t.Error("an open stream outlives the agent")
		}
		if got := a.View().State; got != membership.LifeShutdown {
			t.Errorf("state is %v", got)
		}
		if _, err := a.Join(t.Context(), []string{addr(2).String()}, false); !errors.Is(err, ErrClosed) {
			t.Errorf("Join after Shutdown: %v", err)
		}
		if got := a.Stats()["agent"]["name"]; got != "n1" {
			t.Errorf("stats after Shutdown: name is %q", got)
		}
		wantOrder(t, a.log, "[INFO] agent: requesting serf shutdown", "[WARN] serf: Shutdown without a Leave", "[INFO] agent: shutdown complete")
		if n := count(a.log, "shutdown complete"); n != 1 {
			t.Errorf("%d lines tell of the end", n)
		}
	})
}

func TestCommandsAreRefusedWhenFull(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		w.isolate(9, true)
		results := make(chan error, 2000)
		for range cap(results) {
			go func() {
				_, err := a.Join(context.Background(), []string{addr(9).String()}, false)
				results <- err
			}()
		}
		busy, tried := 0, 0
		for range cap(results) {
			var failed *JoinError
			switch err := <-results; {
			case errors.Is(err, ErrBusy), errors.Is(err, membership.ErrBusy):
				busy++
			case errors.As(err, &failed):
				tried++
			default:
				t.Fatalf("Join: %v", err)
			}
		}
		t.Logf("%d refused, %d tried", busy, tried)
		if busy == 0 || tried == 0 || a.Stats()["trouble"]["commands_refused"] == "" {
			t.Errorf("%d refused, %d tried, counted %q", busy, tried, a.Stats()["trouble"]["commands_refused"])
		}
		if err := a.Leave(canceled()); !errors.Is(err, context.Canceled) {
			t.Errorf("a command whose caller is gone: %v", err)
		}
		w.works(a, 2)
	})
}

func TestSlowSubscriberLosesAndHoldsNobodyUp(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		s := a.Subscribe(eventbus.Filter{}, 2, eventbus.DropOldest)
		w.pass(4 * time.Second)
		for i := 2; i <= 6; i++ {
			b := w.start(i)
			w.join(b, addr(1).String())
			w.pass(4 * time.Second)
		}
		if got := s.Dropped(); got != 4 {
			t.Errorf("%d events dropped, want 4 of 6", got)
		}
		e, err := s.Next(t.Context())
		if err != nil || e.Members[0].Name != "n5" {
			t.Errorf("got %v, %v; want the join of n5, the last but one", e, err)
		}
		w.works(a, 7)
	})
}

func TestIdleAgentWakesUpForDeadlinesOnly(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		var agents []*Agent
		for i := 1; i <= 3; i++ {
			agents = append(agents, w.start(i))
		}
		for _, a := range agents[1:] {
			w.join(a, addr(1).String())
		}
		w.pass(10 * time.Minute)
		before := agents[0].turns.Load()
		const seconds = 600
		w.pass(seconds * time.Second)
		perSecond := float64(agents[0].turns.Load()-before) / seconds
		t.Logf("%.2f turns per second", perSecond)
		// Per second: one probe begins and is acked (2-3 turns), one of others arrives (1), and now and then a reap,
		// a reconnect or a push/pull.
		if perSecond > 6 {
			t.Errorf("%.2f turns of the loop per second, want at most 6", perSecond)
		}
	})
}

func TestStatsHaveTheKnownGroups(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		stats := a.Stats()
		for group, keys := range map[string][]string{
			"agent":          {"name"},
			"runtime":        {"os", "arch", "version", "max_procs", "goroutines", "cpu_count"},
			"serf":           {"members", "failed", "left", "health_score", "member_time", "event_time", "query_time", "intent_queue", "event_queue", "query_queue", "encrypted"},
			"tags":           nil,
			"event_handlers": nil,
		} {
			if stats[group] == nil {
				t.Errorf("no group %q", group)
			}
			for _, k := range keys {
				if stats[group][k] == "" {
					t.Errorf("no %s.%s", group, k)
				}
			}
		}
		if stats["agent"]["name"] != "n1" || stats["serf"]["members"] != "1" || len(stats) != 5 {
			t.Errorf("got %v", stats)
		}
	})
}

func TestBadConfigurationIsRefusedWhole(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		e := w.endpoint(1)
		cfg := w.config(1)
		cfg.Transport = e
		cfg.Cluster.Swim.Name = ""
		cfg.PacketBytesMax = 1 << 20
		cfg.Envelope.Label = strings.Repeat("x", 300)
		_, err := Start(cfg)
		for _, part := range []string{"name is empty", "PacketBytesMax", "label too long"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("error does not speak of %q: %v", part, err)
			}
		}
		if _, err := w.net.Listen(addr(1)); err != nil {
			t.Errorf("the address is still in use: %v", err)
		}
	})
}

func TestPublicAddressWithoutKeyWarns(t *testing.T) {
	for address, want := range map[string]int{"10.0.0.1:1": 0, "127.0.0.1:1": 0, "8.8.8.8:1": 1, "[fd00::1]:1": 0, "[2600::1]:1": 1} {
		for key, want := range map[bool]int{true: 0, false: want} {
			log := journal.New(journal.Options{})
			keyring := ring(t, 'k')
			if !key {
				keyring = nil
			}
			bound := netip.MustParseAddrPort(address)
			warnPublic(log, bound, bound, keyring)
			if got := count(log, "[WARN] memberlist: Binding to public address without encryption!"); got != want {
				t.Errorf("%s, key %v: %d warnings, want %d", address, key, got, want)
			}
		}
	}
}
