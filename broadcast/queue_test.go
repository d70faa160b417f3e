package broadcast

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestSelectionMatchesTheReference replays executed cases of the reference's queue.
func TestSelectionMatchesTheReference(t *testing.T) {
	var cases []struct {
		Name           string
		NumNodes       int `json:"num_nodes"`
		RetransmitMult int `json:"retransmit_mult"`
		Enqueue        []struct {
			ID, Name string
			Size     int
		}
		Calls []struct {
			Limit, Overhead int
			QueuedAfter     int `json:"queued_after"`
			Returned        []string
		}
	}
	readVectors(t, "queue.json", &cases)
	if len(cases) == 0 {
		t.Fatal("no vectors")
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			q := New(Config{RetransmitMult: c.RetransmitMult})
			for _, e := range c.Enqueue {
				push(t, q, e.Name, labelled(e.ID, e.Size), false)
			}
			for i, call := range c.Calls {
				var b Batch
				q.Take(&b, call.Overhead, call.Limit, c.NumNodes)
				if got := labels(&b); !slices.Equal(got, call.Returned) {
					t.Errorf("call %d: got %q, want %q", i, got, call.Returned)
				}
				if got := q.Len(); got != call.QueuedAfter {
					t.Errorf("call %d: got %d queued, want %d", i, got, call.QueuedAfter)
				}
			}
		})
	}
}

func TestTakeReturnsTheBytesUsed(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	push(t, q, "", make([]byte, 10), false)
	push(t, q, "", make([]byte, 20), false)
	var b Batch
	if got, want := q.Take(&b, 2, 1000, 1), 34; got != want {
		t.Errorf("got %d bytes used, want %d", got, want)
	}
	if got, want := len(b.Body), 30; got != want {
		t.Errorf("got a body of %d bytes, want %d", got, want)
	}
}

