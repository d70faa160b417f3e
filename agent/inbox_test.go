package agent

import (
	"net/netip"
	"testing"
	"time"
)

func TestInboxKeepsOrderAndBounds(t *testing.T) {
	in := newInbox()
	from := netip.MustParseAddrPort("10.0.0.1:7946")
	put := 0
	for in.put(from, time.Unix(int64(put), 0), []byte{byte(put), byte(put >> 8)}) {
		put++
	}
	if put != inboxMessagesMax {
		t.Errorf("%d messages fit, want %d", put, inboxMessagesMax)
	}
	in.announce()
	in.announce() // does not wait
	<-in.ready
	m := in.swap(mail{})
	start := 0
	for i, l := range m.letters {
		b := m.body[start:l.end]
		start = l.end
		if int(b[0])|int(b[1])<<8 != i || l.at.Unix() != int64(i) || l.from != from {
			t.Fatalf("letter %d is %v from %v at %v", i, b, l.from, l.at)
		}
	}
	if len(m.letters) != put || start != len(m.body) {
		t.Errorf("%d letters and %d bytes, want %d and %d", len(m.letters), start, put, len(m.body))
	}
	if !in.put(from, time.Time{}, []byte{1}) {
		t.Error("an emptied inbox refuses")
	}
}

func TestInboxBoundsBytesAndForgetsBursts(t *testing.T) {
	in := newInbox()
	large := make([]byte, 60<<10)
	n := 0
	for in.put(netip.AddrPort{}, time.Time{}, large) {
		n++
	}
	if n*len(large) > inboxBytesMax || (n+1)*len(large) <= inboxBytesMax {
		t.Errorf("%d messages of %d bytes fit into %d", n, len(large), inboxBytesMax)
	}
	burst := in.swap(mail{})
	in.swap(burst)
	if got := cap(in.filling.body); got > inboxKeepBytes {
		t.Errorf("%d bytes are kept after a burst, want at most %d", got, inboxKeepBytes)
	}
}

func TestInboxReusesItsBuffers(t *testing.T) {
	in := newInbox()
	message := make([]byte, 100)
	var m mail
	round := func() {
		for range 10 {
			in.put(netip.AddrPort{}, time.Time{}, message)
		}
		m = in.swap(m)
	}
	round()
	round()
	if got := testing.AllocsPerRun(100, round); got != 0 {
		t.Errorf("%v allocations per round, want 0", got)
	}
}
