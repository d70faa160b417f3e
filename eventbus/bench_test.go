package eventbus

import (
	"testing"
	"time"

	"serf/sim/proof"
)

// BenchmarkEvent is an event from end to end: made by one member, decoded, judged and told by another, which then gets
// three more copies of it.
func BenchmarkEvent(b *testing.B) {
	sender, receiver := newUser(b), newUser(b)
	payload := []byte("v1.2.3")
	b.ReportAllocs()
	for b.Loop() {
		message, _, err := sendEvent(sender, "deploy", payload, false)
		if err != nil {
			b.Fatal(err)
		}
		for copies := range 4 {
			if _, news, err := receiver.Receive(message); err != nil || news != (copies == 0) {
				b.Fatal(news, err)
			}
		}
	}
}

// BenchmarkEventDuplicate is what most received copies are.
func BenchmarkEventDuplicate(b *testing.B) {
	u := newUser(b)
	message, _, err := sendEvent(u, "deploy", []byte("v1.2.3"), false)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, news, err := u.Receive(message); news || err != nil {
			b.Fatal(news, err)
		}
	}
}

// BenchmarkReplay is what a push/pull carries of 512 remembered events.
func BenchmarkReplay(b *testing.B) {
	u := newUser(b)
	for range 512 {
		if _, _, err := sendEvent(u, "deploy", make([]byte, 100), false); err != nil {
			b.Fatal(err)
		}
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = u.AppendReplay(buf[:0])
	}
	b.ReportMetric(float64(len(buf)), "bytes")
}

// BenchmarkQuery10000 is the whole bookkeeping of a query that 10,000 members ack and respond to, each response twice as
// relays would have it.
func BenchmarkQuery10000(b *testing.B) {
	members, rng := cluster(10_000), random()
	q := newQueries(b)
	var ack, response []byte
	b.ReportAllocs()
	for b.Loop() {
		p := QueryParams{Name: "uptime", Ack: true}
		id, _, err := q.Start(start, &p, members, rng)
		if err != nil {
			b.Fatal(err)
		}
		told := 0
		for _, m := range members {
			a := ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte(m.Name), Flags: FlagAck}
			ack = AppendResponse(ack[:0], &a)
			a.Flags = 0
			response = AppendResponse(response[:0], &a)
			for _, message := range [][]byte{ack, response, response} {
				if err := q.HandleResponse(start, message); err != nil {
					b.Fatal(err)
				}
			}
			for _, ok := q.Next(); ok; _, ok = q.Next() {
				told++
			}
		}
		if told != 20_001 || q.Running() != 0 {
			b.Fatal(told, q.Running())
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/30_000, "ns/answer")
}

// BenchmarkQueryReceive is a query that a member hears for the first time and answers.
func BenchmarkQueryReceive(b *testing.B) {
	q := newQueries(b)
	m := received()
	m.Flags, m.Filters = FlagAck, [][]byte{AppendTagFilter(nil, "role", "^web")}
	tags := map[string]string{"role": "web"}
	now := start
	var message []byte
	b.ReportAllocs()
	for b.Loop() {
		m.LTime++
		now = now.Add(time.Millisecond)
		message = AppendQuery(message[:0], &m)
		r, err := q.Receive(now, message, tags)
		if err != nil || r.Ack.Message == nil {
			b.Fatal(r, err)
		}
		if _, err := q.Respond(now, r.Event.QueryID(), []byte("up")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRelays(b *testing.B) {
	members, rng := cluster(1000), random()
	r := Reply{To: addrOf(1), Node: "n00001", Relay: []byte("x"), Relays: 3}
	var buf []*Member
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendRelays(buf[:0], members, &r, "n00000", rng)
	}
}

// TestHotPathsDoNotAllocate: copies of what is known cost nothing but time.
func TestHotPathsDoNotAllocate(t *testing.T) {
	u := newUser(t)
	message, _, _ := sendEvent(u, "deploy", []byte("v1"), false)
	proof.Allocations(t, "duplicate event", 0, func() { u.Receive(message) })
	q := newQueries(t)
	m := received()
	m.Filters = nil
	query := AppendQuery(nil, &m)
	hear(t, q, m)
	proof.Allocations(t, "duplicate query", 0, func() { q.Receive(start, query, nil) })
	id, _ := ask(t, q, QueryParams{Name: "x", Ack: true}, cluster(100))
	ack := AppendResponse(nil, &ResponseMessage{LTime: id.LTime, ID: id.ID, From: []byte("n00050"), Flags: FlagAck})
	proof.Allocations(t, "ack", 0, func() {
		q.running[id].marks[50] &^= markAcked
		q.HandleResponse(start, ack)
		q.Next()
		q.Next()
	})
}
