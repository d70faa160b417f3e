package eventbus

import (
	"bytes"
	"reflect"
	"testing"

	"serf/sim/proof"
)

// fuzzMessage checks one decoder: it does not panic, takes memory by the size of its input, and what it accepts is the same after
// encoding and decoding again.
func fuzzMessage[T any](f *testing.F, message string, kind MessageType, decode func([]byte) (T, error)) {
	for _, file := range []string{"messages.json", "malformed.json", "capture_query_relay.json"} {
		var vs []messageVector
		readVectors(f, file, &vs)
		for _, v := range vs {
			if v.Message == message {
				f.Add(unhex(f, v.Hex))
			}
		}
	}
	for _, list := range []string{"\xa4Keys\xdc\x10\x00\xa0", "\xa7Filters\xdc\x10\x00\xa0", "\xa4Tags\xde\x08\x00\xa0"} {
		f.Add(append([]byte{byte(kind), 0x81}, list+string(bytes.Repeat([]byte{0xa0}, 4095))...)) // much memory for its bytes
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || MessageType(b[0]) != kind {
			b = append([]byte{byte(kind)}, b...)
		}
		proof.Memory(t, len(b), func() { _, _ = decode(b) })
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

func FuzzDecodeUser(f *testing.F)  { fuzzMessage(f, "user_event", TypeUser, DecodeUser) }
func FuzzDecodeQuery(f *testing.F) { fuzzMessage(f, "query", TypeQuery, DecodeQuery) }
func FuzzDecodeResponse(f *testing.F) {
	fuzzMessage(f, "query_response", TypeResponse, DecodeResponse)
}
func FuzzDecodeRelay(f *testing.F) { fuzzMessage(f, "relay", TypeRelay, DecodeRelay) }
func FuzzDecodeKeyRequest(f *testing.F) {
	fuzzMessage(f, "key_request", TypeKeyRequest, DecodeKeyRequest)
}
func FuzzDecodeKeyResponse(f *testing.F) {
	fuzzMessage(f, "key_response", TypeKeyResponse, DecodeKeyResponse)
}
func FuzzDecodeVote(f *testing.F) { fuzzMessage(f, "conflict_response", TypeVote, DecodeVote) }

// expressionMemory bounds what an expression of the cost programMax takes. It follows from what the expression says: a{1000} is a
// thousand instructions of 200 bytes, of which the half is garbage soon.
const expressionMemory = 256 * programMax

// FuzzMatch: no filter breaks the matcher, and the answer stays the same when expressions are at hand.
func FuzzMatch(f *testing.F) {
	var vs []filterVector
	readVectors(f, "filters.json", &vs)
	for _, v := range vs {
		for _, filter := range v.Filters {
			f.Add(unhex(f, filter))
		}
	}
	for _, pattern := range append(bombs, "((a*)*)*(x{1000})") {
		f.Add(AppendTagFilter(nil, "role", pattern))
	}
	f.Fuzz(func(t *testing.T, filter []byte) {
		var m Matcher
		tags := map[string]string{"role": "web", "dc": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}
		var first bool
		proof.MemoryWithin(t, len(filter), expressionMemory+64*len(filter), func() { first = new(Matcher).Match([][]byte{filter}, "a", tags) })
		m.Match([][]byte{filter}, "a", tags)
		second := m.Match([][]byte{filter}, "a", tags)
		if first != second {
			t.Errorf("%x: got %v, then %v", filter, first, second)
		}
	})
}
