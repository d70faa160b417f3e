package swim

import (
	"bytes"
	"math"
	"net/netip"
	"slices"
	"strings"

	"serf/swim/msgpack"
)

// StateMembersMax is how many members a push/pull may declare: reference peers refuse more.
const StateMembersMax = 1 << 20

var (
	stateFields  = []string{"Nodes", "UserStateLen", "Join"}
	memberFields = []string{"Name", "Addr", "Port", "Meta", "Incarnation", "State", "Vsn"}
)

// memberBytes is about what a member takes on the wire beside its name and metadata.
const memberBytes = 80

// AppendState appends s with its type byte:
//
//	06
//	map of 3    "Join" bool  "Nodes" int  "UserStateLen" int
//	map of 7    "Addr" bytes  "Incarnation" u32  "Meta" bytes  "Name" str  "Port" u16  "State" int  "Vsn" 6 bytes
//	…           one for each member
//	[n]         User
func AppendState(dst []byte, s *State) []byte {
	dst = AppendStateHead(slices.Grow(dst, stateBytes(s)), s)
	dst = AppendStateMembers(dst, s.Members)
	return append(dst, s.User...)
}

// AppendStateHead appends what AppendState does before the members.
func AppendStateHead(dst []byte, s *State) []byte {
	dst = append(dst, byte(TypePushPull), 0x83)
	dst = append(dst, "\xa4Join"...)
	dst = msgpack.AppendBool(dst, s.Join)
	dst = append(dst, "\xa5Nodes"...)
	dst = msgpack.AppendInt(dst, int64(len(s.Members)))
	dst = append(dst, "\xacUserStateLen"...)
	return msgpack.AppendInt(dst, int64(len(s.User)))
}

// AppendStateMembers appends the members of a state as AppendState does.
func AppendStateMembers(dst []byte, members []MemberState) []byte {
	for i := range members {
		dst = appendMember(dst, &members[i])
	}
	return dst
}

func stateBytes(s *State) int {
	n := 64 + len(s.User)
	for i := range s.Members {
		n += memberBytes + len(s.Members[i].Info.Name) + len(s.Members[i].Info.Meta)
	}
	return n
}

func appendMember(dst []byte, m *MemberState) []byte {
	dst = append(dst, "\x87\xa4Addr"...)
	dst = appendAddr(dst, m.Info.Addr.Addr())
	dst = append(dst, "\xabIncarnation"...)
	dst = msgpack.AppendUint(dst, uint64(m.Incarnation))
	dst = append(dst, "\xa4Meta"...)
	dst = msgpack.AppendBytes(dst, m.Info.Meta)
	dst = append(dst, "\xa4Name"...)
	dst = msgpack.AppendString(dst, m.Info.Name)
	dst = append(dst, "\xa4Port"...)
	dst = msgpack.AppendUint(dst, uint64(m.Info.Addr.Port()))
	dst = append(dst, "\xa5State"...)
	dst = msgpack.AppendInt(dst, int64(m.Status))
	dst = append(dst, "\xa3Vsn\xa6"...)
	return append(dst, m.Info.Versions[:]...)
}

// DecodeState decodes the push/pull b, type byte first. The State keeps no part of b.
//
// What is odd about one member must not spoil the whole exchange, so that the merge can pass over it: a member may have
// an empty name; an address of neither 4 nor 16 bytes becomes the invalid one, fewer than six version bytes the zero
// Versions, and a state that has no name some Status that is none of ours.
//
// It fails with a *DecodeError: ErrDeclared when the number of members is not within 0..StateMembersMax or the length of
// the user part not within 0..UserBytesMax. Memory is taken for what is there, never for what was declared.
func DecodeState(b []byte) (*State, error) { return DecodeStateSharing(b, nil) }

// DecodeStateSharing is DecodeState for a receiver that knows most members already: those that come unchanged share the
// Info of known, and nothing is allocated for them. It may run while known is in use elsewhere.
func DecodeStateSharing(b []byte, known *View) (*State, error) {
	d := open(b, TypePushPull, stateFields)
	var members, user int64
	s := &State{}
	for d.More() {
		switch d.Field {
		case 0:
			members = d.Int()
		case 1:
			user = d.Int()
		case 2:
			s.Join = d.Bool()
		}
	}
	d.limit(0, members, StateMembersMax)
	d.limit(1, user, UserBytesMax)
	if d.Fault() == nil {
		s.Members = make([]MemberState, 0, min(int(members), len(d.R.Rest()))) // each takes a byte at least; growing would take five times as much
	}
	share := sharer{known: known}
	for ; members > 0 && d.Fault() == nil; members-- {
		s.Members = append(s.Members, d.member(&share))
	}
	s.User = bytes.Clone(d.tail(user))
	if err := d.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// wireMember is a member as it travels; its slices are parts of the input.
type wireMember struct {
	name, meta []byte
	addr       netip.AddrPort
	versions   Versions
}

// member takes the body of one member.
func (d *decoder) member(share *sharer) MemberState {
	var w wireMember
	var m MemberState
	d.Begin(memberFields)
	for d.More() {
		switch d.Field {
		case 0:
			w.name = d.Bytes()
		case 1:
			a, _ := netip.AddrFromSlice(d.Bytes())
			w.addr = withAddr(w.addr, a)
		case 2:
			w.addr = withPort(w.addr, d.Uint16())
		case 3:
			w.meta = d.Bytes()
		case 4:
			m.Incarnation = d.Uint32()
		case 5:
			m.Status = statusOf(d.Int())
		case 6:
			w.versions = ParseVersions(d.Bytes())
		}
	}
	m.Info = share.info(&w)
	return m
}

// statusOf returns the Status with number n, or for a number that has no name and does not fit some other that has none.
func statusOf(n int64) Status {
	if n < 0 || n > math.MaxUint8 {
		return math.MaxUint8
	}
	return Status(n)
}

// sharer finds the Infos that need not be made again.
type sharer struct {
	known *View
	next  int // where the next member is found when the peer sends them sorted, as we do
}

// nobody is what an empty body says: it costs its sender one byte and must not cost us a hundred.
var nobody = &Info{}

func (h *sharer) info(w *wireMember) *Info {
	if h.known != nil {
		if info := h.find(w.name); info != nil && w.is(info) {
			return info
		}
	}
	if w.is(nobody) {
		return nobody
	}
	return &Info{Name: string(w.name), Addr: w.addr, Meta: bytes.Clone(w.meta), Versions: w.versions}
}

func (h *sharer) find(name []byte) *Info {
	members := h.known.Members
	if h.next >= len(members) || members[h.next].Info.Name != string(name) {
		i, found := slices.BinarySearchFunc(members, name, func(m MemberState, name []byte) int {
			return strings.Compare(m.Info.Name, string(name))
		})
		if !found {
			return nil
		}
		h.next = i
	}
	h.next++
	return members[h.next-1].Info
}

// is reports whether w says exactly what info says.
func (w *wireMember) is(info *Info) bool {
	return info.Name == string(w.name) && info.Addr == w.addr && info.Versions == w.versions &&
		(info.Meta == nil) == (w.meta == nil) && bytes.Equal(info.Meta, w.meta)
}
