package sim

import (
	"serf/broadcast"
	"serf/swim"
)

// mail is a packet on its way in a world without envelopes. Its memory, and what delivers it, are used again.
type mail struct {
	from, to *host
	key      []byte // with which it would be encrypted
	batch    broadcast.Batch
	copies   int // on their way, or waiting at a busy host
	deliver  func()
	read     func()
}

// mails are those that are not on their way.
type mails struct{ free []*mail }

// post returns what delivers a copy of the packet e, to be called as often as there are copies of it.
func (p *mails) post(from, to *host, e *swim.Effect, copies int) (deliver func()) {
	m := p.take()
	m.from, m.to, m.key, m.copies = from, to, from.primary(), copies
	m.batch.Body = append(m.batch.Body[:0], e.Batch.Body...)
	m.batch.Sizes = append(m.batch.Sizes[:0], e.Batch.Sizes...)
	return m.deliver
}

func (p *mails) take() *mail {
	if n := len(p.free); n > 0 {
		m := p.free[n-1]
		p.free = p.free[:n-1]
		return m
	}
	m := new(mail)
	m.deliver = func() {
		if m.to.cluster == nil || !m.to.arrive(m.read) {
			p.done(m)
		}
	}
	m.read = func() {
		if m.to.opens(m.key) {
			for message := range m.batch.All {
				m.to.receive(m.from.addr, message)
			}
		} else {
			m.to.world.counts.Unreadable++
		}
		p.done(m)
	}
	return m
}

// done takes back a copy of m. One that waited at a host which went down is not taken back, and left to the collector.
func (p *mails) done(m *mail) {
	if m.copies--; m.copies == 0 {
		m.key = nil
		p.free = append(p.free, m)
	}
}
