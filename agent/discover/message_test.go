package discover

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Answers of a reference agent d1 of cluster x on host vm at 10.91.0.1:7946, by what was asked.
const (
	debianPTR = "000084000000000400000000075f736572665f78045f746370056c6f63616c00000c0001000000780005026431c00cc02a0021000100000078000a000a0001" +
		"1f0a02766d00c041000100010000007800040a5b0001c02a0010000100000078001110536572662027782720636c7573746572"
	debianAny = "000084000000000300000000026431075f736572665f78045f746370056c6f63616c000021000100000078000a000a00011f0a02766d00c0330001000100000" +
		"07800040a5b0001c00c0010000100000078001110536572662027782720636c7573746572"
	debianSRV = "000084000000000200000000026431075f736572665f78045f746370056c6f63616c000021000100000078000a000a00011f0a02766d00c033000100010000007" +
		"800040a5b0001"
	debianA   = "00008400000000010000000002766d00000100010000007800040a5b0001"
	debianTXT = "000084000000000100000000026431075f736572665f78045f746370056c6f63616c000010000100000078001110536572662027782720636c7573746572"
	debianAll = "000084000000000100000000095f7365727669636573075f646e732d7364045f756470056c6f63616c00000c000100000078000f075f736572665f78045f746370c023"
)

func TestQuestionBytes(t *testing.T) {
	s := testService(t, "x", "d1", "10.91.0.1:7946")
	got, err := question(0x1234, s.name, dnsmessage.TypePTR)
	if err != nil {
		t.Fatal(err)
	}
	want := "12340000000100000000000007" + hex.EncodeToString([]byte("_serf_x")) + "04" + hex.EncodeToString([]byte("_tcp")) +
		"05" + hex.EncodeToString([]byte("local")) + "00000c0001"
	if hex.EncodeToString(got) != want {
		t.Errorf("got  %x\nwant %s", got, want)
	}
}

// TestAnswersAreThoseOfTheReference compares our answers with captured ones: record by record, since a target of SRV is not
// compressed here, and byte by byte where there is none.
func TestAnswersAreThoseOfTheReference(t *testing.T) {
	s := testService(t, "x", "d1", "10.91.0.1:7946")
	for _, tt := range []struct {
		name  string
		typ   dnsmessage.Type
		class dnsmessage.Class
		want  string
	}{
		{"_serf_x._tcp.local.", dnsmessage.TypePTR, 1, debianPTR},
		{"_serf_x._tcp.local.", dnsmessage.TypePTR, 0x8001, "1234" + debianPTR[4:]},
		{"_serf_x._tcp.local.", dnsmessage.TypeALL, 1, debianPTR},
		{"d1._serf_x._tcp.local.", dnsmessage.TypeALL, 1, debianAny},
		{"d1._serf_x._tcp.local.", dnsmessage.TypeSRV, 1, debianSRV},
		{"d1._serf_x._tcp.local.", dnsmessage.TypeA, 1, debianA},
		{"d1._serf_x._tcp.local.", dnsmessage.TypeTXT, 1, debianTXT},
		{servicesName, dnsmessage.TypePTR, 1, debianAll},
		{"d1._serf_x._tcp.local.", dnsmessage.TypeAAAA, 1, ""},
		{"_SERF_x._tcp.local.", dnsmessage.TypePTR, 1, ""},
		{"_serf_y._tcp.local.", dnsmessage.TypePTR, 1, ""},
		{"vm.", dnsmessage.TypeA, 1, ""},
		{"_serf_x._tcp.local.", dnsmessage.TypePTR, 3, ""},
	} {
		name := dnsmessage.MustNewName(tt.name)
		got := s.answer(pack(t, dnsmessage.Message{
			Header: dnsmessage.Header{ID: 0x1234}, Questions: []dnsmessage.Question{{Name: name, Type: tt.typ, Class: tt.class}},
		}))
		if tt.want == "" || !strings.Contains(tt.want, "0a00011f0a") {
			if hex.EncodeToString(got) != tt.want {
				t.Errorf("%s %v %x\ngot  %x\nwant %s", tt.name, tt.typ, uint16(tt.class), got, tt.want)
			}
			continue
		}
		if have, want := unpack(t, got), unpack(t, unhex(t, tt.want)); have.GoString() != want.GoString() {
			t.Errorf("%s %v\ngot  %s\nwant %s", tt.name, tt.typ, have.GoString(), want.GoString())
		}
	}
}

