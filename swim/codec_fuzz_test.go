package swim

import (
	"reflect"
	"testing"

	"serf/sim/proof"
)

// addVectors adds every vector of the given type, legal or not.
func addVectors(f *testing.F, kinds ...MessageType) {
	f.Helper()
	for _, name := range []string{"messages.json", "decode-tolerance.json", "streams.json", "stream-errors.json", "captures.json"} {
		for _, v := range loadVectors(f, name) {
			b := unhex(v.Hex)
			for _, kind := range kinds {
				if len(b) > 0 && MessageType(b[0]) == kind {
					f.Add(b)
				}
			}
		}
	}
}

// fuzzKinds are the messages of packets, and the answer that says what went wrong.
var fuzzKinds = []MessageType{TypePing, TypeIndirectPing, TypeAck, TypeNack, TypeSuspect, TypeDead, TypeAlive, TypeError}

// FuzzDecodeMessage checks all decoders of small messages: each accepts and refuses what the library does and reads the same, and what
// it accepts is accepted again after encoding. What begins with no type of theirs is read as each of them.
func FuzzDecodeMessage(f *testing.F) {
	addVectors(f, fuzzKinds...)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range fuzzKinds {
			if len(b) > 0 && MessageType(b[0]) == kind {
				checkDecoder(t, b)
				return
			}
		}
		for _, kind := range fuzzKinds {
			checkDecoder(t, append([]byte{byte(kind)}, b...))
		}
	})
}

func checkDecoder(t *testing.T, b []byte) {
	t.Helper()
	var message any
	var err error
	proof.Memory(t, len(b), func() { message, err = decodeAny(b) })
	if knownDifference(b, err) {
		return
	}
	want, wantErr := libraryDecode(b[1:], libraryView(message))
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: got error %v, the library %v", b, err, wantErr)
	}
	if err != nil {
		return
	}
	forgiveEmptyAddresses(want)
	if got := libraryView(message); !reflect.DeepEqual(got, want) {
		t.Fatalf("%x:\ngot  %+v\nwant %+v", b, got, want)
	}
	again, err := decodeAny(encodeAny(t, message))
	if err != nil || !reflect.DeepEqual(normal(again), normal(message)) {
		t.Fatalf("%x: encoded and decoded again: got %+v, %v; want %+v", b, again, err, message)
	}
}

// forgiveEmptyAddresses makes empty addresses nil: to us both are none.
func forgiveEmptyAddresses(message any) {
	v := reflect.ValueOf(message).Elem()
	for _, name := range []string{"Addr", "SourceAddr", "Target"} {
		if f := v.FieldByName(name); f.IsValid() && f.Len() == 0 {
			f.SetZero()
		}
	}
}

// FuzzDecodeStream reads what comes over streams: a state is accepted again after encoding, with and without the receiver's view,
// memory stays within a multiple of the input; so is a user message.
func FuzzDecodeStream(f *testing.F) {
	addVectors(f, TypePushPull, TypeUser)
	known := &View{Members: bigState(3).Members}
	f.Add(AppendState(nil, bigState(4)))
	f.Fuzz(func(t *testing.T, b []byte) {
		checkUserStream(t, b)
		var s, shared *State
		var err, sharedErr error
		proof.Memory(t, len(b), func() { s, err = DecodeState(b) })
		proof.Memory(t, len(b), func() { shared, sharedErr = DecodeStateSharing(b, known) })
		if (err == nil) != (sharedErr == nil) || !reflect.DeepEqual(s, shared) {
			t.Fatalf("%x: got %+v, %v; with a view %+v, %v", b, s, err, shared, sharedErr)
		}
		if err != nil {
			return
		}
		if got, limit := cap(s.Members), 2*len(b)+16; got > limit {
			t.Fatalf("%x: got room for %d members, want at most %d", b, got, limit)
		}
		again, err := DecodeState(AppendState(nil, s))
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%x: encoded and decoded again: got %+v, %v; want %+v", b, again, err, s)
		}
	})
}

func checkUserStream(t *testing.T, b []byte) {
	t.Helper()
	payload, err := DecodeUserStream(b)
	if err != nil {
		return
	}
	again, err := DecodeUserStream(AppendUserStream(nil, payload))
	if err != nil || string(again) != string(payload) {
		t.Fatalf("%x: encoded and decoded again: got %x, %v; want %x", b, again, err, payload)
	}
}
