package agent

import (
	"errors"
	"testing"
	"time"

	"serf/eventbus"
)

func TestMemberThatLosesItsNameEndsAndSaysWhy(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(4)
		claimant := w.start(5, func(c *Config) { c.Cluster.Swim.Name = "n2" })
		_, _ = claimant.Join(t.Context(), []string{addr(1).String()}, false)
		w.until("the claimant ends", time.Minute, func() bool { return isDone(claimant) })
		if err := claimant.Err(); !errors.Is(err, ErrNameConflict) {
			t.Errorf("Err: %v, want %v", err, ErrNameConflict)
		}
		if n := count(claimant.log, "[WARN] serf: minority in name conflict resolution, quiting [0 / "); n != 1 {
			t.Errorf("%d lines about the verdict, want 1", n)
		}
		if isDone(agents[1]) || agents[1].Err() != nil {
			t.Errorf("the member that had the name first ended: %v", agents[1].Err())
		}
		if got := agents[0].Stats()["trouble"]["name_conflicts"]; got == "" {
			t.Errorf("no name conflict among the trouble: %v", agents[0].Stats()["trouble"])
		}
		w.pass(30 * time.Second)
		if got := status(agents[0], "n2"); got != eventbus.StatusAlive {
			t.Errorf("n2 is %v", got)
		}
	})
}

func TestShutdownIsNoError(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		a := w.start(1)
		_ = a.Shutdown()
		if err := a.Err(); err != nil || !isDone(a) {
			t.Errorf("Err after Shutdown: %v, done %v", err, isDone(a))
		}
	})
}

func TestCoordinatesAreKnownOfWhoWasProbed(t *testing.T) {
	in(t, func(t *testing.T, w *world) {
		agents := w.cluster(3)
		w.pass(time.Minute)
		own, ok := agents[0].Coordinate("n1")
		if !ok {
			t.Fatal("the own coordinate is not known")
		}
		other, ok := agents[0].Coordinate("n2")
		if !ok {
			t.Fatal("the coordinate of n2 is not known")
		}
		// Each way takes 1 ms.
		if rtt := own.DistanceTo(&other); rtt < time.Millisecond || rtt > 4*time.Millisecond {
			t.Errorf("the round trip is estimated at %v, want about 2ms", rtt)
		}
		if _, ok := agents[0].Coordinate("nobody"); ok {
			t.Error("the coordinate of an unknown member is known")
		}
		_ = agents[0].Shutdown()
		if _, ok := agents[0].Coordinate("n1"); ok {
			t.Error("a coordinate after the end")
		}
	})
}

// isDone reports whether a has ended.
func isDone(a *Agent) bool {
	select {
	case <-a.Done():
		return true
	default:
		return false
	}
}
