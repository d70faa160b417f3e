//go:build interop

package interop

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// TestAgentsFindEachOtherByMDNS starts agents that are told nothing but the name of their cluster.
func TestAgentsFindEachOtherByMDNS(t *testing.T) {
	t.Parallel()
	l := newLAN(t)
	ns1, addr1 := l.host(t)
	ns2, addr2 := l.host(t)
	n1 := startIn(t, ours, ns1, "n1", addr1, 7946, "-discover=x", "-iface=eth0")
	// Two further agents and one of another cluster share the second host, and port 5353 there.
	n2 := startIn(t, ours, ns2, "n2", addr2, 7946, "-discover=x", "-iface=eth0")
	n3 := startIn(t, ours, ns2, "n3", addr2, 7950, "-discover=x", "-iface=eth0", "-bind="+addr2+":7950")
	other := startIn(t, ours, ns2, "other", addr2, 7960, "-discover=X", "-iface=eth0", "-bind="+addr2+":7960")
	sees(t, []*agent{n1, n2, n3}, map[string]string{"n1": "alive", "n2": "alive", "n3": "alive"})
	for _, line := range []string{"[INFO] agent: Starting mDNS listener on interface eth0", "                   mDNS cluster: x"} {
		if !strings.Contains(n1.log.String(), line) {
			t.Errorf("n1 does not print %q", line)
		}
	}
	eventually(t, "two polls find nobody", func() error {
		if strings.Count(other.log.String(), "[DEBUG] agent.mdns: No new hosts found: 0 answered") < 2 {
			return fmt.Errorf("log:\n%s", other.log)
		}
		return nil
	})
	sees(t, []*agent{other}, map[string]string{"other": "alive"})
	for _, a := range []*agent{n1, n2, n3, other} {
		if slices.Contains(joins(a.log.String()), a.bind) {
			t.Errorf("%s joins itself", a.node)
		}
	}
}

// TestDiscoveryWorksByOneFamily takes away IPv6, or the route for IPv4 multicast.
func TestDiscoveryWorksByOneFamily(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		args   []string
		ipv6   bool
		broken string // what the log says; empty: nothing
	}{
		{"no IPv6", []string{"-iface=eth0"}, false, "IPv6 does not work"},
		{"IPv6 not wanted", []string{"-iface=eth0", "-mdns-disable-ipv6"}, false, ""},
		{"no route for IPv4", nil, true, "IPv4 does not work"},
		{"IPv4 not wanted", []string{"-mdns-iface=eth0", "-mdns-disable-ipv4"}, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLAN(t)
			var all []*agent
			for i := range 2 {
				ns, addr := l.host(t)
				if !tt.ipv6 {
					setIPv6(t, ns, "disable_ipv6", "1")
				}
				all = append(all, startIn(t, ours, ns, fmt.Sprintf("n%d", i+1), addr, 7946, append([]string{"-discover=x", "-bind=" + addr}, tt.args...)...))
			}
			sees(t, all, map[string]string{"n1": "alive", "n2": "alive"})
			for _, a := range all {
				if got := strings.Contains(a.log.String(), "does not work"); got != (tt.broken != "") || !strings.Contains(a.log.String(), tt.broken) {
					t.Errorf("%s: trouble in the log: %v, want %q:\n%s", a.node, got, tt.broken, a.log)
				}
			}
		})
	}
}

// TestDiscoveryMixesWithDebiansSerf lets each side find the other.
func TestDiscoveryMixesWithDebiansSerf(t *testing.T) {
	t.Parallel()
	for _, sides := range [][2]side{{ours, theirs}, {theirs, ours}} {
		t.Run(sides[1].name+" finds", func(t *testing.T) {
			t.Parallel()
			l := newLAN(t)
			var all []*agent
			for i, s := range sides {
				ns, addr := l.host(t)
				routeMulticast(t, ns) // with -iface Debian's serf crashes
				all = append(all, startIn(t, s, ns, s.name, addr, 7946, "-discover=x", "-bind="+addr))
				eventually(t, s.name+" has polled", func() error {
					if i == 0 && s == ours && !strings.Contains(all[0].log.String(), "No new hosts found") {
						return fmt.Errorf("log:\n%s", all[0].log)
					}
					if i == 0 && s == theirs && !strings.Contains(all[0].log.String(), "agent.mdns: Joined 1 hosts") {
						return fmt.Errorf("log:\n%s", all[0].log)
					}
					return nil
				})
			}
			sees(t, all, map[string]string{"ours": "alive", "theirs": "alive"})
			finder, found := all[1], all[0]
			if log := finder.log.String(); !strings.Contains(log, "agent.mdns: Joined") || !strings.Contains(log, found.bind) {
				t.Errorf("%s did not join %s by itself:\n%s", finder.name, found.name, log)
			}
		})
	}
}

