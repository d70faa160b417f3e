package rpc

import (
	"strings"
	"testing"
)

func TestAddressesAreCompleted(t *testing.T) {
	long := "/" + strings.Repeat("a", socketPathMax)
	tests := []struct{ text, network, address, err string }{
		{text: "127.0.0.1:7000", network: "tcp", address: "127.0.0.1:7000"},
		{text: "127.0.0.1", network: "tcp", address: "127.0.0.1:7373"},
		{text: "agent.example", network: "tcp", address: "agent.example:7373"},
		{text: "::1", network: "tcp", address: "[::1]:7373"},
		{text: "[::1]", network: "tcp", address: "[::1]:7373"},
		{text: "[::1]:7000", network: "tcp", address: "[::1]:7000"},
		{text: "fe80::1%eth0", network: "tcp", address: "[fe80::1%eth0]:7373"},
		{text: ":7373", network: "tcp", address: ":7373"},
		{text: "", network: "tcp", address: ""}, // package net says what is missing
		{text: "a:b:c", network: "tcp", address: "a:b:c"},
		{text: "[:]0", network: "tcp", address: "[:]0"},
		{text: "unix:///run/serf.sock", network: "unix", address: "/run/serf.sock"},
		{text: "unix://" + long[1:], err: "begins with /"},
		{text: "unix:///run/", err: "this is a directory"},
		{text: "unix://" + long, err: "the path has 108 bytes, a Unix socket may have 107"},
		{text: "unix:///a\x00b", err: `address "unix:///a\x00b"`},
		{text: "unix:/run/serf.sock", err: "as in unix:///run/serf.sock"},
		{text: "/run/serf.sock", err: "as in unix:///run/serf.sock"},
		{text: "http://127.0.0.1:7373", err: "want HOST:PORT or unix:///PATH"},
	}
	for _, test := range tests {
		network, address, err := ParseAddress(test.text)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: got %v, want an error with %q", test.text, err, test.err)
			}
			continue
		}
		if err != nil || network != test.network || address != test.address {
			t.Errorf("%q: got %s %q, %v, want %s %q", test.text, network, address, err, test.network, test.address)
		}
	}
}
