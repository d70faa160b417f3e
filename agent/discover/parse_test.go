package discover

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"serf/sim/proof"
)

func TestParseAnswers(t *testing.T) {
	s := testService(t, "x", "me", "10.0.0.1:7946")
	name := dnsmessage.MustNewName
	answer := func(records ...dnsmessage.Resource) string {
		return hex.EncodeToString(pack(t, dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Answers: records}))
	}
	ptr := func(service, instance string) dnsmessage.Resource {
		return record(name(service), &dnsmessage.PTRResource{PTR: name(instance)})
	}
	srv := func(instance, host string, port uint16) dnsmessage.Resource {
		return record(name(instance), &dnsmessage.SRVResource{Port: port, Target: name(host)})
	}
	txt := func(instance string) dnsmessage.Resource {
		return record(name(instance), &dnsmessage.TXTResource{TXT: []string{"t"}})
	}
	a := func(host string, ip ...byte) dnsmessage.Resource {
		return record(name(host), &dnsmessage.AResource{A: [4]byte(ip)})
	}
	const service, d1, d2 = "_serf_x._tcp.local.", "d1._serf_x._tcp.local.", "d2._serf_x._tcp.local."
	foreign := ptr("_serf_y._tcp.local.", "d1._serf_y._tcp.local.")
	additional := hex.EncodeToString(pack(t, dnsmessage.Message{Header: dnsmessage.Header{Response: true},
		Answers: []dnsmessage.Resource{ptr(service, d1)}, Additionals: []dnsmessage.Resource{srv(d1, "h.", 1), txt(d1), a("h.", 10, 0, 0, 2)}}))
	flush := srv(d1, "h.", 1)
	flush.Header.Class |= unicastBit
	chaos := srv(d1, "h.", 1)
	chaos.Header.Class = dnsmessage.ClassCHAOS
	for _, tt := range []struct{ what, bytes, want string }{
		{"reference, whole", debianPTR, "d1 named [10.91.0.1:7946]"},
		{"reference, follow-up", debianAny, "d1 [10.91.0.1:7946]"},
		{"reference, no text", debianSRV, "d1 []"},
		{"reference, other service", debianAll, ""},
		{"foreign cluster", answer(foreign), ""},
		{"foreign instance", answer(ptr(service, "d1._serf_y._tcp.local.")), ""},
		{"instance without a name", answer(ptr(service, service)), ""},
		{"named only", answer(ptr(service, d1)), "d1 named []"},
		{"no address", answer(ptr(service, d1), srv(d1, "h.", 1), txt(d1)), "d1 named []"},
		{"no text", answer(ptr(service, d1), srv(d1, "h.", 1), a("h.", 10, 0, 0, 2)), "d1 named []"},
		{"address of another host", answer(ptr(service, d1), srv(d1, "h.", 1), txt(d1), a("i.", 10, 0, 0, 2)), "d1 named []"},
		{"two addresses", answer(ptr(service, d1), srv(d1, "h.", 1), txt(d1), a("h.", 10, 0, 0, 2), a("h.", 10, 0, 0, 3)),
			"d1 named [10.0.0.2:1 10.0.0.3:1]"},
		{"two instances", answer(ptr(service, d1), ptr(service, d2), srv(d1, "h.", 1), srv(d2, "h.", 2), txt(d1), txt(d2), a("h.", 10, 0, 0, 2)),
			"d1 named [10.0.0.2:1], d2 named [10.0.0.2:2]"},
		{"further records", additional, "d1 named [10.0.0.2:1]"},
		{"cache flush bit", answer(flush, txt(d1), a("h.", 10, 0, 0, 2)), "d1 [10.0.0.2:1]"},
		{"other class", answer(chaos, txt(d1), a("h.", 10, 0, 0, 2)), "d1 []"},
		{"fewer records than said", debianTXT[:12] + "0002" + debianTXT[16:], "error"},
		{"strange name, then ours", strangeThenOurs(t), "d1 [10.91.0.1:7946]"},
		{"question", hex.EncodeToString(ask(t, s.name, dnsmessage.TypePTR)), "error"},
		{"nothing", "", "error"},
		{"header only", debianPTR[:24], "error"},
		{"cut", debianPTR[:100], "error"},
	} {
		list, err := s.parse(unhex(t, tt.bytes))
		if got := show(list, err); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.what, got, tt.want)
		}
	}
}