func TestTakeAppendsBehindWhatTheBatchHolds(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	push(t, q, "", []byte("second"), false)
	var b Batch
	if err := b.Append([]byte("first")); err != nil {
		t.Fatal(err)
	}
	q.Take(&b, 2, 100, 1)
	if got, want := labels(&b), []string{"first", "second"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTakeStopsWhenTheBatchIsFull(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	for range 300 {
		push(t, q, "", []byte{1}, false)
	}
	var b Batch
	q.Take(&b, 2, 10000, 1)
	if got, want := b.Len(), BatchLenMax; got != want {
		t.Errorf("got %d messages, want %d", got, want)
	}
	if got, want := q.Len(), 300-BatchLenMax; got != want {
		t.Errorf("got %d still queued, want %d", got, want)
	}
}

func TestOversizedMessageIsRefusedWithTheLimit(t *testing.T) {
	q := New(Config{MessageBytesMax: 100})
	id, err := q.Push("a", make([]byte, 101), true)
	if !errors.Is(err, ErrTooLarge) || !strings.Contains(err.Error(), "101 > 100 bytes") {
		t.Errorf("got error %v, want ErrTooLarge naming the limit", err)
	}
	if id != 0 || q.Len() != 0 || q.Stats() != (Stats{Refused: 1}) {
		t.Errorf("got id %d, %d queued, %+v; want nothing but the counter", id, q.Len(), q.Stats())
	}
	if _, err := q.Push("a", make([]byte, 100), true); err != nil {
		t.Errorf("got %v for a message at the limit", err)
	}
}

func TestOversizedMessageLeavesItsNamesakeQueued(t *testing.T) {
	q := New(Config{MessageBytesMax: 10})
	push(t, q, "a", []byte("old"), false)
	if _, err := q.Push("a", make([]byte, 11), false); err == nil {
		t.Fatal("got no error")
	}
	var b Batch
	q.Take(&b, 0, 100, 1)
	if got, want := labels(&b), []string{"old"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPushCopiesTheMessage(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	message := []byte("hello")
	push(t, q, "", message, false)
	message[0] = 'j'
	var b Batch
	q.Take(&b, 0, 100, 1)
	if got, want := string(b.Body), "hello"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReplacedMessageStartsAgain(t *testing.T) {
	q := New(Config{RetransmitMult: 2})
	push(t, q, "a", []byte("old"), false)
	take(q, 9)
	push(t, q, "a", []byte("new"), false)
	for i, want := range []int{1, 0} {
		take(q, 9)
		if got := q.Len(); got != want {
			t.Errorf("take %d: got %d queued, want %d", i, got, want)
		}
	}
}

func TestEmptyNameIsNobodys(t *testing.T) {
	q := New(Config{})
	push(t, q, "", []byte("a"), false)
	push(t, q, "", []byte("b"), false)
	if got, want := q.Len(), 2; got != want {
		t.Errorf("got %d queued, want %d", got, want)
	}
}

func TestFullQueueDropsTheLastInOrder(t *testing.T) {
	q := New(Config{RetransmitMult: 4, LenMax: 2})
	push(t, q, "", []byte("longest"), false)
	push(t, q, "", []byte("longer"), true)
	push(t, q, "", []byte("new"), false)
	var b Batch
	q.Take(&b, 0, 100, 9)
	if got, want := labels(&b), []string{"longest", "new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := q.Stats().Dropped, uint64(1); got != want {
		t.Errorf("got %d dropped, want %d", got, want)
	}
	wantFinished(t, q, Finished{2, Dropped})
}

func TestFullQueueReplacesByNameWithoutDropping(t *testing.T) {
	q := New(Config{LenMax: 2})
	push(t, q, "a", []byte("a"), false)
	push(t, q, "b", []byte("b"), false)
	push(t, q, "a", []byte("aa"), false)
	if got := q.Stats(); got.Dropped != 0 || got.Replaced != 1 || q.Len() != 2 {
		t.Errorf("got %+v with %d queued, want one replaced and none dropped of 2", got, q.Len())
	}
}

func TestPruneDropsFromTheEnd(t *testing.T) {
	q := New(Config{RetransmitMult: 4})
	push(t, q, "", []byte("sent before"), true)
	take(q, 9)
	push(t, q, "", []byte("long"), false)
	push(t, q, "", []byte("old"), true)
	push(t, q, "", []byte("new"), false)
	q.Prune(2)
	var b Batch
	q.Take(&b, 0, 100, 9)
	if got, want := labels(&b), []string{"long", "new"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	wantFinished(t, q, Finished{1, Dropped}, Finished{3, Dropped})
	q.Prune(-1)
	if got, want := q.Len(), 0; got != want {
		t.Errorf("got %d queued, want %d", got, want)
	}
	if got, want := q.Stats().Pruned, uint64(4); got != want {
		t.Errorf("got %d pruned, want %d", got, want)
	}
}

func TestPruneOfAnUnusedQueueDoesNothing(t *testing.T) {
	q := New(Config{})
	q.Prune(0)
	if got, want := q.Stats(), (Stats{}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestNotifyTellsWhatBecameOfAMessage(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	sent := push(t, q, "a", []byte("sent"), true)
	push(t, q, "b", []byte("silent"), false)
	take(q, 1)
	replaced := push(t, q, "c", []byte("replaced"), true)
	push(t, q, "c", []byte("silent"), false)
	wantFinished(t, q, Finished{sent, Sent}, Finished{replaced, Replaced})
	wantFinished(t, q)
}

func TestUntakenNotificationsAreBounded(t *testing.T) {
	q := New(Config{RetransmitMult: 1, LenMax: 4})
	var last ID
	for range 100 {
		last = push(t, q, "", []byte("x"), true)
		take(q, 1)
	}
	wantFinished(t, q, Finished{last - 3, Sent}, Finished{last - 2, Sent}, Finished{last - 1, Sent}, Finished{last, Sent})
	if got, want := q.Stats().FinishedLost, uint64(96); got != want {
		t.Errorf("got %d lost, want %d", got, want)
	}
	if got, want := cap(q.finished), 16; got > want {
		t.Errorf("got room for %d notifications, want at most %d", got, want)
	}
}

func TestBurstGivesItsMemoryBack(t *testing.T) {
	q := New(Config{RetransmitMult: 1})
	for i := range 3000 {
		push(t, q, strings.Repeat("n", i%7)+string(rune(i)), bytes.Repeat([]byte{1}, 100), false)
	}
	for q.Len() > 0 {
		take(q, 1)
	}
	if got, want := cap(q.tree.entries), 1; got != want {
		t.Errorf("got room for %d entries, want %d", got, want)
	}
	push(t, q, "again", []byte("x"), false)
	if got, want := q.Len(), 1; got != want {
		t.Errorf("got %d queued, want %d", got, want)
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	q := New(Config{RetransmitMult: 4})
	message := make([]byte, 120)
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"}
	var b Batch
	round := func() {
		for _, name := range names {
			if _, err := q.Push(name, message, true); err != nil {
				t.Fatal(err)
			}
		}
		for q.Len() > 0 {
			b.Reset()
			q.Take(&b, 2, 1398, 50)
		}
		for {
			if _, ok := q.NextFinished(); !ok {
				break
			}
		}
	}
	round()
	if got := testing.AllocsPerRun(100, round); got != 0 {
		t.Errorf("got %v allocations per round, want 0", got)
	}
}

func push(t *testing.T, q *Queue, name string, message []byte, notify bool) ID {
	t.Helper()
	id, err := q.Push(name, message, notify)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// take fills one packet of 1400 bytes and throws it away.
func take(q *Queue, members int) {
	var b Batch
	q.Take(&b, 2, 1400, members)
}

func wantFinished(t *testing.T, q *Queue, want ...Finished) {
	t.Helper()
	var got []Finished
	for f, ok := q.NextFinished(); ok; f, ok = q.NextFinished() {
		got = append(got, f)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got finished %v, want %v", got, want)
	}
}

// labelled returns a message of size bytes that begins with label.
func labelled(label string, size int) []byte {
	m := make([]byte, size)
	copy(m, label)
	return m
}

func labels(b *Batch) []string {
	got := []string{}
	for m := range b.All {
		got = append(got, string(bytes.TrimRight(m, "\x00")))
	}
	return got
}
