package eventbus

import (
	"reflect"
	"testing"
)

// fuzzMessage checks one decoder: it does not panic, and what it accepts is the same after encoding and decoding again.
func fuzzMessage(f *testing.F, message string, kind MessageType) {
	for _, file := range []string{"messages.json", "malformed.json", "capture_query_relay.json"} {
		var vs []messageVector
		readVectors(f, file, &vs)
		for _, v := range vs {
			if v.Message == message {
				f.Add(unhex(f, v.Hex))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || MessageType(b[0]) != kind {
			b = append([]byte{byte(kind)}, b...)
		}
		decoded, again, err := anyMessage(message, b)
		if err != nil {
			return
		}
		if n := len(again); n > 150+3*len(b) {
			t.Fatalf("%d bytes became %d", len(b), n)
		}
		twice, _, err := anyMessage(message, again)
		if err != nil || !reflect.DeepEqual(twice, decoded) {
			t.Fatalf("%x: encoded and decoded again: got %v, %v; want %v", b, twice, err, decoded)
		}
	})
}

func FuzzDecodeUser(f *testing.F)        { fuzzMessage(f, "user_event", TypeUser) }
func FuzzDecodeQuery(f *testing.F)       { fuzzMessage(f, "query", TypeQuery) }
func FuzzDecodeResponse(f *testing.F)    { fuzzMessage(f, "query_response", TypeResponse) }
func FuzzDecodeRelay(f *testing.F)       { fuzzMessage(f, "relay", TypeRelay) }
func FuzzDecodeKeyRequest(f *testing.F)  { fuzzMessage(f, "key_request", TypeKeyRequest) }
func FuzzDecodeKeyResponse(f *testing.F) { fuzzMessage(f, "key_response", TypeKeyResponse) }
func FuzzDecodeVote(f *testing.F)        { fuzzMessage(f, "conflict_response", TypeVote) }

// FuzzMatch: no filter breaks the matcher, and the answer stays the same when expressions are at hand.
func FuzzMatch(f *testing.F) {
	var vs []filterVector
	readVectors(f, "filters.json", &vs)
	for _, v := range vs {
		for _, filter := range v.Filters {
			f.Add(unhex(f, filter))
		}
	}
	f.Add(AppendTagFilter(nil, "role", "((a*)*)*(x{1000})"))
	f.Fuzz(func(t *testing.T, filter []byte) {
		var m Matcher
		tags := map[string]string{"role": "web", "dc": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
		first, second := m.Match([][]byte{filter}, "a", tags), m.Match([][]byte{filter}, "a", tags)
		if first != second {
			t.Errorf("%x: got %v, then %v", filter, first, second)
		}
	})
}
