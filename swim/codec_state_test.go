package swim

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"serf/sim/proof"
)

var stateCase = proof.Codec[*State]{
	Draw: func(t *rapid.T) *State {
		s := &State{Join: rapid.Bool().Draw(t, "join"), User: drawOptional(t, "user"), Members: []MemberState{}}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			s.Members = append(s.Members, drawMember(t))
		}
		return s
	},
	Append: func(dst []byte, s **State) []byte { return AppendState(dst, *s) },
	Decode: DecodeState,
	Short:  ErrShort,
	Sizes: map[int]*State{
		29:      {},
		31:      {User: []byte("ab")},
		29 + 56: {Members: []MemberState{{Info: &Info{}}}},
	},
}

func drawMember(t *rapid.T) MemberState {
	return MemberState{
		Info: &Info{
			Name:     string(proof.DrawName(t, "name")),
			Addr:     proof.DrawAddr(t, "addr"),
			Meta:     proof.DrawBytes(t, "meta"),
			Versions: Versions(rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "versions")),
		},
		Incarnation: rapid.Uint32().Draw(t, "incarnation"),
		Status:      Status(rapid.Byte().Draw(t, "status")),
	}
}

func TestStateRoundTrip(t *testing.T)  { stateCase.RoundTrip(t) }
func TestStateTruncation(t *testing.T) { stateCase.Truncation(t) }
func TestStateSize(t *testing.T)       { stateCase.Size(t) }

func TestStateIsBuiltInOneAllocation(t *testing.T) {
	s := bigState(1000)
	b := AppendState(nil, s)
	// Counted by its effect, since the race detector allocates too: a buffer that had to grow would be larger.
	if spare := cap(b) - len(b); spare > len(b)/4 {
		t.Errorf("%d bytes are in a buffer of %d", len(b), cap(b))
	}
	if got := testing.AllocsPerRun(20, func() { AppendState(b[:0], s) }); got != 0 {
		t.Errorf("got %v allocations into a large buffer, want 0", got)
	}
}

func TestStateKeepsNothingOfTheInput(t *testing.T) {
	want := bigState(10)
	b := AppendState(nil, want)
	got, err := DecodeState(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestStateSharesWhatIsKnown(t *testing.T) {
	known := &View{Members: bigState(100).Members}
	peer := bigState(103)
	changed := *peer.Members[7].Info
	changed.Meta = []byte{}
	peer.Members[7].Info = &changed
	slices.Reverse(peer.Members[50:])

	got, err := DecodeStateSharing(AppendState(nil, peer), known)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, peer) {
		t.Fatal("got something else than was sent")
	}
	shared := 0
	for _, m := range got.Members {
		if slices.ContainsFunc(known.Members, func(k MemberState) bool { return k.Info == m.Info }) {
			shared++
		}
	}
	if want := 99; shared != want {
		t.Errorf("got %d shared, want %d", shared, want)
	}
}

// TestStateSharingChangesNothing: whatever is known, the decoded State is the one that was sent.
func TestStateSharingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := stateCase.Draw(t)
		known := &View{Members: slices.Clone(want.Members)}
		for range rapid.IntRange(0, 2).Draw(t, "others") {
			known.Members = append(known.Members, drawMember(t))
		}
		slices.SortFunc(known.Members, func(a, b MemberState) int { return strings.Compare(a.Info.Name, b.Info.Name) })
		got, err := DecodeStateSharing(AppendState(nil, want), known)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	})
}

