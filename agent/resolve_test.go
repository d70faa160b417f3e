package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"serf/membership"
	"serf/sim/proof"
)

func TestJoinAddressVectors(t *testing.T) {
	raw, err := os.ReadFile("testdata/vectors/join_addresses.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		EnsurePort []struct {
			In      string `json:"in"`
			HasPort bool   `json:"has_port"`
			Want    string `json:"with_default_8301"`
		} `json:"ensure_port"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.EnsurePort {
		p, err := parsePlace(v.In, 8301)
		if v.In == "" {
			if err == nil {
				t.Errorf("an empty address gave %+v", p)
			}
			continue
		}
		if got := net.JoinHostPort(p.host, fmt.Sprint(p.port)); got != v.Want || err != nil {
			t.Errorf("%q: got %q, %v; want %q", v.In, got, err, v.Want)
		}
		if got := p.port != 8301; got != v.HasPort {
			t.Errorf("%q: has port: got %v, want %v", v.In, got, v.HasPort)
		}
	}
}

func TestJoinAddressMayNameTheMember(t *testing.T) {
	for text, want := range map[string]place{
		"n1/10.0.0.1":      {name: "n1", host: "10.0.0.1", port: 7946},
		"n1/[::1]:99":      {name: "n1", host: "::1", port: 99},
		"n1/::1":           {name: "n1", host: "::1", port: 7946},
		"a.example:1":      {host: "a.example", port: 1},
		"n1/a.example:123": {name: "n1", host: "a.example", port: 123},
	} {
		want.text = text
		if got, err := parsePlace(text, 7946); got != want || err != nil {
			t.Errorf("%q: got %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestBadJoinAddressIsRefusedWithItsText(t *testing.T) {
	for _, text := range []string{"", "/10.0.0.1", "n1/", "10.0.0.1:", "10.0.0.1:x", "10.0.0.1:70000", "10.0.0.1:0", "[::1", "[::1]99", "[::1]:", "[]", ":1"} {
		_, err := parsePlace(text, 7946)
		if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", text)) {
			t.Errorf("%q: got %v, want an error that quotes it", text, err)
		}
	}
}

// names is a resolver that knows some names; "hangs" does not answer.
type names map[string][]netip.Addr

func (n names) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	if host == "hangs" {
		<-ctx.Done()
		return nil, fmt.Errorf("lookup %s: %w", host, ctx.Err())
	}
	if ips, ok := n[host]; ok {
		return ips, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestAllAddressesOfANameAreTried(t *testing.T) {
	r := names{"two": {netip.MustParseAddr("::ffff:10.0.0.1"), netip.MustParseAddr("fd00::1")}}
	targets, failures := resolveAll(t.Context(), r, []string{"n/two:5", "10.0.0.1:5", "nope:7"}, 7946)
	want := []membership.Target{
		{Name: "n", Addr: netip.MustParseAddrPort("10.0.0.1:5")},
		{Name: "n", Addr: netip.MustParseAddrPort("[fd00::1]:5")},
	}
	if fmt.Sprint(targets) != fmt.Sprint(want) {
		t.Errorf("targets: got %v, want %v", targets, want)
	}
	if got, want := fmt.Sprint(failures), "[failed to resolve nope:7: lookup nope: no such host]"; got != want {
		t.Errorf("failures: got %s, want %s", got, want)
	}
}

func TestNameServerThatHangsOrFloodsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		many := make([]netip.Addr, 1000)
		for i := range many {
			many[i] = netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
		}
		addrs := []string{"many", "10.1.1.1"}
		for range 2 * resolveAtOnceMax {
			addrs = append(addrs, "hangs")
		}
		start := time.Now()
		targets, failures := resolveAll(t.Context(), names{"many": many}, addrs, 7946)
		if got, want := len(targets), resolveAddrsMax+1; got != want {
			t.Errorf("%d targets, want %d", got, want)
		}
		if got, want := len(failures), 2*resolveAtOnceMax; got != want {
			t.Errorf("%d failures, want %d", got, want)
		}
		if got := time.Since(start); got > 3*resolveTimeout {
			t.Errorf("took %v", got)
		}
	})
}

func TestJoinErrorText(t *testing.T) {
	refused := errors.New("dial tcp 127.0.0.79:1: connect: connection refused")
	target := membership.Target{Addr: netip.MustParseAddrPort("127.0.0.79:1")}
	one := joinFailure(membership.JoinFailure{Target: target, Err: refused})
	err := error(&JoinError{Failures: []error{one}})
	want := "1 error occurred:\n\t* failed to join 127.0.0.79:1: dial tcp 127.0.0.79:1: connect: connection refused\n\n"
	if got := err.Error(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, refused) {
		t.Error("the cause is not found by errors.Is")
	}
	err = &JoinError{Failures: []error{one, errors.New("other")}}
	if got := err.Error(); !strings.HasPrefix(got, "2 errors occurred:\n\t* failed to join") || !strings.HasSuffix(got, "\n\t* other\n\n") {
		t.Errorf("got %q", got)
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, s := range []string{"host", "host:1", "n/[::1]:2", "::1", "[", "]:", "a/b/c", "%", "a]", "[a[]:1", "n/[::1]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p place
		var err error
		proof.Memory(t, len(text), func() { p, err = parsePlace(text, 7946) })
		if wrong := CheckAddr(text); (wrong == nil) != (err == nil) {
			t.Fatalf("%q: got %v, CheckAddr says %v", text, err, wrong)
		}
		if err != nil {
			return
		}
		written := fmt.Sprintf("[%s]:%d", p.host, p.port)
		if p.name != "" {
			written = p.name + "/" + written
		}
		if again, err := parsePlace(written, 1); err != nil || again.name != p.name || again.host != p.host || again.port != p.port {
			t.Fatalf("%q is %+v, but %q is %+v, %v", text, p, written, again, err)
		}
		if p.host == "" || p.port == 0 || strings.Contains(p.name, "/") {
			t.Fatalf("%q was accepted as %+v", text, p)
		}
	})
}
