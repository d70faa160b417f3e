//go:build interop

package interop

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"serf/eventbus"
	"serf/swim"
	"serf/swim/msgpack"
)

const (
	// forgedRounds of each kind come at forgedEvery.
	forgedRounds = 60
	forgedEvery  = 100 * time.Millisecond
)

// TestForgedPacketsShowNobodyAsGone tells two of three agents again and again that the third is suspected, dead, has left, is to be
// pruned or lives elsewhere, with usual incarnations and the largest, and sends events of the last Lamport time. Nothing is
// encrypted: anybody could. Neither agent may tell an application that the third is gone, and events must go on.
func TestForgedPacketsShowNobodyAsGone(t *testing.T) {
	o := newOverload(t, false, nil)
	victim, told := o.peers[0], []*agent{o.agent, o.peers[1]}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var watching sync.WaitGroup
	for _, a := range told {
		stream, err := dialAgent(t, a).Stream(ctx, "member-failed,member-leave,member-reap,user:after")
		if err != nil {
			t.Fatal(err)
		}
		watching.Go(func() {
			e, err := stream.Next(ctx)
			if err != nil || e.Name != "after" {
				t.Errorf("%s told %s of %v, %v; want the event after it all", a.node, e.Type, e.Members, err)
			}
		})
	}
	for range forgedRounds {
		for _, a := range told {
			forge(t, a, victim)
		}
		time.Sleep(forgedEvery) // the rate of the attack
	}
	everybody := make(map[string]string)
	for _, a := range o.all() {
		everybody[a.node] = "alive"
	}
	sees(t, o.all(), everybody)
	victim.must(t, ours, "event", "-coalesce=false", "after")
	end := time.AfterFunc(convergeWithin, cancel)
	defer end.Stop()
	watching.Wait()
	o.judge()
}

// forge sends to one packets about victim that claim to come from others.
func forge(t *testing.T, to, victim *agent) {
	nc := to.packets(t)
	name, from := []byte(victim.node), []byte("nobody")
	for _, incarnation := range []uint32{1, 2, 1000, math.MaxUint32} {
		for _, p := range [][]byte{
			swim.AppendSuspect(nil, &swim.SuspectMessage{Incarnation: incarnation, Node: name, From: from}),
			swim.AppendDead(nil, &swim.DeadMessage{Incarnation: incarnation, Node: name, From: from}),
			swim.AppendDead(nil, &swim.DeadMessage{Incarnation: incarnation, Node: name, From: name}), // a leave
			swim.AppendAlive(nil, &swim.AliveMessage{Incarnation: incarnation, Node: name, Addr: netip.MustParseAddrPort("127.0.0.9:7"),
				Versions: []byte{1, 5, 2, 2, 5, 5}}),
		} {
			_, _ = nc.Write(p)
		}
	}
	for _, ltime := range []uint64{50, math.MaxUint64} {
		_, _ = nc.Write(leaveIntent(ltime, victim.node))
		event := eventbus.AppendUser([]byte{8}, &eventbus.UserMessage{LTime: math.MaxUint64 - ltime, Name: []byte(fmt.Sprint("forged-", ltime))})
		_, _ = nc.Write(event)
	}
}

// leaveIntent returns a packet in which a member says that node leaves for good.
func leaveIntent(ltime uint64, node string) []byte {
	b := msgpack.AppendMap([]byte{8, 0}, 3)
	b = msgpack.AppendUint(msgpack.AppendString(b, "LTime"), ltime)
	b = msgpack.AppendString(msgpack.AppendString(b, "Node"), node)
	return msgpack.AppendBool(msgpack.AppendString(b, "Prune"), true)
}
