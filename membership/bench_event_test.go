package membership

import (
	"math/rand/v2"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
)

// pair is two members that know each other, without a network.
type pair struct {
	b     *testing.B
	now   time.Time
	each  [2]*Cluster
	heard [2]int
}

func newPair(b *testing.B) *pair {
	p := &pair{b: b, now: start}
	for i := range p.each {
		cfg := DefaultLAN()
		cfg.Swim.Name, cfg.Swim.Advertise, cfg.UserCoalescePeriod = string(rune('a'+i)), newAddr(byte(i+1)), 0
		cfg.Swim.ProbeInterval, cfg.Swim.PushPullInterval = 0, 0
		c, err := New(cfg, p.now, rand.New(rand.NewPCG(1, uint64(i))))
		if err != nil {
			b.Fatal(err)
		}
		p.each[i] = c
	}
	if err := p.each[0].Join(p.now, 1, []Target{{Addr: newAddr(2)}}, false); err != nil {
		b.Fatal(err)
	}
	for range 20 {
		p.pass(time.Second)
	}
	return p
}

// pass lets d pass and carries whatever the members want to each other.
func (p *pair) pass(d time.Duration) {
	p.now = p.now.Add(d)
	for range 8 { // there and back, several times
		for i, c := range p.each {
			if due, _ := c.NextDeadline(); !due.IsZero() && !due.After(p.now) {
				c.HandleDeadline(p.now)
			}
			for e, ok := c.NextEffect(); ok; e, ok = c.NextEffect() {
				p.carry(i, &e)
			}
		}
	}
}

func (p *pair) carry(from int, e *Effect) {
	to, err := p.each[1-from], error(nil)
	switch {
	case e.Kind == EffectEvent && e.Event.Type == eventbus.User:
		p.heard[from]++
	case e.Kind != EffectWire:
	case e.Wire.Kind == swim.EffectPacket:
		for m := range e.Wire.Batch.All {
			if err = to.HandlePacket(p.now, newAddr(byte(from+1)), m); err != nil {
				break
			}
		}
	case e.Wire.Kind == swim.EffectDial:
		err = to.HandleState(p.now, swim.Accepted(uint64(e.Wire.Exchange)), e.Wire.State)
	case e.Wire.Kind == swim.EffectReply:
		err = to.HandleState(p.now, e.Wire.Exchange>>1, e.Wire.State)
	}
	if err != nil {
		p.b.Fatal(err)
	}
}

// BenchmarkUserEventEndToEnd is an event's whole way in memory: sent by one member, gossiped, told by the other and
// gossiped on, until both have sent it often enough.
func BenchmarkUserEventEndToEnd(b *testing.B) {
	p := newPair(b)
	payload := make([]byte, 100)
	sent := 0
	b.ReportAllocs()
	for b.Loop() {
		if err := p.each[0].UserEvent(p.now, "deploy", payload, false); err != nil {
			b.Fatal(err)
		}
		sent++
		for range 16 {
			p.pass(200 * time.Millisecond)
		}
	}
	if p.heard != [2]int{sent, sent} {
		b.Fatalf("heard %v of %d", p.heard, sent)
	}
}
