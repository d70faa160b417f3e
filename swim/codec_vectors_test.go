package swim

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"testing"
)

// vector is a message of a reference peer with what it means.
type vector struct {
	Name    string
	Layer   string
	Hex     string
	Decoded decoded
	Error   string
}

// decoded is the meaning of a message; which fields count depends on its type. Byte strings are hex.
type decoded struct {
	Type      string
	Fields    fields
	Payload   string
	Header    fields
	Nodes     []fields
	UserState string `json:"user_state"`
	Messages  []decoded
	Layers    []string
	ReplyHex  string `json:"reply_hex"`
	Reply     *decoded
}

// fields are the fields of a body by their names on the wire.
type fields map[string]any

func (f fields) str(key string) []byte { return []byte(f[key].(string)) }
func (f fields) u32(key string) uint32 { return uint32(f[key].(float64)) }

func (f fields) bytes(key string) []byte {
	if f[key] == nil {
		return nil
	}
	return unhex(f[key].(string))
}

func (f fields) addr(key, port string) netip.AddrPort {
	a, _ := netip.AddrFromSlice(f.bytes(key))
	return netip.AddrPortFrom(a, uint16(f.u32(port)))
}

func (f fields) member() MemberState {
	return MemberState{
		Info: &Info{
			Name:     string(f.str("Name")),
			Addr:     f.addr("Addr", "Port"),
			Meta:     f.bytes("Meta"),
			Versions: ParseVersions(f.bytes("Vsn")),
		},
		Incarnation: f.u32("Incarnation"),
		Status:      Status(f.u32("State")),
	}
}

// build returns the message that d describes, as a pointer.
func (d decoded) build(t *testing.T) any {
	f := d.Fields
	switch d.Type {
	case "ping":
		return &Ping{Sequence: f.u32("SeqNo"), Node: f.str("Node"), Source: f.addr("SourceAddr", "SourcePort"), SourceNode: f.str("SourceNode")}
	case "indirect-ping":
		return &IndirectPing{Sequence: f.u32("SeqNo"), Node: f.str("Node"), WantNack: f["Nack"].(bool), Target: f.addr("Target", "Port"),
			Source: f.addr("SourceAddr", "SourcePort"), SourceNode: f.str("SourceNode")}
	case "ack":
		return &Ack{Sequence: f.u32("SeqNo"), Payload: f.bytes("Payload")}
	case "nack":
		return &Nack{Sequence: f.u32("SeqNo")}
	case "suspect":
		return &SuspectMessage{Incarnation: f.u32("Incarnation"), Node: f.str("Node"), From: f.str("From")}
	case "dead":
		return &DeadMessage{Incarnation: f.u32("Incarnation"), Node: f.str("Node"), From: f.str("From")}
	case "alive":
		return &AliveMessage{Incarnation: f.u32("Incarnation"), Node: f.str("Node"), Addr: f.addr("Addr", "Port"), Meta: f.bytes("Meta"), Versions: f.bytes("Vsn")}
	case "err":
		text := f["Error"].(string)
		return &text
	case "push-pull":
		s := &State{Join: d.Header["Join"].(bool)}
		if d.UserState != "" {
			s.User = unhex(d.UserState)
		}
		for _, n := range d.Nodes {
			s.Members = append(s.Members, n.member())
		}
		return s
	}
	t.Fatalf("unknown message %q", d.Type)
	return nil
}

// encodeAny and decodeAny choose the codec by the type of the message.
func encodeAny(t *testing.T, message any) []byte {
	switch m := message.(type) {
	case *Ping:
		return AppendPing(nil, m)
	case *IndirectPing:
		return AppendIndirectPing(nil, m)
	case *Ack:
		return AppendAck(nil, m)
	case *Nack:
		return AppendNack(nil, m)
	case *SuspectMessage:
		return AppendSuspect(nil, m)
	case *DeadMessage:
		return AppendDead(nil, m)
	case *AliveMessage:
		return AppendAlive(nil, m)
	case *string:
		return AppendErrorMessage(nil, *m)
	case *State:
		return AppendState(nil, m)
	}
	t.Fatalf("no codec for %T", message)
	return nil
}

