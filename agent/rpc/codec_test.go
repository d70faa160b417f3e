package rpc

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/ugorji/go/codec"
	"pgregory.net/rapid"

	"serf/eventbus"
	"serf/membership/coordinate"
	"serf/swim/msgpack"
)

// shadow has what the library needs to know of a Member.
type shadow struct {
	Addr                                  []byte
	DelegateCur, DelegateMax, DelegateMin uint8
	Name                                  string
	Port                                  uint16
	ProtocolCur, ProtocolMax, ProtocolMin uint8
	Status                                string
	Tags                                  map[string]string
}

func drawMember(t *rapid.T) *eventbus.Member {
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 400, 70000))
	addr := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")))
	if rapid.Bool().Draw(t, "is6") {
		addr = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
	}
	return &eventbus.Member{
		Name:     text.Draw(t, "name"),
		Addr:     netip.AddrPortFrom(addr, rapid.Uint16().Draw(t, "port")),
		Tags:     rapid.MapOfN(text, text, 0, 20).Draw(t, "tags"),
		Status:   eventbus.Status(rapid.IntRange(0, 4).Draw(t, "status")),
		Versions: eventbus.Versions(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "versions")),
	}
}

func TestMembersAreEncodedAsTheLibraryDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMember(t)
		v := m.Versions
		var want []byte
		err := codec.NewEncoderBytes(&want, oracle()).Encode(shadow{
			m.Addr.Addr().AsSlice(), v[5], v[4], v[3], m.Name, m.Addr.Port(), v[2], v[1], v[0], m.Status.String(), m.Tags,
		})
		if err != nil {
			t.Fatal(err)
		}
		got := appendMember(nil, m)
		if !bytes.Equal(got, want) {
			t.Fatalf("got  %x\nwant %x", got, want)
		}
		back, err := decodeMembers(append([]byte("\x81\xa7Members\x91"), got...))
		if err != nil {
			t.Fatal(err)
		}
		tags := m.Tags
		if len(tags) == 0 {
			tags = nil
		}
		wantBack := Member{m.Name, net.IP(m.Addr.Addr().AsSlice()), m.Addr.Port(), tags, m.Status.String(), v[0], v[1], v[2], v[3], v[4], v[5]}
		if !reflect.DeepEqual(back, []Member{wantBack}) {
			t.Fatalf("got %+v, want %+v", back, wantBack)
		}
	})
}

// messages are one of each kind, with what decodes it.
func messages() map[string]struct {
	value  any // for the library
	bytes  []byte
	decode func(b []byte) (any, error)
} {
	header, reply := requestHeader{"members-filtered", 1 << 40}, replyHeader{strings.Repeat("e", 300), 200}
	join, force := joinRequest{[]string{"a", strings.Repeat("b", 70000)}, true}, forceLeaveRequest{"n", true}
	filter := filterRequest{"n", "s", map[string]string{"b": "2", "a": "1"}}
	stats := map[string]map[string]string{"serf": {"b": "2", "a": "1"}, "agent": {"name": "n"}}
	event, tags := eventRequest{true, "n", make([]byte, 300)}, tagsRequest{[]string{"x"}, map[string]string{"b": "2", "a": "1"}}
	answer, respond := answerRecord{"a", []byte{}, "response"}, respondRequest{200, []byte("p")}
	keys := KeyResult{map[string]int{"k2": 200, "k1": -40}, map[string]string{"a": "no"}, 1, 70000, 3, map[string]int{"k2": 200}}
	at := coordinateReply{coordinate.Coordinate{Vec: [8]float64{1, -2.5, 0, 0, 0, 0, 0, 8}, Error: 1.5, Adjustment: -1e-9, Height: 1e-5}, true}
	type row = struct {
		value  any
		bytes  []byte
		decode func(b []byte) (any, error)
	}
	return map[string]row{
		"request header": {header, appendRequestHeader(nil, header), func(b []byte) (any, error) { return decodeRequestHeader(b) }},
		"reply header":   {reply, appendReplyHeader(nil, reply), func(b []byte) (any, error) { return decodeReplyHeader(b) }},
		"handshake":      {handshakeRequest{-200}, appendHandshake(nil, handshakeRequest{-200}), func(b []byte) (any, error) { return decodeHandshake(b) }},
		"auth":           {authRequest{"k"}, appendAuth(nil, authRequest{"k"}), func(b []byte) (any, error) { return decodeAuth(b) }},
		"join":           {join, appendJoin(nil, join), func(b []byte) (any, error) { return decodeJoin(b) }},
		"join reply":     {joinReply{200}, appendJoinReply(nil, joinReply{200}), func(b []byte) (any, error) { return decodeJoinReply(b) }},
		"force-leave":    {force, appendForceLeave(nil, force), func(b []byte) (any, error) { return decodeForceLeave(b) }},
		"filter":         {filter, appendFilter(nil, filter), func(b []byte) (any, error) { return decodeFilter(b) }},
		"event":          {event, appendEvent(nil, event), func(b []byte) (any, error) { return decodeEvent(b) }},
		"tags":           {tags, appendTags(nil, tags), func(b []byte) (any, error) { return decodeTags(b) }},
		"stream":         {streamRequest{"*"}, appendStream(nil, streamRequest{"*"}), func(b []byte) (any, error) { return decodeStream(b) }},
		"stop":           {stopRequest{1 << 63}, appendStop(nil, stopRequest{1 << 63}), func(b []byte) (any, error) { return decodeStop(b) }},
		"monitor":        {monitorRequest{"ERR"}, appendMonitor(nil, monitorRequest{"ERR"}), func(b []byte) (any, error) { return decodeMonitor(b) }},
		"answer":         {answer, appendAnswer(nil, answer), func(b []byte) (any, error) { return decodeAnswer(b) }},
		"respond":        {respond, appendRespond(nil, respond), func(b []byte) (any, error) { return decodeRespond(b) }},
		"key":            {keyRequest{"k"}, appendKey(nil, keyRequest{"k"}), func(b []byte) (any, error) { return decodeKey("use-key", b) }},
		"keys":           {keys, appendKeyResult(nil, &keys), func(b []byte) (any, error) { return decodeKeyResult(b) }},
		"coordinate":     {coordinateRequest{"n"}, appendCoordinateRequest(nil, coordinateRequest{"n"}), func(b []byte) (any, error) { return decodeCoordinateRequest(b) }},
		"coordinates":    {at, appendCoordinateReply(nil, at), func(b []byte) (any, error) { return decodeCoordinateReply(b) }},
		"stats":          {stats, appendStats(nil, stats), func(b []byte) (any, error) { return decodeStats(b) }},
	}
}

