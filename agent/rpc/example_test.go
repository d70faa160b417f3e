package rpc_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"serf/agent/rpc"
	"serf/eventbus"
)

// lonely is an agent without peers. Its other methods are not called here.
type lonely struct{ rpc.Backend }

func (lonely) Members() []*eventbus.Member {
	return []*eventbus.Member{{Name: "a", Addr: netip.MustParseAddrPort("127.0.0.1:7946"), Status: eventbus.StatusAlive}}
}

func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := rpc.NewServer(lonely{}, rpc.ServerConfig{AuthKey: "sekrit"})
	go server.Serve(ln)
	defer server.Close()

	ctx := context.Background()
	client, err := rpc.Dial(ctx, rpc.Options{Addr: ln.Addr().String(), AuthKey: "sekrit"})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	members, err := client.Members(ctx)
	for _, m := range members {
		fmt.Println(m.Name, m.Addr, m.Status)
	}
	// Output: a 127.0.0.1 alive
}
