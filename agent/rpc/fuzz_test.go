package rpc

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"serf/membership/coordinate"
	"serf/sim/proof"
	"serf/swim/msgpack"
)

// seedBytesMax bounds a seed. What is longer repeats itself, and takes the time of many short ones.
const seedBytesMax = 1 << 10

// sessions calls f with each recorded session.
func sessions(t testing.TB, f func(s session)) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "vectors", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal("no vectors", err)
	}
	for _, name := range names {
		f(loadSession(t, strings.TrimSuffix(filepath.Base(name), ".json")))
	}
}

// values adds the values of the recorded sessions, of those that begin alike only the first.
func values(f *testing.F) {
	f.Helper()
	seen := make(map[string]bool)
	sessions(f, func(s session) {
		for _, m := range s.Messages {
			b := m.bytes(f)
			if start := string(b[:min(len(b), 24)]); !seen[start] && len(b) <= seedBytesMax {
				seen[start] = true
				f.Add(b)
			}
		}
	})
	for _, s := range []string{"dd7fffffff", "df7fffffff", "dbffffffff", "c9ffffffff00", "81a74d656d62657273dd00010000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
}

// lists adds lists that take as much memory for their bytes as lists can.
func lists(f *testing.F) {
	f.Helper()
	for _, s := range []string{"\x81\xa7Members\xdc\x10\x00\x80", "\x81\xa8Existing\xdc\x10\x00\xa0", "\x81\xabFilterNodes\xdc\x10\x00\xa0"} {
		f.Add(append([]byte(s), bytes.Repeat([]byte(s[len(s)-1:]), 4095)...))
	}
	for head, value := range map[string]byte{"\x81\xa4Tags\xde\x08\x00": 0xa0, "\xde\x08\x00": 0x80, "\x81\xa4Keys\xde\x08\x00": 1} {
		b := []byte(head)
		for i := range 2048 {
			b = append(b, 0xa2, byte(i), byte(i>>8), value)
		}
		f.Add(b)
	}
}

// directions adds the beginning of each recorded session as one side sends it.
func directions(f *testing.F, dir string) {
	f.Helper()
	sessions(f, func(s session) {
		var stream []byte
		for _, m := range s.Messages {
			if b := m.bytes(f); m.Dir == dir && len(stream)+len(b) <= seedBytesMax {
				stream = append(stream, b...)
			}
		}
		f.Add(stream)
	})
}

// FuzzReadValue holds the framing against the Reader, which looks at whole inputs.
func FuzzReadValue(f *testing.F) {
	values(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		const bytesMax = 1 << 12
		var got []byte
		var err error
		proof.Memory(t, len(b), func() { got, err = readValue(bufio.NewReader(bytes.NewReader(b)), nil, bytesMax) })
		if len(got) > bytesMax+9 || cap(got) > 4*bytesMax {
			t.Fatalf("%d bytes in a buffer of %d", len(got), cap(got))
		}
		r := msgpack.NewReader(b)
		skipped := r.Skip()
		switch {
		case err == nil && (skipped != nil && !errors.Is(skipped, msgpack.ErrDepth)):
			t.Fatalf("read %x, but the reader says %v", got, skipped)
		case err == nil && skipped == nil && !bytes.Equal(got, b[:r.Offset()]):
			t.Fatalf("read %x, the reader took %x", got, b[:r.Offset()])
		case skipped == nil && r.Offset() <= bytesMax && err != nil:
			t.Fatalf("got %v for a good value", err)
		}
	})
}

