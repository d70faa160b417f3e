package membership

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"serf/sim/proof"
	"serf/swim/msgpack"
)

type messageVector struct {
	Name, Message, Outcome string
	Hex                    *string
	TypeByte               byte `json:"type_byte"`
	Len                    int
	Decoded                json.RawMessage
}

// elsewhere are the messages that package eventbus reads, and holds against the same vectors.
var elsewhere = []string{"user_event", "query", "query_response", "relay", "conflict_response", "key_request", "key_response"}

// decodeAny decodes b as the named message into the form that the vectors write.
func decodeAny(name string, b []byte) (any, error) {
	switch name {
	case "leave":
		return decodeLeave(b)
	case "join":
		return decodeJoin(b)
	case "push_pull":
		s, err := decodePushPull(b, nil)
		if err != nil {
			return nil, err
		}
		return *s, nil
	}
	panic("unknown message " + name)
}

func encodeAny(m any) []byte {
	switch m := m.(type) {
	case leaveIntent:
		return appendLeave(nil, m)
	case joinIntent:
		return appendJoin(nil, m)
	case pushPull:
		return appendPushPull(nil, &m)
	}
	panic(fmt.Sprintf("unknown message %T", m))
}

// wanted reads the decoded form of a vector.
func wanted(t *testing.T, v messageVector) any {
	t.Helper()
	var m any
	var err error
	switch v.Message {
	case "leave":
		var x leaveIntent
		err = json.Unmarshal(v.Decoded, &x)
		m = x
	case "join":
		var x joinIntent
		err = json.Unmarshal(v.Decoded, &x)
		m = x
	case "push_pull":
		m = wantedState(t, v.Decoded)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func wantedState(t *testing.T, decoded []byte) pushPull {
	t.Helper()
	type jsonSlot struct {
		LTime  uint64
		Events []struct {
			Name    string
			Payload *string
		}
	}
	var x struct {
		LTime, EventLTime, QueryLTime uint64
		StatusLTimes                  map[string]uint64
		LeftMembers                   []string
		Events                        []*jsonSlot
		EventsLen                     int               `json:"Events_len"`
		NonEmpty                      map[int]*jsonSlot `json:"Events_non_empty"`
	}
	if err := json.Unmarshal(decoded, &x); err != nil {
		t.Fatal(err)
	}
	if x.EventsLen > 0 {
		x.Events = make([]*jsonSlot, x.EventsLen)
		for i, slot := range x.NonEmpty {
			x.Events[i] = slot
		}
	}
	s := pushPull{LTime: x.LTime, EventLTime: x.EventLTime, QueryLTime: x.QueryLTime, LeftMembers: x.LeftMembers}
	if x.StatusLTimes != nil {
		s.StatusLTimes = []statusLTime{}
	}
	for name, ltime := range x.StatusLTimes { // one at most where bytes are compared
		s.StatusLTimes = append(s.StatusLTimes, statusLTime{name, ltime})
	}
	if x.Events != nil {
		s.Events = make([]*eventSlot, len(x.Events))
	}
	for i, slot := range x.Events {
		if slot == nil {
			continue
		}
		s.Events[i] = &eventSlot{LTime: slot.LTime}
		if slot.Events != nil {
			s.Events[i].Events = []slotEvent{}
		}
		for _, e := range slot.Events {
			event := slotEvent{Name: e.Name}
			if e.Payload != nil {
				event.Payload = append([]byte{}, unhex(t, *e.Payload)...)
			}
			s.Events[i].Events = append(s.Events[i].Events, event)
		}
	}
	return s
}

func TestMessageVectors(t *testing.T) {
	var vs []messageVector
	readVectors(t, "messages.json", &vs)
	seen := map[string]int{}
	for _, v := range vs {
		if v.TypeByte > byte(typePushPull) {
			continue // package eventbus reads them
		}
		seen[v.Message]++
		t.Run(v.Name, func(t *testing.T) {
			want, b := wanted(t, v), unhex(t, *v.Hex)
			got, err := decodeAny(v.Message, b)
			if err != nil {
				t.Fatalf("decoding: %v", err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("decoded %+v, want %+v", got, want)
			}
			if got := encodeAny(want); !bytes.Equal(got, b) || len(got) != v.Len {
				t.Errorf("encoded %x, want %x", got, b)
			}
		})
	}
	if want := map[string]int{"leave": 4, "join": 20, "push_pull": 4}; !maps.Equal(seen, want) {
		t.Errorf("ran %v vectors, want %v", seen, want)
	}
}

func TestMalformedVectors(t *testing.T) {
	var vs []messageVector
	readVectors(t, "malformed.json", &vs)
	ran, ignored := 0, 0
	for _, v := range vs {
		if v.Hex == nil || v.Outcome == "unknown-type" {
			ignored++
			checkIgnored(t, v)
			continue
		}
		if slices.Contains(elsewhere, v.Message) {
			continue
		}
		ran++
		t.Run(v.Name, func(t *testing.T) {
			got, err := decodeAny(v.Message, unhex(t, *v.Hex))
			if v.Outcome == "decode-error" {
				var malformed *DecodeError
				if !errors.As(err, &malformed) {
					t.Errorf("decoded %+v, %v, want a DecodeError", got, err)
				}
				return
			}
			if err != nil {
				t.Fatalf("decoding: %v", err)
			}
			want := wanted(t, v)
			if strings.Contains(v.Name, "invalid_utf8") {
				want = leaveIntent{Node: "\xff\xfe"} // which JSON cannot say
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("decoded %+v, want %+v", got, want)
			}
		})
	}
	if ran != 76 || ignored != 3 {
		t.Errorf("ran %d vectors and ignored %d, want 76 and 3", ran, ignored)
	}
}

// checkIgnored gives the machine a message without a byte or of an unknown type.
func checkIgnored(t *testing.T, v messageVector) {
	t.Helper()
	m := newMachine("self")
	want := Counters{MessageUnknown: 1}
	var b []byte
	if v.Outcome == "ignored" {
		want = Counters{MessageEmpty: 1}
	} else {
		b = unhex(t, *v.Hex)
	}
	if m.onMessage(m.now, b); m.counters != want {
		t.Errorf("%s: counted %+v, want %+v", v.Name, m.counters, want)
	}
}

func TestTruncatedMessagesAreShort(t *testing.T) {
	for _, m := range []any{
		leaveIntent{LTime: 300, Node: "node-b", Prune: true},
		joinIntent{LTime: 1 << 40, Node: "node-b"},
		pushPull{
			LTime: 9, StatusLTimes: []statusLTime{{"a", 300}, {"b", 2}}, LeftMembers: []string{"b"}, EventLTime: 3,
			Events: []*eventSlot{nil, {2, []slotEvent{{Name: "deploy", Payload: []byte("v1")}}}}, QueryLTime: 4,
		},
	} {
		b := encodeAny(m)
		name := map[byte]string{0: "leave", 1: "join", 2: "push_pull"}[b[0]]
		got, err := decodeAny(name, b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("round trip of %+v gives %+v, %v", m, got, err)
		}
		for n := 1; n < len(b); n++ {
			if got, err := decodeAny(name, b[:n]); !errors.Is(err, msgpack.ErrShort) {
				t.Errorf("%x: decoded %+v, %v, want ErrShort", b[:n], got, err)
			}
		}
		if _, err := decodeAny(name, nil); !errors.Is(err, ErrMessageEmpty) {
			t.Errorf("%s of no bytes: %v, want ErrMessageEmpty", name, err)
		}
		if _, err := decodeAny(name, []byte{0x63, 0x80}); !errors.Is(err, ErrMessageType) {
			t.Errorf("%s of another type: %v, want ErrMessageType", name, err)
		}
	}
}

func TestDecodeErrorNamesFieldAndPlace(t *testing.T) {
	_, err := decodeJoin(unhex(t, "0181a54c54696d65a135"))
	if got, want := fmt.Sprint(err), "membership: join: LTime: wrong type at byte 9"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	_, err = decodePushPull(unhex(t, "0281a64576656e74739181a64576656e74739181a75061796c6f616405"), nil)
	if got, want := fmt.Sprint(err), "membership: push/pull: Payload: wrong type at byte 29"; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestStateOfTooManyElementsIsRefused(t *testing.T) {
	// 2^20+1 empty events in two slots.
	b := []byte{byte(typePushPull)}
	b = msgpack.AppendString(msgpack.AppendMap(b, 1), "Events")
	b = msgpack.AppendArray(b, 2)
	for range 2 {
		b = msgpack.AppendString(msgpack.AppendMap(b, 1), "Events")
		b = msgpack.AppendArray(b, elementsMax/2)
		b = append(b, bytes.Repeat([]byte{0x80}, elementsMax/2)...)
	}
	if _, err := decodePushPull(b, nil); !errors.Is(err, ErrElements) {
		t.Errorf("error %v, want ErrElements", err)
	}
}

func FuzzDecodeMessage(f *testing.F) {
	for _, file := range []string{"messages.json", "malformed.json"} {
		var vs []messageVector
		readVectors(f, file, &vs)
		for _, v := range vs {
			if v.Hex != nil {
				b, err := hex.DecodeString(*v.Hex)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(b)
			}
		}
	}
	for head, element := range map[string]string{
		"\xa6Events\xdc\x10\x00": "\x80", "\xa6Events\x91\x81\xa6Events\xdc\x10\x00": "\x80", "\xabLeftMembers\xdc\x10\x00": "\xa0",
		"\xacStatusLTimes\xde\x10\x00": "\xa0\x00",
	} {
		f.Add([]byte("\x02\x81" + head + strings.Repeat(element, 4096))) // much memory for its bytes
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, name := range []string{"leave", "join", "push_pull"} {
			var m any
			var err error
			proof.Memory(t, len(b), func() { m, err = decodeAny(name, b) })
			if err != nil {
				continue
			}
			again, err := decodeAny(name, encodeAny(m))
			if err != nil || !reflect.DeepEqual(again, m) {
				t.Errorf("%s: round trip of %+v gives %+v, %v", name, m, again, err)
			}
		}
	})
}
