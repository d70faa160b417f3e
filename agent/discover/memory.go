package discover

import "net/netip"

const (
	// rememberedMax is how many addresses are remembered; beyond it the one not heard of for longest is forgotten.
	rememberedMax = 1024
	// forgetAfter is after how many polls without an answer an address is forgotten.
	forgetAfter = 32
	// retryAfterMax is the longest time between tries of one address, in polls.
	retryAfterMax = 16
)

// memory knows which addresses were tried and when to try them again. Time is counted in polls. The zero memory is ready for
// use; it is not safe for concurrent use.
type memory struct {
	now     uint64
	entries map[netip.AddrPort]tried
}

// tried is what is known about one address.
type tried struct {
	heard    uint64 // the poll of its last answer
	next     uint64 // the poll in which it may be tried again
	failures uint   // tries that failed, since the last that did not
}

// tick begins a poll.
func (m *memory) tick() {
	m.now++
	for addr, t := range m.entries {
		if m.now-t.heard > forgetAfter {
			delete(m.entries, addr)
		}
	}
}

// due notes that addr has answered and says whether it is to be tried. After a yes, and until settle, it is not due again.
func (m *memory) due(addr netip.AddrPort) bool {
	t, known := m.entries[addr]
	if !known && len(m.entries) >= rememberedMax {
		m.evict()
	}
	if m.entries == nil {
		m.entries = make(map[netip.AddrPort]tried)
	}
	due := t.next <= m.now
	t.heard = m.now
	if due {
		t.next = m.now + 1
	}
	m.entries[addr] = t
	return due
}

// settle notes how a try ended. One that is reached but does not become a member under this address is also tried again,
// seldom.
func (m *memory) settle(addr netip.AddrPort, reached bool) {
	t, known := m.entries[addr]
	if !known {
		return
	}
	wait := uint64(retryAfterMax)
	if reached {
		t.failures = 0
	} else {
		wait = min(uint64(1)<<min(t.failures, 16), retryAfterMax)
		t.failures++
	}
	t.next = m.now + wait
	m.entries[addr] = t
}

// evict forgets the address that was not heard of for longest.
func (m *memory) evict() {
	var oldest netip.AddrPort
	for addr, t := range m.entries {
		if old, ok := m.entries[oldest]; !ok || t.heard < old.heard {
			oldest = addr
		}
	}
	delete(m.entries, oldest)
}
