package rpc

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/ugorji/go/codec"

	"serf/eventbus"
)

// session is one recorded connection between a reference client or a hand-made one and a reference agent.
type session struct {
	Name     string    `json:"name"`
	Messages []message `json:"messages"`
}

// message is one MessagePack value of a session, or the end of one direction.
type message struct {
	Dir   string `json:"dir"`
	Hex   string `json:"hex"`
	Value any    `json:"value"`
	EOF   bool   `json:"eof"`
}

func loadSession(t testing.TB, name string) session {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "vectors", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s session
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func (m message) bytes(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(m.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// field returns a field of a value that is a map.
func (m message) field(name string) (any, bool) {
	fields, _ := m.Value.(map[string]any)
	v, ok := fields[name]
	return v, ok
}

// direction returns the messages of one direction and whether that side closed before the other.
func (s session) direction(dir string) (messages []message, closedFirst bool) {
	ended := false
	for _, m := range s.Messages {
		switch {
		case m.EOF && !ended:
			ended, closedFirst = true, m.Dir == dir
		case !m.EOF && m.Dir == dir:
			messages = append(messages, m)
		}
	}
	return messages, closedFirst
}

// backend returns an agent that gives the answers of the session.
func (s session) backend(t testing.TB) *fakeBackend {
	f := &fakeBackend{}
	for _, m := range s.Messages {
		if m.Dir != "s2c" || m.EOF {
			continue
		}
		if _, ok := m.field("Members"); ok && len(f.members) == 0 {
			f.members = membersOf(t, m.bytes(t))
		}
		if _, ok := m.field("runtime"); ok {
			stats, err := decodeStats(m.bytes(t))
			if err != nil {
				t.Fatal(err)
			}
			f.stats = stats
		}
	}
	return f
}

func membersOf(t testing.TB, body []byte) (members []*eventbus.Member) {
	t.Helper()
	decoded, err := decodeMembers(body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range decoded {
		members = append(members, memberOf(t, m))
	}
	return members
}

func memberOf(t testing.TB, m Member) *eventbus.Member {
	t.Helper()
	ip, ok := netip.AddrFromSlice(m.Addr)
	if !ok {
		t.Fatalf("address %v of %s", m.Addr, m.Name)
	}
	status := map[string]eventbus.Status{
		"alive": eventbus.StatusAlive, "left": eventbus.StatusLeft, "failed": eventbus.StatusFailed, "leaving": eventbus.StatusLeaving,
	}
	return &eventbus.Member{
		Name:     m.Name,
		Addr:     netip.AddrPortFrom(ip, m.Port),
		Tags:     m.Tags,
		Status:   status[m.Status],
		Versions: eventbus.Versions{m.ProtocolMin, m.ProtocolMax, m.ProtocolCur, m.DelegateMin, m.DelegateMax, m.DelegateCur},
	}
}

// oracle is the library, set up for the newer profile. It tells str from bin and keeps map keys apart by type.
func oracle() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{}
	h.WriteExt = true
	h.Canonical = true
	h.MapType = reflect.TypeFor[map[string]any]()
	return h
}

// decodeAny returns the value in b with every list of members sorted by name.
func decodeAny(t testing.TB, b []byte) any {
	t.Helper()
	var v any
	if err := codec.NewDecoderBytes(b, oracle()).Decode(&v); err != nil {
		t.Fatalf("oracle: %v in %x", err, b)
	}
	if m, ok := v.(map[string]any); ok {
		if members, ok := m["Members"].([]any); ok {
			slices.SortFunc(members, func(a, b any) int {
				return bytes.Compare([]byte(nameOf(a)), []byte(nameOf(b)))
			})
		}
	}
	return v
}

func nameOf(member any) string {
	name, _ := member.(map[string]any)["Name"].(string)
	return name
}

// split cuts a stream into its values.
func split(t testing.TB, stream []byte) (values [][]byte) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(stream))
	for {
		v, err := readValue(in, nil, len(stream))
		if err == io.EOF {
			return values
		}
		if err != nil {
			t.Fatalf("value %d: %v", len(values), err)
		}
		values = append(values, v)
	}
}

// compareValues checks that the values are those of want: the same but for the order of free maps and of members, and
// byte for byte as long. Statistics may have the groups that the reference does not know.
func compareValues(t *testing.T, got [][]byte, want []message) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i < len(got) {
			got[i] = withoutOwnGroups(got[i])
		}
		switch {
		case i >= len(got):
			t.Errorf("value %d: got none, want %v", i, want[i].Value)
		case i >= len(want):
			t.Errorf("value %d: got %v, want none", i, decodeAny(t, got[i]))
		case bytes.Equal(got[i], want[i].bytes(t)):
		case len(got[i]) != len(want[i].bytes(t)) || !reflect.DeepEqual(decodeAny(t, got[i]), decodeAny(t, want[i].bytes(t))):
			t.Errorf("value %d:\ngot  %x\nwant %s", i, got[i], want[i].Hex)
		}
	}
}

func withoutOwnGroups(b []byte) []byte {
	stats, err := decodeStats(b)
	if err != nil || stats["rpc"] == nil {
		return b
	}
	delete(stats, "rpc")
	delete(stats, "rpc_clients")
	return appendStats(nil, stats)
}

// play sends the client's side of s to addr and returns the values that the server sends until it closes. Where the
// server did not close by itself the client ends its half.
func play(t *testing.T, addr string, s session) [][]byte {
	t.Helper()
	nc := dialRaw(t, addr)
	sent, _ := s.direction("c2s")
	var stream []byte
	for _, m := range sent {
		stream = append(stream, m.bytes(t)...)
	}
	if _, err := nc.Write(stream); err != nil {
		t.Fatal(err)
	}
	if _, serverFirst := s.direction("s2c"); !serverFirst {
		if err := nc.CloseWrite(); err != nil {
			t.Fatal(err)
		}
	}
	return split(t, readAll(t, nc))
}
