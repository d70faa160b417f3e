package agent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// snapshotted makes the i-th member's snapshot lie in dir.
func snapshotted(dir string) func(*Config) {
	return func(c *Config) { c.SnapshotPath = filepath.Join(dir, c.Cluster.Swim.Name) }
}

func TestRestartedMemberRejoinsFromItsSnapshot(t *testing.T) {
	dir := t.TempDir()
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3, snapshotted(dir))
		if err := agents[0].UserEvent(t.Context(), "before", nil, false); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		_ = agents[2].Shutdown()
		w.until("n3 is seen as failed", time.Minute, func() bool { return status(agents[0], "n3") == eventbus.StatusFailed })

		again := w.start(3, snapshotted(dir))
		got := gather(again, eventbus.Only(eventbus.User), nil)
		w.until("n3 is back", 5*time.Second, func() bool {
			return status(agents[0], "n3") == eventbus.StatusAlive && len(again.Members()) == 3
		})
		w.wantLine(again, "[INFO] serf: Attempting re-join to previously known node: n1: 10.0.0.1:7946")
		w.wantLine(again, "[INFO] serf: Attempting re-join to previously known node: n2: 10.0.0.2:7946")
		if n := count(again.log, "[INFO] serf: Re-joined to previously known node: n"); n == 0 {
			t.Errorf("no line about its success in\n%s", strings.Join(lines(again.log), "\n"))
		}
		if err := agents[0].UserEvent(t.Context(), "after", nil, false); err != nil {
			t.Fatal(err)
		}
		w.pass(40 * time.Second)
		events := got.all()
		if len(events) != 1 || events[0].Name != "after" {
			t.Errorf("n3 got %v after its restart, want the new event only", events)
		}
	})
}

func TestMemberThatLeftDoesNotRejoinUnlessTold(t *testing.T) {
	for _, rejoin := range []bool{false, true} {
		dir := t.TempDir()
		in(t, func(t *testing.T, w *world) {
			with := func(c *Config) {
				snapshotted(dir)(c)
				c.RejoinAfterLeave = rejoin
			}
			agents := w.cluster(2, with)
			w.pass(5 * time.Second)
			if err := agents[1].Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
			_ = agents[1].Shutdown()
			content, err := os.ReadFile(filepath.Join(dir, "n2"))
			if err != nil || !strings.Contains(string(content), "\nleave\n") {
				t.Errorf("snapshot after the leave: %q, %v", content, err)
			}
			again := w.start(2, with)
			w.pass(10 * time.Second)
			want := 1
			if rejoin {
				want = 2
				w.wantLine(again, "[INFO] serf: Ignoring previous leave in snapshot")
			}
			if got := len(again.Members()); got != want {
				t.Errorf("rejoin %v: %d members after the restart, want %d", rejoin, got, want)
			}
		})
	}
}

func TestSnapshotThatCannotBeOpenedKeepsTheAgentFromStarting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "snapshot")
	in(t, func(t *testing.T, w *world) {
		cfg := w.config(1)
		cfg.SnapshotPath, cfg.Transport = path, w.endpoint(1)
		_, err := Start(cfg)
		want := "Failed to setup snapshot: failed to open snapshot: open " + path + ": "
		if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Start: %v, want %q", err, want)
		}
	})
}

// Whoever has recorded a packet can send it again when nobody remembers its nonce any more.
func TestRecordedEventsAreNotToldAgainWhenAWholeClusterRestarts(t *testing.T) {
	dir := t.TempDir()
	in(t, func(t *testing.T, w *world) {
		keyed := func(c *Config) { c.Keyring = ring(t, 'a') }
		agents := w.cluster(3, snapshotted(dir), keyed)
		got := gather(agents[2], eventbus.Only(eventbus.User), nil)
		user := eventbus.AppendUser([]byte{byte(swim.TypeUser)}, &eventbus.UserMessage{LTime: 7, Name: []byte("recorded")})
		packet, err := newSealer(agents[0].envelope).SealPacket(nil, agents[0].Keyring(), user, []uint16{uint16(len(user))}, false)
		if err != nil {
			t.Fatal(err)
		}
		stranger := w.endpoint(9)
		w.packet(stranger, 1, packet)
		w.until("all have heard the event", time.Minute, func() bool { return len(got.all()) == 1 })
		w.pass(5 * time.Second)

		var heard []*collect
		for _, a := range agents {
			_ = a.Shutdown()
		}
		for i := range agents {
			agents[i] = w.start(i+1, snapshotted(dir), keyed)
			heard = append(heard, gather(agents[i], eventbus.Only(eventbus.User), nil))
			w.packet(stranger, i+1, packet)
		}
		w.until("all are back", time.Minute, func() bool { return len(agents[0].Members()) == 3 && len(agents[2].Members()) == 3 })
		w.pass(30 * time.Second)
		if err := agents[0].UserEvent(t.Context(), "new", nil, false); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		for i, h := range heard {
			if events := h.all(); len(events) != 1 || events[0].Name != "new" {
				t.Errorf("%s heard %v, want the new event only", agents[i].Name(), events)
			}
		}
	})
}
