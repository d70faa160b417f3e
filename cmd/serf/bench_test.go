package main

import (
	"fmt"
	"io"
	"net"
	"testing"

	"serf/agent/rpc"
)

// BenchmarkMembers prints a cluster of ten thousand.
func BenchmarkMembers(b *testing.B) {
	list := make([]rpc.Member, 10_000)
	for i := range list {
		list[i] = rpc.Member{Name: fmt.Sprintf("node-%05d", i), Addr: net.IPv4(10, 0, byte(i>>8), byte(i)), Port: 7946, Status: "alive",
			Tags: map[string]string{"role": "web", "dc": "east", "release": "1.4.2"}, DelegateMin: 2, DelegateMax: 5, DelegateCur: 5}
	}
	for _, format := range []string{"text", "json"} {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := show(io.Discard, format, memberList{members: list}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
