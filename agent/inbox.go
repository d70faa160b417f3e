package agent

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// inboxMessagesMax is how many received messages wait for the loop: the reference keeps as many in each of its hand-off queues.
	inboxMessagesMax = 2048
	// inboxBytesMax bounds their bytes.
	inboxBytesMax = 2 << 20
	// inboxKeepBytes is how much memory an emptied buffer keeps; what a burst needed beyond it is given back.
	inboxKeepBytes = 128 << 10
)

// letter is one message of a packet.
type letter struct {
	from netip.AddrPort
	at   time.Time
	end  int // in mail.body; it begins where the one before it ends
}

// mail is a list of messages together with their bytes.
type mail struct {
	letters []letter
	body    []byte
}

// inbox is where the reader of packets leaves opened messages for the loop. It has two buffers: one fills while the loop works
// on the other. A full inbox refuses; it never makes the reader wait.
type inbox struct {
	ready chan struct{} // holds one token while there is mail

	mu      sync.Mutex
	filling mail
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// put copies message into the inbox and says whether there was room.
func (in *inbox) put(from netip.AddrPort, at time.Time, message []byte) bool {
	in.mu.Lock()
	m := &in.filling
	if len(m.letters) >= inboxMessagesMax || len(m.body)+len(message) > inboxBytesMax {
		in.mu.Unlock()
		return false
	}
	m.body = append(m.body, message...)
	m.letters = append(m.letters, letter{from: from, at: at, end: len(m.body)})
	in.mu.Unlock()
	return true
}

// announce wakes the loop. The reader calls it once per batch.
func (in *inbox) announce() {
	select {
	case in.ready <- struct{}{}:
	default:
	}
}

// swap takes what has come and leaves used, emptied, to be filled next.
func (in *inbox) swap(used mail) mail {
	if cap(used.body) > inboxKeepBytes {
		used = mail{}
	}
	used.letters, used.body = used.letters[:0], used.body[:0]
	in.mu.Lock()
	defer in.mu.Unlock()
	full := in.filling
	in.filling = used
	return full
}
