package transport

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestBoundAddressIsAdvertisedAsItIs(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:7946":        "127.0.0.1:7946",
		"[::ffff:10.0.0.1]:1":   "10.0.0.1:1",
		"[2001:db8::5]:7946":    "[2001:db8::5]:7946",
		"203.0.113.9:65535":     "203.0.113.9:65535",
		"[::ffff:192.0.2.1]:80": "192.0.2.1:80",
	} {
		got, err := AdvertiseAddr(netip.MustParseAddrPort(in))
		if err != nil || got != netip.MustParseAddrPort(want) {
			t.Errorf("AdvertiseAddr(%s) = %v, %v, want %s", in, got, err, want)
		}
	}
}

func TestUnspecifiedAddressIsNeverAdvertised(t *testing.T) {
	for _, bound := range []string{"0.0.0.0:7946", "[::]:7946"} {
		got, err := AdvertiseAddr(netip.MustParseAddrPort(bound))
		switch {
		case err != nil:
			if !errors.Is(err, ErrNoAdvertise) && !errors.Is(err, ErrNoAdvertiseIPv6) {
				t.Errorf("%s: %v", bound, err)
			}
		case got.Addr().IsUnspecified() || got.Addr().IsLoopback() || got.Addr().IsLinkLocalUnicast() || got.Port() != 7946:
			t.Errorf("%s: advertises %v", bound, got)
		}
	}
}

func TestChooseAdvertisedAddress(t *testing.T) {
	at := func(prefix string, defaultRoute bool) candidate {
		p := netip.MustParsePrefix(prefix)
		return candidate{addr: p.Addr(), bits: p.Bits(), defaultRoute: defaultRoute}
	}
	tests := map[string]struct {
		bound      string
		candidates []candidate
		want       string // empty: an error
	}{
		"nothing":                        {"0.0.0.0", nil, ""},
		"public only":                    {"0.0.0.0", []candidate{at("203.0.113.5/24", true), at("8.8.8.8/24", true), at("2600::1/64", true)}, ""},
		"documentation is not private":   {"0.0.0.0", []candidate{at("192.0.2.2/24", true), at("fd00::2/64", true)}, "fd00::2"},
		"default route first":            {"0.0.0.0", []candidate{at("10.1.0.1/16", false), at("192.168.1.5/24", true)}, "192.168.1.5"},
		"default route beats the family": {"0.0.0.0", []candidate{at("10.1.0.1/16", false), at("fd00::2/64", true)}, "fd00::2"},
		"IPv4 before IPv6":               {"0.0.0.0", []candidate{at("fd00::2/64", true), at("10.0.0.2/8", true)}, "10.0.0.2"},
		"smallest network":               {"0.0.0.0", []candidate{at("10.0.0.2/8", true), at("172.16.0.2/30", true), at("192.168.0.2/24", true)}, "172.16.0.2"},
		"first of equals":                {"0.0.0.0", []candidate{at("10.0.0.2/24", true), at("10.0.1.2/24", true)}, "10.0.0.2"},
		"carrier and benchmark networks": {"0.0.0.0", []candidate{at("198.18.0.1/15", false), at("100.64.0.1/10", true)}, "100.64.0.1"},
		"six: nothing":                   {"::", []candidate{at("10.0.0.2/8", true)}, ""},
		"six: private before public":     {"::", []candidate{at("2600::1/64", true), at("fd00::2/64", false)}, "fd00::2"},
		"six: public":                    {"::", []candidate{at("10.0.0.2/8", true), at("2600::2/64", false), at("2600::1/64", true)}, "2600::1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(tt.candidates)
			got, err := choose(netip.MustParseAddr(tt.bound), tt.candidates)
			switch {
			case tt.want == "" && err == nil:
				t.Errorf("chose %v, want an error", got)
			case tt.want != "" && got.String() != tt.want:
				t.Errorf("chose %v (%v), want %s", got, err, tt.want)
			}
			if !slices.Equal(before, tt.candidates) {
				t.Error("the candidates were changed")
			}
		})
	}
}

func TestCandidatesOfAnInterface(t *testing.T) {
	ipnet := func(s string) *net.IPNet {
		ip, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		return &net.IPNet{IP: ip, Mask: n.Mask}
	}
	addrs := []net.Addr{ipnet("169.254.1.1/16"), ipnet("10.0.0.2/24"), ipnet("fe80::1/64"), ipnet("fd00::1/48"), &net.TCPAddr{}}
	got := candidatesOf(addrs, []netip.Addr{{}, netip.MustParseAddr("fd00::1")})
	want := []candidate{
		{addr: netip.MustParseAddr("10.0.0.2"), bits: 24, defaultRoute: true},
		{addr: netip.MustParseAddr("fd00::1"), bits: 48, defaultRoute: true},
	}
	if !slices.Equal(got, want) {
		t.Errorf("candidates %v, want %v", got, want)
	}
}