func TestOddMembersDoNotSpoilAState(t *testing.T) {
	header := "\x06\x83\xa4Join\xc2\xa5Nodes\x01\xacUserStateLen\x00"
	tests := []struct {
		name, body string
		want       MemberState
	}{
		{"nothing", "\xc0", MemberState{Info: &Info{}}},
		{"address of 5 bytes", "\x81\xa4Addr\xa512345", MemberState{Info: &Info{}}},
		{"address of 5 bytes with a port", "\x82\xa4Addr\xa512345\xa4Port\x07", MemberState{Info: &Info{Addr: netip.AddrPortFrom(netip.Addr{}, 7)}}},
		{"5 version bytes", "\x81\xa3Vsn\xa5\x01\x05\x02\x02\x05", MemberState{Info: &Info{}}},
		{"state 4", "\x81\xa5State\x04", MemberState{Info: &Info{}, Status: 4}},
		{"state -1", "\x81\xa5State\xff", MemberState{Info: &Info{}, Status: math.MaxUint8}},
		{"state 256", "\x81\xa5State\xd1\x01\x00", MemberState{Info: &Info{}, Status: math.MaxUint8}},
	}
	for _, tt := range tests {
		s, err := DecodeState([]byte(header + tt.body))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := s.Members[0]; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v %+v, want %+v %+v", tt.name, got, got.Info, tt.want, tt.want.Info)
		}
	}
}

func TestStateWithWrongFieldNamesIt(t *testing.T) {
	_, err := DecodeState([]byte("\x06\x83\xa4Join\xc2\xa5Nodes\x01\xacUserStateLen\x00\x81\xa4Port\xce\x00\x01\x00\x00"))
	want := DecodeError{Message: TypePushPull, Field: "Port", Offset: 40, Err: ErrRange}
	var got *DecodeError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("got %v, want %v", err, &want)
	}
}

// TestDeclaredSizesAllocateNothing: headers that lie cost no more than what came with them.
func TestDeclaredSizesAllocateNothing(t *testing.T) {
	for _, header := range []string{
		"\x06\x83\xa4Join\xc2\xa5Nodes\xd2\x00\x10\x00\x00\xacUserStateLen\x00",
		"\x06\x83\xa4Join\xc2\xa5Nodes\x00\xacUserStateLen\xd2\x01\x40\x00\x00",
		"\x06\x83\xa4Join\xc2\xa5Nodes\x01\xacUserStateLen\x00\x81\xa4Meta\xdb\x7f\xff\xff\xff",
		"\x06\x83\xa4Join\xc2\xa5Nodes\x01\xacUserStateLen\x00\x81\xa4Meta\xdd\x7f\xff\xff\xff",
	} {
		b := []byte(header)
		before := allocatedBytes(t, func() {
			if _, err := DecodeState(b); !errors.Is(err, ErrShort) {
				t.Errorf("%q: got %v, want %v", header, err, ErrShort)
			}
		})
		if limit := uint64(2048); before > limit {
			t.Errorf("%q: got %d bytes allocated, want at most %d", header, before, limit)
		}
	}
}

// TestManyEmptyMembersStayCheap: a member of one byte must not cost the size of an Info.
func TestManyEmptyMembersStayCheap(t *testing.T) {
	const members = 1 << 16
	b := append([]byte("\x06\x82\xa5Nodes\xd2\x00\x01\x00\x00\xacUserStateLen\x00"), make([]byte, members)...)
	for i := len(b) - members; i < len(b); i++ {
		b[i] = 0xc0
	}
	got := allocatedBytes(t, func() {
		if _, err := DecodeState(b); err != nil {
			t.Fatal(err)
		}
	})
	if limit := uint64(100 * members); got > limit {
		t.Errorf("got %d bytes allocated for %d, want at most %d", got, len(b), limit)
	}
}

// allocatedBytes returns what f allocates: the least of a few runs, since the runtime allocates now and then as well.
func allocatedBytes(t *testing.T, f func()) uint64 {
	t.Helper()
	least := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// bigState is what a cluster of n members exchanges: names of 10 bytes, metadata of 40, sorted by name.
func bigState(n int) *State {
	s := &State{Members: make([]MemberState, n), User: make([]byte, 600)}
	for i := range s.Members {
		meta := fmt.Appendf([]byte{0xff}, "%039d", i)
		s.Members[i] = MemberState{
			Info: &Info{
				Name:     fmt.Sprintf("node-%05d", i),
				Addr:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 7946),
				Meta:     meta,
				Versions: Versions{1, 5, 2, 2, 5, 5},
			},
			Incarnation: uint32(i),
		}
	}
	return s
}
