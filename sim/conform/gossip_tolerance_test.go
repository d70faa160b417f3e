//go:build conform

package conform

import (
	"encoding/hex"
	"strings"
)

// tolerated are bodies of pings that a receiver takes, each with sequence number 77 for everybody.
// The names of the keys are written out: 4e6f6465 is Node, 5365714e6f is SeqNo.
var tolerated = []struct{ name, says, hex string }{
	{"keys-in-another-order", "keys in any order", "82 a5 5365714e6f 4d a4 4e6f6465 a0"},
	{"duplicate-key", "duplicate keys: last wins", "82 a5 5365714e6f 01 a5 5365714e6f 4d"},
	{"unknown-key", "unknown keys are skipped", "82 a3 666f6f 2a a5 5365714e6f 4d"},
	{"unknown-key-with-map", "unknown keys with nested containers are skipped", "82 a3 666f6f 81a16192c001 a5 5365714e6f 4d"},
	{"unknown-key-with-float", "unknown keys with floats are skipped", "82 a3 666f6f cb3ff0000000000000 a5 5365714e6f 4d"},
	{"unknown-key-with-ext", "unknown keys with extension types are skipped", "82 a3 666f6f d401ff a5 5365714e6f 4d"},
	{"unknown-key-with-bin", "unknown keys with binary values are skipped", "82 a3 666f6f c403010203 a5 5365714e6f 4d"},
	{"missing-keys", "missing keys leave the zero value", "81 a5 5365714e6f 4d"},
	{"map16", "map header de", "de0001 a5 5365714e6f 4d"},
	{"map32", "map header df", "df00000001 a5 5365714e6f 4d"},
	{"array-body", "an array body is taken in declaration order", "92 4d a0"},
	{"short-array-body", "missing tail elements of an array stay zero", "91 4d"},
	{"long-array-body", "extra elements of an array are skipped", "97 4d a0 c0 00 a0 01 02"},
	{"key-str8", "keys from str8", "81 d905 5365714e6f 4d"},
	{"key-str16", "keys from str16", "81 da0005 5365714e6f 4d"},
	{"key-bin8", "keys from bin8", "81 c405 5365714e6f 4d"},
	{"string-nil", "a nil string is empty", "82 a4 4e6f6465 c0 a5 5365714e6f 4d"},
	{"string-bin8", "strings from bin8", "82 a4 4e6f6465 c400 a5 5365714e6f 4d"},
	{"string-str32", "strings from str32", "82 a4 4e6f6465 db00000000 a5 5365714e6f 4d"},
	{"string-array-of-integers", "strings from an array of integers", "82 a4 4e6f6465 90 a5 5365714e6f 4d"},
	{"uint8", "unsigned from cc", "81 a5 5365714e6f cc4d"},
	{"uint16", "unsigned from cd", "81 a5 5365714e6f cd004d"},
	{"uint32", "unsigned from ce", "81 a5 5365714e6f ce0000004d"},
	{"uint64", "unsigned from cf", "81 a5 5365714e6f cf000000000000004d"},
	{"int8", "unsigned from non-negative d0", "81 a5 5365714e6f d04d"},
	{"int16", "unsigned from non-negative d1", "81 a5 5365714e6f d1004d"},
	{"int32", "unsigned from non-negative d2", "81 a5 5365714e6f d20000004d"},
	{"int64", "unsigned from non-negative d3", "81 a5 5365714e6f d3000000000000004d"},
	{"trailing-bytes", "bytes after the body are ignored", "81 a5 5365714e6f 4d ffff00c1"},
}

// refused are bodies that are errors; all would ask for an ack 77.
var refused = []struct{ name, says, hex string }{
	{"integer-key", "a key that is an integer is an error", "82 01 02 a5 5365714e6f 4d"},
	{"integer-as-string", "a string field holding an integer is an error", "82 a4 4e6f6465 05 a5 5365714e6f 4d"},
	{"map-as-string", "a string field holding a map is an error", "82 a4 4e6f6465 81a16101 a5 5365714e6f 4d"},
	{"negative-unsigned", "a negative value for an unsigned field is an error", "82 a5 5365714e6f 4d aa 536f75726365506f7274 ff"},
	{"float-unsigned", "a float for an unsigned field is an error", "81 a5 5365714e6f cb4053400000000000"},
	{"bool-unsigned", "a bool for an unsigned field is an error", "82 a5 5365714e6f 4d aa 536f75726365506f7274 c3"},
	{"string-unsigned", "a string for an unsigned field is an error", "81 a5 5365714e6f a14d"},
	{"seq-above-32-bits", "a value above the field width is an error", "81 a5 5365714e6f cf000000010000004d"},
	{"port-above-16-bits", "a value above the field width is an error", "82 a5 5365714e6f 4d aa 536f75726365506f7274 ce00010000"},
	{"reserved-byte", "the byte c1 is an error", "82 a5 5365714e6f 4d a4 4e6f6465 c1"},
	{"truncated", "truncation is an error", "82 a5 5365714e6f 4d a4 4e6f64"},
	{"length-above-the-data", "a declared length above the data is an error", "82 a5 5365714e6f 4d a4 4e6f6465 dbffffffff"},
	{"scalar-body", "a body that is a scalar is an error", "4d"},
	{"nesting-above-1024", "containers nested deeper than 1024 are an error", "82 a3 666f6f " + strings.Repeat("91", 1100) + "00 a5 5365714e6f 4d"},
}

func toleranceChecks() []check {
	var checks []check
	for _, c := range tolerated {
		checks = append(checks, check{"3.2", "takes-" + c.name, c.says, func(t *trial) {
			a, p := t.sharedAgent(), t.peer("p1")
			p.raw(a, append([]byte{typePing}, unhex(c.hex)...))
			p.awaitAck(77)
		}})
	}
	for _, c := range refused {
		checks = append(checks, check{"3.2", "refuses-" + c.name, c.says, func(t *trial) {
			a, p := t.sharedAgent(), t.peer("p1")
			p.raw(a, append([]byte{typePing}, unhex(c.hex)...))
			p.fence(a, 78)
			p.never("no ack to a malformed ping", isAck(77))
		}})
	}
	return append(checks, check{"3.2", "takes-nil-and-empty-bodies", "a body that is nil or an empty map is all zero", func(t *trial) {
		a, p := t.sharedAgent(), t.peer("p1")
		p.raw(a, []byte{typePing, 0xc0})
		p.awaitAck(0)
		p.raw(a, []byte{typePing, 0x80})
		p.fence(a, 78)
		acks := 0
		for _, m := range p.since(0) {
			if isAck(0)(m) {
				acks++
			}
		}
		t.equal("acks with sequence number 0", acks, 2)
	}})
}

// unhex reads bytes written in hexadecimal with blanks.
func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}