// FuzzDecode gives the same bytes to every decoder: each takes memory by their number, and what is accepted is accepted again after
// encoding.
func FuzzDecode(f *testing.F) {
	values(f)
	lists(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		round(t, b, decodeRequestHeader, appendRequestHeader)
		round(t, b, decodeReplyHeader, appendReplyHeader)
		round(t, b, decodeHandshake, appendHandshake)
		round(t, b, decodeAuth, appendAuth)
		round(t, b, decodeJoin, appendJoin)
		round(t, b, decodeJoinReply, appendJoinReply)
		round(t, b, decodeForceLeave, appendForceLeave)
		round(t, b, decodeFilter, appendFilter)
		round(t, b, decodeStats, appendStats)
		round(t, b, decodeEvent, appendEvent)
		round(t, b, decodeTags, appendTags)
		round(t, b, decodeStream, appendStream)
		round(t, b, decodeStop, appendStop)
		round(t, b, decodeMonitor, appendMonitor)
		round(t, b, decodeQuery, func(dst []byte, p QueryParams) []byte { return appendQuery(dst, &p) })
		round(t, b, decodeAnswer, appendAnswer)
		round(t, b, decodeRespond, appendRespond)
		round(t, b, func(b []byte) (keyRequest, error) { return decodeKey("install-key", b) }, appendKey)
		round(t, b, decodeKeyResult, func(dst []byte, k KeyResult) []byte { return appendKeyResult(dst, &k) })
		round(t, b, decodeCoordinateRequest, appendCoordinateRequest)
		round(t, b, decodeCoordinateBits, func(dst []byte, p coordinateReply) []byte { return appendCoordinateReply(dst, p) })
		if members, err := bounded(t, b, decodeMembers); err == nil && len(members) > len(b) {
			t.Fatalf("%d members from %d bytes", len(members), len(b))
		}
		if e, err := bounded(t, b, decodeEventRecord); err == nil && len(e.Members) > len(b) {
			t.Fatalf("%d members from %d bytes", len(e.Members), len(b))
		}
		_, _ = bounded(t, b, decodeLog)
	})
}

// bounded decodes b within the memory that it may take.
func bounded[T any](t *testing.T, b []byte, decode func([]byte) (T, error)) (v T, err error) {
	t.Helper()
	proof.Memory(t, len(b), func() { v, err = decode(b) })
	return v, err
}

// round decodes b; what is accepted is the same after encoding and decoding again.
func round[T any](t *testing.T, b []byte, decode func([]byte) (T, error), encode func([]byte, T) []byte) {
	t.Helper()
	want, err := bounded(t, b, decode)
	if err != nil {
		return
	}
	if got, err := decode(encode(nil, want)); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%T again: got %+v, %v, want %+v", want, got, err, want)
	}
}

// decodeCoordinateBits is decodeCoordinateReply as far as it can be compared: a number that is none is not equal to itself, and there
// is no coordinate without Ok.
func decodeCoordinateBits(b []byte) (coordinateReply, error) {
	p, err := decodeCoordinateReply(b)
	if c := &p.Coord; !p.Ok || c.Height != c.Height || c.Error != c.Error || c.Adjustment != c.Adjustment || c.Vec != c.Vec {
		p = coordinateReply{Coord: coordinate.Coordinate{}}
	}
	return p, err
}

// FuzzFilter compiles any filter of members. What one takes follows from what its expressions say and is bounded by their cost: 512
// bytes for each instruction, as each expression is compiled twice.
func FuzzFilter(f *testing.F) {
	for _, expr := range []string{"", "web.*", "a)|(b", strings.Repeat("x{1000}", 200), strings.Repeat(`\pL`, 400), "(?i)[" + strings.Repeat("B-\U0001e942", 100) + "]"} {
		f.Add(expr, "alive|left", "role", expr)
	}
	f.Fuzz(func(t *testing.T, name, status, key, value string) {
		q := filterRequest{Name: name, Status: status, Tags: map[string]string{key: value, key + "2": value}}
		size := len(name) + len(status) + 2*len(value)
		proof.MemoryWithin(t, size, 512*filterCostMax+64*size, func() {
			if f, err := newFilter(q); err == nil && name == "" && status == "" && value == "" && !f.match(manyMembers(1)[0]) {
				t.Error("no filter lets nobody through")
			}
		})
	})
}

// FuzzServer speaks arbitrary bytes to a server: it answers or hangs up, and its replies are whole. What a request costs is a matter
// of what it asks for; the targets above hold what is read to its memory.
func FuzzServer(f *testing.F) {
	directions(f, "c2s")
	backend := &fakeBackend{members: manyMembers(2), stats: map[string]map[string]string{"agent": {"name": "a"}}}
	f.Fuzz(func(t *testing.T, b []byte) {
		ours, theirs := net.Pipe()
		c := newConn(NewServer(backend, ServerConfig{}), theirs, 1)
		served := make(chan struct{})
		go func() {
			c.serve()
			close(served)
		}()
		go func() {
			_, _ = ours.Write(b)
			_ = ours.Close()
		}()
		in := bufio.NewReader(ours)
		for {
			if _, err := readValue(in, nil, 1<<20); err != nil {
				if errors.Is(err, msgpack.ErrReserved) || errors.Is(err, ErrTooLarge) {
					t.Errorf("reply: %v", err)
				}
				break
			}
		}
		_ = ours.Close()
		<-served
		c.server.cancel()
	})
}
