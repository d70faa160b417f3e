package membership

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// gossiped is a user event as it comes in a packet.
func gossiped(ltime uint64, name string) []byte {
	m := eventbus.UserMessage{LTime: ltime, Name: []byte(name)}
	return eventbus.AppendUser([]byte{byte(swim.TypeUser)}, &m)
}

// receive gives the host a packet of another one.
func (h *host) receive(from *host, message []byte) {
	h.w.t.Helper()
	h.do(func(c *Cluster, now time.Time) error { return c.HandlePacket(now, from.addr, message) })
}

// A restarted member gets gossip before it has joined. In the reference it then tells whatever is in it: packets recorded
// long ago, sent once more, run their handlers again.
func TestRestartedMemberTellsNoEventBeforeItKnowsTheClocks(t *testing.T) {
	w := newWorld(t, 81, 3)
	w.together()
	w.hosts[0].receive(w.hosts[1], gossiped(5000, "recent"))
	w.run(5 * time.Second)
	h := w.hosts[2]
	h.crash()
	h.heard = nil
	h.start()
	h.receive(w.hosts[0], gossiped(7, "recorded"))
	h.receive(w.hosts[0], gossiped(4999, "news"))
	if len(h.heard) != 0 {
		t.Errorf("heard %v before the first push/pull", h.heard)
	}
	h.join(w.hosts[0])
	w.run(time.Second)
	slices.Sort(h.heard)
	if want := []string{"news=", "recent="}; !slices.Equal(h.heard, want) {
		t.Errorf("heard %v, want %v", h.heard, want)
	}
	if s := h.Stats(); s.Held != 2 || s.Events.Old != 1 {
		t.Errorf("held %d, too old %d, want 2 and 1", s.Held, s.Events.Old)
	}
	h.receive(w.hosts[0], gossiped(5001, "later"))
	if !slices.Contains(h.heard, "later=") {
		t.Errorf("heard %v, want the later event at once", h.heard)
	}
}

func TestEventsAreHeldForABoundedTimeAndNumber(t *testing.T) {
	w := newWorld(t, 82, 2)
	h := w.hosts[0]
	for i := range heldMax + 3 {
		h.receive(w.hosts[1], gossiped(uint64(i+1), fmt.Sprint("e", i)))
	}
	w.run(h.cfg.EventHold - time.Millisecond)
	if len(h.heard) != 0 {
		t.Fatalf("heard %d events although nothing is known of the cluster yet", len(h.heard))
	}
	w.run(time.Millisecond)
	if len(h.heard) != heldMax || h.heard[0] != "e0=" {
		t.Errorf("heard %d events, want %d", len(h.heard), heldMax)
	}
	if s := h.Stats(); s.Held != heldMax || s.HeldDropped != 3 {
		t.Errorf("held %d, dropped %d, want %d and 3", s.Held, s.HeldDropped, heldMax)
	}
	if h.nextRelease() != never {
		t.Error("a timer runs for nothing")
	}
}

func TestOwnEventsOfALoneMemberAreNotHeld(t *testing.T) {
	w := newWorld(t, 83, 1)
	w.hosts[0].event("own", "1")
	if want := []string{"own=1"}; !slices.Equal(w.hosts[0].heard, want) {
		t.Errorf("heard %v, want %v", w.hosts[0].heard, want)
	}
}

func TestQueriesAreHeldToo(t *testing.T) {
	w := newWorld(t, 84, 2)
	ask := func(ltime uint64, name string, timeout time.Duration) []byte {
		source := w.hosts[0].addr
		return eventbus.AppendQuery([]byte{byte(swim.TypeUser)}, &eventbus.QueryMessage{
			LTime: ltime, ID: 1, Addr: source.Addr().AsSlice(), Port: source.Port(), SourceNode: []byte("n0"),
			Timeout: timeout, Name: []byte(name),
		})
	}
	h := w.hosts[1]
	h.receive(w.hosts[0], ask(3, "short", time.Second))
	h.receive(w.hosts[0], ask(4, "long", time.Minute))
	w.run(2 * time.Second)
	if len(h.heard) != 0 {
		t.Fatalf("heard %v before the first push/pull", h.heard)
	}
	asked := w.now.Add(-2 * time.Second)
	h.join(w.hosts[0])
	if want := []string{"long?"}; !slices.Equal(h.heard, want) {
		t.Fatalf("heard %v, want %v: nobody waits for the other one", h.heard, want)
	}
	if got := h.queries[0].Deadline.Sub(asked); got != time.Minute {
		t.Errorf("the answer is due %v after the query, want a minute", got)
	}
	if got := h.Stats().HeldExpired; got != 1 {
		t.Errorf("HeldExpired %d, want 1", got)
	}
}