func TestOnlyQuestionsAreAnswered(t *testing.T) {
	s := testService(t, "x", "d1", "10.91.0.1:7946")
	q := dnsmessage.Question{Name: s.name, Type: dnsmessage.TypePTR, Class: 1}
	for name, b := range map[string][]byte{
		"nothing":      nil,
		"half":         pack(t, dnsmessage.Message{Questions: []dnsmessage.Question{q}})[:20],
		"an answer":    pack(t, dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Questions: []dnsmessage.Question{q}}),
		"an update":    pack(t, dnsmessage.Message{Header: dnsmessage.Header{OpCode: 5}, Questions: []dnsmessage.Question{q}}),
		"no question":  pack(t, dnsmessage.Message{}),
		"own response": s.answer(pack(t, dnsmessage.Message{Questions: []dnsmessage.Question{q}})),
	} {
		if got := s.answer(b); got != nil {
			t.Errorf("%s is answered by %x", name, got)
		}
	}
	many := slices.Repeat([]dnsmessage.Question{q}, 100)
	if got := len(unpack(t, s.answer(pack(t, dnsmessage.Message{Questions: many}))).Answers); got != 4*questionsMax {
		t.Errorf("100 questions: %d records, want those of %d", got, questionsMax)
	}
}

func TestIPv6AddressIsAnAAAARecord(t *testing.T) {
	s := testService(t, "x", "d1", "[fd00::1]:7946")
	list, err := s.parse(s.answer(ask(t, s.name, dnsmessage.TypePTR)))
	if err != nil || len(list) != 1 || !slices.Equal(list[0].addrs, []netip.AddrPort{s.addr}) {
		t.Errorf("got %v, %v, want %v", list, err, s.addr)
	}
}

func TestNamesThatAreNotOfDNS(t *testing.T) {
	long := strings.Repeat("x", 64)
	for _, tt := range []struct{ cluster, node, host, want string }{
		{long, "n", "h", "see -discover"},
		{"a..b", "n", "h", "see -discover"},
		{strings.Repeat("abcdefg.", 40), "n", "h", "see -discover"},
		{"x", long, "h", "see -node"},
		{"x", "a..b", "h", "see -node"},
		{"x", "", "h", "see -node"},
		{"x", "n", long, "host name"},
	} {
		if _, err := newService(tt.cluster, tt.node, tt.host, netip.AddrPort{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.10q %.10q %.10q: %v, want %q in it", tt.cluster, tt.node, tt.host, err, tt.want)
		}
	}
	for _, node := range []string{"web1.example.com", "node one", `a\b`, "ö"} {
		s, err := newService("x", node, "", netip.MustParseAddrPort("10.0.0.1:1"))
		if err != nil {
			t.Errorf("%q: %v", node, err)
			continue
		}
		list, err := s.parse(s.answer(ask(t, s.name, dnsmessage.TypePTR)))
		if err != nil || len(list) != 1 || len(list[0].addrs) != 1 {
			t.Errorf("%q: understood as %v, %v", node, list, err)
		}
	}
}

func testService(t testing.TB, cluster, node, addr string) *service {
	t.Helper()
	s, err := newService(cluster, node, "vm", netip.MustParseAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

func ask(t testing.TB, name dnsmessage.Name, typ dnsmessage.Type) []byte {
	t.Helper()
	b, err := question(1, name, typ)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func pack(t testing.TB, m dnsmessage.Message) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func unpack(t testing.TB, b []byte) dnsmessage.Message {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatalf("%v in %x", err, b)
	}
	return m
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