func decodeAny(b []byte) (any, error) {
	if len(b) == 0 {
		return nil, ErrShort
	}
	switch MessageType(b[0]) {
	case TypePing:
		m, err := DecodePing(b)
		return &m, err
	case TypeIndirectPing:
		m, err := DecodeIndirectPing(b)
		return &m, err
	case TypeAck:
		m, err := DecodeAck(b)
		return &m, err
	case TypeNack:
		m, err := DecodeNack(b)
		return &m, err
	case TypeSuspect:
		m, err := DecodeSuspect(b)
		return &m, err
	case TypeDead:
		m, err := DecodeDead(b)
		return &m, err
	case TypeAlive:
		m, err := DecodeAlive(b)
		return &m, err
	case TypeError:
		m, err := DecodeErrorMessage(b)
		return &m, err
	case TypePushPull:
		return DecodeState(b)
	}
	return nil, ErrType
}

// normal makes the names of a message non-nil: a name knows no nil.
func normal(message any) any {
	v := reflect.ValueOf(message).Elem()
	for i := range max(0, fieldCount(v)) {
		name := v.Type().Field(i).Name
		if slices.Contains([]string{"Node", "From", "SourceNode"}, name) && v.Field(i).IsNil() {
			v.Field(i).SetBytes([]byte{})
		}
	}
	return message
}

func fieldCount(v reflect.Value) int {
	if v.Kind() != reflect.Struct {
		return 0
	}
	return v.NumField()
}

func TestMessagesMatchTheReference(t *testing.T) {
	for _, v := range loadVectors(t, "messages.json") {
		if v.Layer != "message" || v.Decoded.Type == "user" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) { checkBothWays(t, unhex(v.Hex), v.Decoded) })
	}
}

// checkBothWays decodes b and encodes what it shall mean.
func checkBothWays(t *testing.T, b []byte, d decoded) {
	t.Helper()
	want := d.build(t)
	got, err := decodeAny(b)
	if err != nil {
		t.Fatalf("decode of %x: %v", b, err)
	}
	if !reflect.DeepEqual(normal(got), normal(want)) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if again := encodeAny(t, want); !bytes.Equal(again, b) {
		t.Errorf("encoded\ngot  %x\nwant %x", again, b)
	}
}

func TestBodiesMatchTheReference(t *testing.T) {
	for _, v := range loadVectors(t, "messages.json") {
		if v.Layer != "body" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			f, body := v.Decoded.Fields, unhex(v.Hex)
			switch {
			case f["Nodes"] != nil:
				checkStateHeader(t, f, body)
			case f["UserMsgLen"] != nil:
				checkUserHeader(t, f, body)
			default:
				header := "\x06\x83\xa4Join\xc2\xa5Nodes\x01\xacUserStateLen\x00"
				checkState(t, append([]byte(header), body...), &State{Members: []MemberState{f.member()}})
			}
		})
	}
}

