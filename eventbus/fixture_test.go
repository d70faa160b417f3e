package eventbus

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"
)

var errNotOurs = errors.New("not a message of this package")

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// addrOf is where the member with that number is.
func addrOf(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 7946)
}

// cluster returns n living members called n00000, n00001, …
func cluster(n int) []*Member {
	members := make([]*Member, n)
	for i := range members {
		members[i] = &Member{
			Name: fmt.Sprintf("n%05d", i), Addr: addrOf(i), Status: StatusAlive, Versions: Versions{1, 5, 2, 2, 5, 5},
			Tags: map[string]string{"role": []string{"web", "db"}[i%2]},
		}
	}
	return members
}

func newUser(t testing.TB, change ...func(*UserConfig)) *UserEvents {
	t.Helper()
	cfg := DefaultUser()
	for _, f := range change {
		f(&cfg)
	}
	u, err := NewUserEvents(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// newQueries returns those of the member n00000 of a cluster.
func newQueries(t testing.TB, change ...func(*QueryConfig)) *Queries {
	t.Helper()
	cfg := DefaultQuery()
	cfg.Name, cfg.Source = "n00000", addrOf(0)
	for _, f := range change {
		f(&cfg)
	}
	q, err := NewQueries(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// ask starts a query and returns its ID and a copy of its message.
func ask(t testing.TB, q *Queries, p QueryParams, members []*Member) (QueryID, []byte) {
	t.Helper()
	id, b, err := q.Start(start, &p, members, random())
	if err != nil {
		t.Fatal(err)
	}
	return id, slices.Clone(b)
}

// reply gives q an answer of the member called from: an ack, or a response with that payload.
func answer(t testing.TB, q *Queries, at time.Duration, id QueryID, from string, payload []byte) {
	t.Helper()
	m := ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte(from), Payload: payload}
	if payload == nil {
		m.Flags = FlagAck
	}
	if err := q.HandleResponse(start.Add(at), AppendResponse(nil, &m)); err != nil {
		t.Fatal(err)
	}
}

// updates returns what q has to tell as texts: "ack a", "a: payload", "end complete 1/2 acks=…".
func updates(q *Queries) []string {
	var told []string
	for u, ok := q.Next(); ok; u, ok = q.Next() {
		switch u.Kind {
		case UpdateAck:
			told = append(told, "ack "+u.From)
		case UpdateResponse:
			told = append(told, u.From+": "+string(u.Payload))
		case UpdateEnd:
			why := map[EndReason]string{EndComplete: "complete", EndTimeout: "timeout", EndCancelled: "cancelled"}[u.End.Why]
			told = append(told, fmt.Sprintf("end %s expected=%d acks=%d responses=%d", why, u.End.Expected, u.End.Acks, u.End.Responses))
		}
	}
	return told
}

func wantUpdates(t *testing.T, q *Queries, want ...string) {
	t.Helper()
	if got := updates(q); !slices.Equal(got, want) {
		t.Errorf("updates:\ngot  %q\nwant %q", got, want)
	}
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

// sendEvent makes an own event at once.
func sendEvent(u *UserEvents, name string, payload []byte, coalesce bool) ([]byte, Event, error) {
	d := Draft{Name: name, Payload: payload, Coalesce: coalesce}
	if err := u.Check(d); err != nil {
		return nil, Event{}, err
	}
	return u.Send(d)
}