// TestDiscoverySurvivesAFlood puts a host into the network that answers each question by 10,000 packets: addresses where nobody
// listens, that of the asker, and garbage.
func TestDiscoverySurvivesAFlood(t *testing.T) {
	t.Parallel()
	l := newLAN(t)
	ns1, addr1 := l.host(t)
	ns2, addr2 := l.host(t)
	hostile, hostileAddr := l.host(t)
	floods := flood(t, hostile, hostileAddr, addr1)
	n1 := startIn(t, ours, ns1, "n1", addr1, 7946, "-discover=x", "-iface=eth0")
	eventually(t, "n1 was flooded", func() error {
		if floods.Load() == 0 {
			return fmt.Errorf("no question came")
		}
		return nil
	})
	n2 := startIn(t, ours, ns2, "n2", addr2, 7946, "-discover=x", "-iface=eth0")
	sees(t, []*agent{n1, n2}, map[string]string{"n1": "alive", "n2": "alive"})
	for _, a := range []*agent{n1, n2} {
		log := a.log.String()
		tried := joins(log)
		if len(tried) > 3*8+2 { // of one source 8 a poll, and the second and third one may have come; and the other agent
			t.Errorf("%s joined %d addresses", a.node, len(tried))
		}
		if slices.Contains(tried, a.bind) {
			t.Errorf("%s joined itself", a.node)
		}
		if kib := resident(t, a); kib > 40<<10 {
			t.Errorf("%s: %d KiB resident", a.node, kib)
		}
		if strings.Contains(log, "panic") {
			t.Errorf("%s panicked", a.node)
		}
	}
}

// joins returns the addresses that an agent joined, by its log.
func joins(log string) []string {
	var addrs []string
	for _, m := range regexp.MustCompile(`agent: joining: \[(.*)\]`).FindAllStringSubmatch(log, -1) {
		addrs = append(addrs, strings.Fields(m[1])...)
	}
	return addrs
}

// flood answers every question in a namespace and returns how many it has answered.
func flood(t *testing.T, ns, addr, victim string) *atomic.Int64 {
	t.Helper()
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	var conn *net.UDPConn
	inside(t, ns, func() error {
		on, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		conn, err = net.ListenMulticastUDP("udp4", on, group)
		return err
	})
	var count atomic.Int64
	done := make(chan struct{})
	t.Cleanup(func() {
		_ = conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 9000)
		for {
			_, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			for i := range 10_000 {
				_, _ = conn.WriteToUDP(hostileAnswer(i, addr, victim), from) // what gets lost is not missed
			}
			count.Add(1)
		}
	}()
	return &count
}

// hostileAnswer is an answer with an address at which nobody listens, one with the address of who asks, or garbage.
func hostileAnswer(i int, addr, victim string) []byte {
	if i%3 == 1 {
		addr = victim
	}
	name := dnsmessage.MustNewName("_serf_x._tcp.local.")
	instance := dnsmessage.MustNewName(fmt.Sprintf("h%d._serf_x._tcp.local.", i))
	header := func(name dnsmessage.Name, t dnsmessage.Type) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name, Type: t, Class: dnsmessage.ClassINET, TTL: 120}
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{Response: true}, Answers: []dnsmessage.Resource{
		{Header: header(name, dnsmessage.TypePTR), Body: &dnsmessage.PTRResource{PTR: instance}},
		{Header: header(instance, dnsmessage.TypeSRV), Body: &dnsmessage.SRVResource{Port: uint16(10_000 + i), Target: instance}},
		{Header: header(instance, dnsmessage.TypeA), Body: &dnsmessage.AResource{A: [4]byte(net.ParseIP(addr).To4())}},
		{Header: header(instance, dnsmessage.TypeTXT), Body: &dnsmessage.TXTResource{TXT: []string{"x"}}},
	}}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	if i%3 == 2 {
		for j := range b[i%12:] {
			b[i%12+j] ^= byte(i + j)
		}
	}
	return b
}

// resident returns the resident memory of an agent in KiB.
func resident(t *testing.T, a *agent) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.process.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib
}