// strangeThenOurs is the answer to a follow-up question behind a record whose name has a dot in a label.
func strangeThenOurs(t *testing.T) string {
	b := unhex(t, debianTXT)
	b[7] = 3 // records
	strange := unhex(t, "03612e6200"+"000100010000007800040a000001")
	srv := unhex(t, "026431075f736572665f78045f746370056c6f63616c000021000100000078000a000a00011f0a02766d00")
	a := unhex(t, "02766d00000100010000007800040a5b0001")
	out := append(append(append([]byte{}, b[:12]...), strange...), srv...)
	out = append(append(out, a...), b[12:]...)
	out[7] = 4
	return hex.EncodeToString(out)
}

func TestInstancesOfAMessageAreLimited(t *testing.T) {
	s := testService(t, "x", "me", "10.0.0.1:7946")
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}}
	for i := range 200 {
		m.Answers = append(m.Answers, record(s.name, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(fmt.Sprintf("d%d._serf_x._tcp.local.", i))}))
	}
	list, err := s.parse(pack(t, m))
	if err != nil || len(list) != instancesMax {
		t.Errorf("%d instances, %v, want %d", len(list), err, instancesMax)
	}
}

func TestUsableAddresses(t *testing.T) {
	for _, tt := range []struct {
		addr             string
		fromHere, theirs bool
	}{
		{"10.0.0.1:7946", true, true},
		{"169.254.1.1:7946", true, true},
		{"[fd00::1]:7946", true, true},
		{"127.0.0.1:7946", true, false},
		{"[::1]:7946", true, false},
		{"10.0.0.1:0", false, false},
		{"0.0.0.0:7946", false, false},
		{"[::]:7946", false, false},
		{"224.0.0.251:5353", false, false},
		{"255.255.255.255:7946", false, false},
		{"[fe80::1]:7946", false, false},
		{"[ff02::fb]:7946", false, false},
	} {
		for _, here := range []bool{true, false} {
			want := tt.theirs
			if here {
				want = tt.fromHere
			}
			if got := usable(netip.MustParseAddrPort(tt.addr), func() bool { return here }); got != want {
				t.Errorf("%s, from here %v: got %v, want %v", tt.addr, here, got, want)
			}
		}
	}
}

// FuzzParse feeds answers: nothing panics, the result is bounded and only holds instances of the cluster.
func FuzzParse(f *testing.F) {
	s := testService(f, "x", "me", "10.0.0.1:7946")
	for _, b := range []string{debianPTR, debianAny, debianSRV, debianA, debianTXT, debianAll, "", debianPTR[:100]} {
		f.Add(unhex(f, b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var list []instance
		var err error
		proof.Memory(t, len(b), func() { list, err = s.parse(b) })
		if err != nil && list != nil || len(list) > instancesMax {
			t.Errorf("%d instances, %v", len(list), err)
		}
		for _, i := range list {
			if !s.owns(i.name.String()) || len(i.addrs) > instanceAddrsMax {
				t.Errorf("took %v with %v", i.name, i.addrs)
			}
		}
		var reply []byte
		proof.Memory(t, len(b), func() { reply = s.answer(b) })
		if reply != nil && len(reply) > messageBytesMax {
			t.Errorf("an answer of %d bytes", len(reply))
		}
	})
}

func show(list []instance, err error) string {
	if err != nil {
		return "error"
	}
	var texts []string
	for _, i := range list {
		text := strings.TrimSuffix(i.name.String(), "._serf_x._tcp.local.")
		if i.named {
			text += " named"
		}
		texts = append(texts, fmt.Sprintf("%s %v", text, i.addrs))
	}
	return strings.Join(texts, ", ")
}