func checkState(t *testing.T, b []byte, want *State) {
	t.Helper()
	got, err := DecodeState(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if again := AppendState(nil, want); !bytes.Equal(again, b) {
		t.Errorf("encoded\ngot  %x\nwant %x", again, b)
	}
}

func checkStateHeader(t *testing.T, f fields, body []byte) {
	t.Helper()
	s := &State{Join: f["Join"].(bool), User: make([]byte, f.u32("UserStateLen"))}
	for range f.u32("Nodes") {
		s.Members = append(s.Members, MemberState{Info: &Info{}})
	}
	b := AppendState(nil, s)
	if want := append([]byte{byte(TypePushPull)}, body...); !bytes.HasPrefix(b, want) {
		t.Errorf("got %x, want %x in front", b[:len(want)], want)
	}
	got, err := DecodeState(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Join != s.Join || len(got.Members) != len(s.Members) || len(got.User) != len(s.User) {
		t.Errorf("got %v, %d members, %d bytes; want %v", got.Join, len(got.Members), len(got.User), f)
	}
}

func checkUserHeader(t *testing.T, f fields, body []byte) {
	t.Helper()
	payload := bytes.Repeat([]byte("p"), int(f.u32("UserMsgLen")))
	b := slices.Concat([]byte{byte(TypeUser)}, body, payload)
	got, err := DecodeUserStream(b)
	if err != nil || !bytes.Equal(got, payload) {
		t.Errorf("got %q, %v; want %q", got, err, payload)
	}
	if again := AppendUserStream(nil, payload); !bytes.Equal(again, b) {
		t.Errorf("encoded\ngot  %x\nwant %x", again, b)
	}
}

// TestToleranceMatchesTheReference: legal but unusual encodings mean what they mean to the reference, and what it refuses
// is refused.
func TestToleranceMatchesTheReference(t *testing.T) {
	for _, v := range loadVectors(t, "decode-tolerance.json") {
		t.Run(v.Name, func(t *testing.T) {
			got, err := decodeAny(unhex(v.Hex))
			if v.Error != "" {
				var decodeError *DecodeError
				if !errors.As(err, &decodeError) {
					t.Errorf("got %+v and error %v, want a DecodeError", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := normal(v.Decoded.build(t))
			if !reflect.DeepEqual(normal(got), want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if again, err := decodeAny(encodeAny(t, got)); err != nil || !reflect.DeepEqual(normal(again), want) {
				t.Errorf("encoded and decoded again: got %+v, %v; want %+v", again, err, want)
			}
		})
	}
}

func TestStreamsMatchTheReference(t *testing.T) {
	for _, v := range loadVectors(t, "streams.json") {
		t.Run(v.Name, func(t *testing.T) {
			if v.Decoded.Type == "user" {
				checkUserHeader(t, v.Decoded.Header, unhex(v.Hex)[1:len(v.Hex)/2-len(v.Decoded.Payload)/2])
				return
			}
			checkBothWays(t, unhex(v.Hex), v.Decoded)
			if v.Decoded.Reply != nil {
				checkBothWays(t, unhex(v.Decoded.ReplyHex), *v.Decoded.Reply)
			}
		})
	}
}

func TestRejectedStreamsMatchTheReference(t *testing.T) {
	reasons := map[string]error{"eof": ErrShort, "size": ErrDeclared, "decode": ErrType}
	for _, v := range loadVectors(t, "stream-errors.json") {
		b := unhex(v.Hex)
		var err error
		if MessageType(b[0]) == TypeUser {
			_, err = DecodeUserStream(b)
		} else {
			_, err = DecodeState(b)
		}
		if want := reasons[v.Error]; want == nil || !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v (%s)", v.Name, err, want, v.Error)
		}
	}
}

// TestCapturesMatchTheReference takes recorded traffic apart that is neither compressed nor encrypted.
func TestCapturesMatchTheReference(t *testing.T) {
	for _, v := range loadVectors(t, "captures.json") {
		t.Run(v.Name, func(t *testing.T) {
			b := unhex(v.Hex)
			if v.Layer == "stream" {
				checkBothWays(t, b, v.Decoded)
				return
			}
			for i, part := range unwrap(b, v.Decoded.Layers) {
				if m := v.Decoded.Messages[i]; m.Type == "user" {
					if want := "08" + m.Payload; hex.EncodeToString(part) != want {
						t.Errorf("got %x, want %s", part, want)
					}
				} else {
					checkBothWays(t, part, m)
				}
			}
		})
	}
}

// unwrap takes off a checksum (type byte and 4 bytes) and takes a compound (count, lengths of 2 bytes, parts) apart.
func unwrap(b []byte, layers []string) [][]byte {
	if slices.Contains(layers, "crc") {
		b = b[5:]
	}
	if !slices.Contains(layers, "compound") {
		return [][]byte{b}
	}
	var parts [][]byte
	lengths, rest := b[2:2+2*int(b[1])], b[2+2*int(b[1]):]
	for ; len(lengths) > 0; lengths = lengths[2:] {
		n := int(lengths[0])<<8 | int(lengths[1])
		parts, rest = append(parts, rest[:n]), rest[n:]
	}
	return parts
}

func loadVectors(t testing.TB, name string) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var vectors []vector
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatalf("%s holds no vectors", name)
	}
	return vectors
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
