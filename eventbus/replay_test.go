package eventbus

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"serf/swim/msgpack"
)

// replayed is what a peer reads of one slot.
type replayed struct {
	ltime    uint64
	name     string
	payload  []byte
	coalesce bool
}

// readReplay reads the field Events of a push/pull as peers do and returns the number of slots and the events in order.
func readReplay(t interface{ Fatalf(string, ...any) }, b []byte) (slots int, events []replayed) {
	d := decoder{msgpack.Message[MessageType]{Fields: msgpack.NewFields(b)}}
	slots = d.list()
	for range slots {
		if d.R.IsNil() {
			continue
		}
		first, ltime := len(events), uint64(0)
		d.Inner([]string{"LTime", "Events"}, func(field int) {
			if field == 0 {
				ltime = d.Uint64()
				return
			}
			for range d.list() {
				var e replayed
				d.Inner([]string{"Name", "Payload", "CC"}, func(field int) {
					switch field {
					case 0:
						e.name = d.Text()
					case 1:
						e.payload = d.Bytes()
					case 2:
						e.coalesce = d.Bool()
					}
				})
				events = append(events, e)
			}
		})
		for i := first; i < len(events); i++ {
			events[i].ltime = ltime
		}
	}
	if d.Fault() != nil || len(d.R.Rest()) != 0 {
		t.Fatalf("replay of %x: %v, %d bytes left", b, d.Fault(), len(d.R.Rest()))
	}
	return slots, events
}

func TestEmptyReplayIsAllNil(t *testing.T) {
	want := append([]byte{0xdc, 2, 0}, bytes.Repeat([]byte{0xc0}, 512)...)
	if got := newUser(t).AppendReplay(nil); !bytes.Equal(got, want) {
		t.Errorf("got %x, want 512 nil slots", got)
	}
}

func TestReplayBytes(t *testing.T) {
	u := newUser(t)
	for _, e := range []UserMessage{{LTime: 1, Name: []byte("a"), Payload: []byte("p")}, {LTime: 1, Name: []byte("b")}, {LTime: 513, Name: []byte("c"), Coalesce: true}} {
		if _, _, err := u.Receive(AppendUser(nil, &e)); err != nil {
			t.Fatal(err)
		}
	}
	// The clock is at 514: time 1 has just made room for 513.
	slot := "\x82\xa6Events\x91\x83\xa2CC\xc3\xa4Name\xa1c\xa7Payload\xc0\xa5LTime\xcd\x02\x01"
	want := append([]byte{0xdc, 2, 0, 0xc0}, slot...)
	want = append(want, bytes.Repeat([]byte{0xc0}, 510)...)
	if got := u.AppendReplay(nil); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
}

// TestReplayGivesANewcomerTheLatestEvents: all that are not older than 512 times, each once, in the slot of its time and
// with the leave to coalesce it.
func TestReplayGivesANewcomerTheLatestEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u, err := NewUserEvents(DefaultUser())
		if err != nil {
			t.Fatalf("%v", err)
		}
		heard := make(map[string]uint64)
		ltime := uint64(0)
		for i := range rapid.IntRange(0, 30).Draw(t, "events") {
			ltime += rapid.Uint64Range(0, 300).Draw(t, "step")
			name := fmt.Sprint(i)
			if _, news, err := u.Merge(ltime, name, nil, i%2 == 0); !news || err != nil {
				t.Fatalf("%s: %v, %v", name, news, err)
			}
			heard[name] = ltime
		}
		slots, events := readReplay(t, u.AppendReplay(nil))
		newcomer, err := NewUserEvents(DefaultUser())
		if err != nil || slots != ReplaySlots {
			t.Fatalf("%d slots, %v", slots, err)
		}
		newcomer.WitnessPeer(u.Time())
		for _, e := range events {
			got, news, err := newcomer.Merge(e.ltime, e.name, e.payload, e.coalesce)
			if !news || err != nil || heard[e.name] != e.ltime || got.Coalesce != e.coalesce || got.Coalesce != even(e.name) {
				t.Fatalf("%+v: got %+v, %v, %v", e, got, news, err)
			}
			delete(heard, e.name)
		}
		for name, ltime := range heard { //order-free: each is looked at alone
			if ltime+ReplaySlots >= u.Time() {
				t.Fatalf("event %s of %d is missing at %d", name, ltime, u.Time())
			}
		}
	})
}

// even reports whether the number that name is is even.
func even(name string) bool { return (name[len(name)-1]-'0')%2 == 0 }