func TestMessagesAreEncodedAsTheLibraryDoes(t *testing.T) {
	for name, m := range messages() {
		var want []byte
		if err := codec.NewEncoderBytes(&want, oracle()).Encode(m.value); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.bytes, want) {
			t.Errorf("%s:\ngot  %.80x\nwant %.80x", name, m.bytes, want)
		}
		got, err := m.decode(m.bytes)
		if err != nil || !reflect.DeepEqual(got, m.value) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, m.value)
		}
	}
}

func TestTruncatedMessagesAreShort(t *testing.T) {
	for name, m := range messages() {
		for n := range min(len(m.bytes), 1000) {
			_, err := m.decode(m.bytes[:n])
			var decode *DecodeError
			if !errors.Is(err, msgpack.ErrShort) || !errors.As(err, &decode) {
				t.Errorf("%s of %d bytes: got %v, want %v", name, n, err, msgpack.ErrShort)
			}
			want := io.ErrUnexpectedEOF
			if n == 0 {
				want = io.EOF
			}
			if _, err := readValue(bufio.NewReader(bytes.NewReader(m.bytes[:n])), nil, 1<<20); err != want {
				t.Errorf("%s of %d bytes: reading: got %v, want %v", name, n, err, want)
			}
		}
	}
}

func TestMissingAndNilFieldsAreZero(t *testing.T) {
	for name, m := range messages() {
		zero := reflect.Zero(reflect.TypeOf(m.value)).Interface()
		if name == "stats" {
			zero = map[string]map[string]string{}
		}
		for _, b := range []string{"\x80", "\xc0", "\xde\x00\x00", "\x81\xa5Other\x93\x01\xc0\x80"} {
			if name == "stats" && len(b) > 3 {
				continue
			}
			got, err := m.decode([]byte(b))
			if err != nil || !reflect.DeepEqual(got, zero) {
				t.Errorf("%s from %x: got %+v, %v, want zero", name, b, got, err)
			}
		}
		for _, b := range []string{"\x90", "\x92\x01\x02", "\x01", "\xa1a", "\x81\x01\x02"} {
			if _, err := m.decode([]byte(b)); !errors.Is(err, msgpack.ErrType) {
				t.Errorf("%s from %x: got %v, want %v", name, b, err, msgpack.ErrType)
			}
		}
	}
}

func BenchmarkAppendMembers10000(b *testing.B) {
	members := manyMembers(10000)
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for _, m := range members {
			buf = appendMember(buf, m)
		}
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecodeMembers10000(b *testing.B) {
	body := membersBody(10000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeMembers(body); err != nil {
			b.Fatal(err)
		}
	}
}

func membersBody(n int) []byte {
	body := msgpack.AppendArray([]byte("\x81\xa7Members"), n)
	for _, m := range manyMembers(n) {
		body = appendMember(body, m)
	}
	return body
}

func BenchmarkReadMembers10000(b *testing.B) {
	body := membersBody(10000)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		var err error
		if buf, err = readValue(bufio.NewReaderSize(bytes.NewReader(body), 32<<10), buf[:0], replyBytesMax); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLibraryMembers10000 is what the library would cost.
func BenchmarkLibraryMembers10000(b *testing.B) {
	body := membersBody(10000)
	var reply struct{ Members []shadow }
	h := oracle()
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			reply.Members = nil
			if err := codec.NewDecoderBytes(body, h).Decode(&reply); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		var buf []byte
		b.ReportAllocs()
		for b.Loop() {
			buf = buf[:0]
			if err := codec.NewEncoderBytes(&buf, h).Encode(reply); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMembers10000OverLoopback(b *testing.B) {
	_, addr := startServer(b, &fakeBackend{members: manyMembers(10000)}, ServerConfig{})
	c := dialClient(b, addr, "")
	b.ReportAllocs()
	for b.Loop() {
		if members, err := c.Members(b.Context()); err != nil || len(members) != 10000 {
			b.Fatal(len(members), err)
		}
	}
}

func BenchmarkStatsOverLoopback(b *testing.B) {
	backend := loadSession(b, "cli-info").backend(b)
	_, addr := startServer(b, backend, ServerConfig{})
	c := dialClient(b, addr, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Stats(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
