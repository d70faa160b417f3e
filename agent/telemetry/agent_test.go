package telemetry

import (
	"context"
	"strings"
	"testing"

	"serf/agent"
	"serf/eventbus"
	"serf/membership"
	"serf/membership/coordinate"
	"serf/swim"
	"serf/transport"
)

func TestFiguresOfAMemberHaveTheNamesOfTheReference(t *testing.T) {
	f := agent.Figures{
		Cluster: &membership.Stats{
			IntentQueue: 1, EventQueue: 2, QueryQueue: 3, Coordinates: true,
			Counters: membership.Counters{Joins: 4, Leaves: 5, Failures: 6, Updates: 7, Flaps: 8},
			Swim: swim.Stats{Health: 9, Alive: 10, Suspect: 11, Dead: 12, Left: 13, AliveApplied: 14, SuspectApplied: 15, DeadApplied: 16,
				ProbesDegraded: 17, SuspicionsDegraded: 18, Queued: 19},
			Events:     eventbus.UserStats{Sent: 20, Received: 1},
			Queries:    eventbus.QueryStats{Sent: 21, Received: 1, Acks: 23, Responses: 24, AckDuplicate: 25, ResponseDuplicate: 26},
			Coordinate: coordinate.Stats{RefusedNotFinite: 27, ZeroRTT: 28},
		},
		Transport: transport.Stats{BytesOut: 29, BytesIn: 30, StreamsAccepted: 31, StreamsDialed: 32},
		Events:    agent.NameCounts{Names: map[string]uint64{"deploy": 33}, Others: 34},
		Queries:   agent.NameCounts{Names: map[string]uint64{"up": 35}},
	}
	tel := Start(Config{Read: func(_ context.Context, r *Reading) {
		r.failureDetection(f)
		r.transport(f)
		r.membership(f)
		r.events(f)
	}})
	defer tel.Close()
	got := dump(t, tel)
	for _, want := range []string{
		"[G] 'serf-agent.memberlist.health.score': 9.000",
		"[G] 'serf-agent.memberlist.node.instances.alive': 10.000",
		"[G] 'serf-agent.memberlist.node.instances.suspect': 11.000",
		"[G] 'serf-agent.memberlist.node.instances.dead': 12.000",
		"[G] 'serf-agent.memberlist.node.instances.left': 13.000",
		"[C] 'serf-agent.memberlist.msg.alive': Count: 14 ",
		"[C] 'serf-agent.memberlist.msg.suspect': Count: 15 ",
		"[C] 'serf-agent.memberlist.msg.dead': Count: 16 ",
		"[C] 'serf-agent.memberlist.degraded.probe': Count: 17 ",
		"[C] 'serf-agent.memberlist.degraded.timeout': Count: 18 ",
		"[S] 'serf-agent.memberlist.queue.broadcasts': Count: 1 Sum: 19.000 ",
		"[C] 'serf-agent.memberlist.udp.sent': Count: 1 Sum: 29.000 ",
		"[C] 'serf-agent.memberlist.udp.received': Count: 1 Sum: 30.000 ",
		"[C] 'serf-agent.memberlist.tcp.accept': Count: 31 ",
		"[C] 'serf-agent.memberlist.tcp.connect': Count: 32 ",
		"[C] 'serf-agent.serf.member.join': Count: 4 ",
		"[C] 'serf-agent.serf.member.left': Count: 5 ",
		"[C] 'serf-agent.serf.member.failed': Count: 6 ",
		"[C] 'serf-agent.serf.member.update': Count: 7 ",
		"[C] 'serf-agent.serf.member.flap': Count: 8 ",
		"[S] 'serf-agent.serf.queue.Intent': Count: 1 Sum: 1.000 ",
		"[S] 'serf-agent.serf.queue.Event': Count: 1 Sum: 2.000 ",
		"[S] 'serf-agent.serf.queue.Query': Count: 1 Sum: 3.000 ",
		"[C] 'serf-agent.serf.coordinate.rejected': Count: 27 ",
		"[C] 'serf-agent.serf.coordinate.zero-rtt': Count: 28 ",
		"[C] 'serf-agent.serf.events': Count: 21 ",
		"[C] 'serf-agent.serf.events.deploy': Count: 33 ",
		"[C] 'serf-agent.serf.events._others': Count: 34 ",
		"[C] 'serf-agent.serf.queries': Count: 22 ",
		"[C] 'serf-agent.serf.queries.up': Count: 35 ",
		"[C] 'serf-agent.serf.query_acks': Count: 23 ",
		"[C] 'serf-agent.serf.query_responses': Count: 24 ",
		"[C] 'serf-agent.serf.query_duplicate_acks': Count: 25 ",
		"[C] 'serf-agent.serf.query_duplicate_responses': Count: 26 ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}
