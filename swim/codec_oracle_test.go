package swim

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"github.com/ugorji/go/codec"
	"pgregory.net/rapid"
)

// The messages as the library sees them: names on the wire, fields in declaration order.
type (
	libraryPing struct {
		SeqNo      uint32
		Node       string
		SourceAddr []byte `codec:",omitempty"`
		SourcePort uint16 `codec:",omitempty"`
		SourceNode string `codec:",omitempty"`
	}
	libraryIndirectPing struct {
		SeqNo      uint32
		Target     []byte
		Port       uint16
		Node       string
		Nack       bool
		SourceAddr []byte `codec:",omitempty"`
		SourcePort uint16 `codec:",omitempty"`
		SourceNode string `codec:",omitempty"`
	}
	libraryAck struct {
		SeqNo   uint32
		Payload []byte
	}
	libraryNack    struct{ SeqNo uint32 }
	librarySuspect struct {
		Incarnation uint32
		Node        string
		From        string
	}
	libraryAlive struct {
		Incarnation uint32
		Node        string
		Addr        []byte
		Port        uint16
		Meta        []byte
		Vsn         []byte
	}
	libraryError  struct{ Error string }
	libraryHeader struct {
		Nodes        int
		UserStateLen int
		Join         bool
	}
	libraryMember struct {
		Name        string
		Addr        []byte
		Port        uint16
		Meta        []byte
		Incarnation uint32
		State       int
		Vsn         []byte
	}
)

var libraryHandle = func() *codec.MsgpackHandle {
	h := &codec.MsgpackHandle{}
	h.WriteExt = false
	h.Canonical = true
	h.MaxDepth = 1024
	return h
}()

// libraryView returns what the library makes of a message of ours.
func libraryView(message any) any {
	switch m := message.(type) {
	case *Ping:
		return &libraryPing{m.Sequence, string(m.Node), addrBytes(m.Source), m.Source.Port(), string(m.SourceNode)}
	case *IndirectPing:
		return &libraryIndirectPing{m.Sequence, addrBytes(m.Target), m.Target.Port(), string(m.Node), m.WantNack, addrBytes(m.Source), m.Source.Port(), string(m.SourceNode)}
	case *Ack:
		return &libraryAck{m.Sequence, m.Payload}
	case *Nack:
		return &libraryNack{m.Sequence}
	case *SuspectMessage:
		return &librarySuspect{m.Incarnation, string(m.Node), string(m.From)}
	case *DeadMessage:
		return &librarySuspect{m.Incarnation, string(m.Node), string(m.From)}
	case *AliveMessage:
		return &libraryAlive{m.Incarnation, string(m.Node), addrBytes(m.Addr), m.Addr.Port(), m.Meta, m.Versions}
	case *string:
		return &libraryError{*m}
	}
	return nil
}

func addrBytes(ap netip.AddrPort) []byte {
	if !ap.Addr().IsValid() {
		return nil
	}
	return ap.Addr().AsSlice()
}

// libraryDecode decodes the message b, without its type byte, into a new value of the type of like.
func libraryDecode(b []byte, like any) (any, error) {
	v := reflect.New(reflect.TypeOf(like).Elem()).Interface()
	return v, codec.NewDecoderBytes(bytes.Clone(b), libraryHandle).Decode(v)
}

func libraryEncode(t interface{ Fatal(...any) }, message any) []byte {
	var b []byte
	if err := codec.NewEncoderBytes(&b, libraryHandle).Encode(message); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesAreWrittenLikeTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ping, indirect, ack, nack := pingCase.Draw(t), indirectPingCase.Draw(t), ackCase.Draw(t), nackCase.Draw(t)
		suspect, dead, alive, text := suspectCase.Draw(t), deadCase.Draw(t), aliveCase.Draw(t), errorCase.Draw(t)
		for _, c := range []struct {
			got     []byte
			message any
		}{
			{AppendPing(nil, &ping), &ping},
			{AppendIndirectPing(nil, &indirect), &indirect},
			{AppendAck(nil, &ack), &ack},
			{AppendNack(nil, &nack), &nack},
			{AppendSuspect(nil, &suspect), &suspect},
			{AppendDead(nil, &dead), &dead},
			{AppendAlive(nil, &alive), &alive},
			{AppendErrorMessage(nil, text), &text},
		} {
			if want := libraryEncode(t, libraryView(c.message)); !bytes.Equal(c.got[1:], want) {
				t.Fatalf("%+v\ngot  %x\nwant %x", c.message, c.got[1:], want)
			}
		}
	})
}

func TestStateIsWrittenLikeTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := stateCase.Draw(t)
		want := libraryEncode(t, &libraryHeader{len(s.Members), len(s.User), s.Join})
		for _, m := range s.Members {
			want = append(want, libraryEncode(t, &libraryMember{m.Info.Name, addrBytes(m.Info.Addr), m.Info.Addr.Port(), m.Info.Meta,
				m.Incarnation, int(m.Status), m.Info.Versions[:]})...)
		}
		want = append(want, s.User...)
		if got := AppendState(nil, s)[1:]; !bytes.Equal(got, want) {
			t.Fatalf("got  %x\nwant %x", got, want)
		}
	})
}

// knownDifference reports whether err, from our decoder, stands for something the library takes and we refuse: a float for an
// integer, an address that is none, and nesting, which it only counts elsewhere.
func knownDifference(b []byte, err error) bool {
	var decodeError *DecodeError
	if !errors.As(err, &decodeError) {
		return false
	}
	at := decodeError.Offset - 1
	isFloat := errors.Is(err, ErrType) && at >= 0 && at < len(b) && (b[at] == 0xca || b[at] == 0xcb)
	return isFloat || errors.Is(err, ErrAddress) || errors.Is(err, ErrDepth)
}
