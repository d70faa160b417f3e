//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"serf/agent/rpc"
	"serf/sim"
)

const (
	thirtySeconds = 30 * time.Second
	fiveMinutes   = 5 * time.Minute
	tenMinutes    = 10 * time.Minute
	// healWithin is how long two sides may take to be one again.
	healWithin = 30 * time.Second
)

// cut makes two sides deaf for each other.
func cut(l *lab, a, b []*member) {
	for _, m := range a {
		l.must(m.host.deaf(hostsOf(b)...))
	}
	for _, m := range b {
		l.must(m.host.deaf(hostsOf(a)...))
	}
}

// heal ends the faults of the network.
func heal(l *lab, members []*member) {
	for _, m := range members {
		l.must(m.host.heal())
	}
}

// partition cuts a cluster in two, and heals it.
func partition(l *lab, left, right int, length time.Duration) {
	members := l.cluster(left + right)
	a, b := members[:left], members[left:]
	mark := l.mark()
	cut(l, a, b)
	l.pass(length)
	for _, side := range [][]*member{a, b} {
		l.none(fmt.Sprintf("members of the own side blamed among %d", len(side)), among(l.since(mark), side))
	}
	heal(l, members)
	took := l.agree(members, 3*time.Minute)
	l.within("one view after the cut has healed", healWithin, took)
	event := "after-the-cut"
	members[0].send(event)
	l.exactlyOnce("an event from one side to all", members, []string{event}, 20*time.Second)
}

// among returns the failures of members that members say.
func among(observations []observation, members []*member) (list []observation) {
	is := make(map[string]bool)
	for _, m := range members {
		is[m.name] = true
	}
	for _, o := range observations {
		if o.status == "failed" && is[o.observer] && is[o.member] {
			list = append(list, o)
		}
	}
	return list
}

// oneWay makes one member deaf for one other: with the help of the others both stay in.
func oneWay(l *lab) {
	members := l.cluster(5)
	mark := l.mark()
	l.must(members[1].host.deaf(members[3].host))
	l.pass(thirtySeconds)
	l.none("healthy members blamed", l.blamed(mark))
	heal(l, members)
	l.within("one view after the cut has healed", 5*time.Second, l.agree(members, time.Minute))
}

const (
	// lossPercent is how much of what comes in a host loses.
	lossPercent = 30
	// predictions is how many clusters are simulated to know what a real one may do; two of them may do worse.
	predictions = 200
)

// predictBlame returns how often members call healthy ones failed in simulations of a cluster under loss.
func (l *lab) predictBlame(size int, loss float64, length time.Duration) (mean float64, most int) {
	counts := make([]int, predictions)
	for i := range counts {
		p := sim.Params{Nodes: size, Seed: uint64(i), For: length, Profile: "lan", Loss: loss, Latency: time.Millisecond}
		n, err := sim.Accusations(l.ctx, p)
		l.must(err)
		counts[i] = n
		mean += float64(n) / predictions
	}
	slices.Sort(counts)
	return mean, counts[predictions*99/100-1]
}

// loss makes all hosts lose packets of gossip.
func loss(l *lab, size int, length time.Duration) {
	mean, most := l.predictBlame(size, float64(lossPercent)/100, length)
	members := l.cluster(size)
	mark := l.mark()
	for _, m := range members {
		l.must(m.host.lossy(lossPercent))
	}
	var events []string
	for i := range int(length / (2 * time.Second)) {
		event := fmt.Sprintf("e%d", i)
		events = append(events, event)
		members[i%size].send(event)
		l.pass(2 * time.Second)
	}
	blamed := l.blamed(mark)
	l.check("healthy members blamed, against 200 simulations", fmt.Sprintf("≤ %d, %.2f on average", most, mean),
		strconv.Itoa(len(blamed)), len(blamed) <= most)
	heal(l, members)
	l.within("one view afterwards", 10*time.Second, l.agree(members, time.Minute))
	l.exactlyOnce("events sent meanwhile", members, events, 40*time.Second)
}

// swizzle stops the links of some members one by one and heals them in another order.
func swizzle(l *lab) {
	members := l.cluster(10)
	rng := rand.New(rand.NewPCG(1, 10))
	victims := rng.Perm(9)[:5]
	for _, v := range victims {
		m := members[1+v]
		cut(l, []*member{m}, without(members, m))
		l.pass(2 * time.Second)
	}
	for _, i := range rng.Perm(len(victims)) {
		m := members[1+victims[i]]
		l.must(m.host.heal())
		l.pass(2 * time.Second)
	}
	heal(l, members)
	l.within("one view after all links are back", healWithin, l.agree(members, 3*time.Minute))
	members[4].send("after")
	l.exactlyOnce("an event to all", members, []string{"after"}, 20*time.Second)
}

// rotateInPartition changes the keys on one side of a cut: the old one cannot be taken away while members lack the new one,
// and after the cut all have it.
func rotateInPartition(l *lab) {
	const first, second = "AAECAwQFBgcICQoLDA0ODw==", "EBESExQVFhcYGRobHB0eHw=="
	var members []*member
	for i := range 5 {
		members = append(members, l.member(fmt.Sprintf("m%d", i+1), l.options.ours))
	}
	for i, m := range members {
		l.must(m.write("keyring", "[\""+first+"\"]"))
		m.args = []string{"-keyring-file=" + m.file("keyring")}
		if i > 0 {
			m.args = append(m.args, "-retry-join="+members[0].gossipAddr())
		}
		m.start()
	}
	l.agree(members, time.Minute)
	a, b := members[:2], members[2:]
	cut(l, a, b)
	l.pass(15 * time.Second) // so that each side knows that the other one is gone
	keys := func(m *member, f func(c *rpc.Client, ctx context.Context) (rpc.KeyResult, error)) (result rpc.KeyResult, err error) {
		err = m.ask(func(c *rpc.Client, ctx context.Context) (err error) {
			result, err = f(c, ctx)
			return err
		})
		return result, err
	}
	install := func(c *rpc.Client, ctx context.Context) (rpc.KeyResult, error) { return c.InstallKey(ctx, second) }
	got, err := keys(b[0], install)
	l.check("the new key on the side of three", "3 of 3", fmt.Sprintf("%d of %d, %v", got.NumResp, got.NumNodes, err), err == nil)
	heal(l, members)
	l.within("one view, with the first key as primary everywhere", healWithin, l.agree(members, 3*time.Minute))
	got, err = keys(a[0], install)
	l.check("the new key everywhere", "5 of 5", fmt.Sprintf("%d of %d, %v", got.NumResp, got.NumNodes, err), err == nil && got.NumResp == 5)
	_, err = keys(a[1], func(c *rpc.Client, ctx context.Context) (rpc.KeyResult, error) { return c.UseKey(ctx, second) })
	l.check("the new key as primary", "no error", fmt.Sprint(err), err == nil)
	_, err = keys(b[1], func(c *rpc.Client, ctx context.Context) (rpc.KeyResult, error) { return c.RemoveKey(ctx, first) })
	l.check("the old key removed", "no error", fmt.Sprint(err), err == nil)
	l.within("one view with the new key alone", 5*time.Second, l.agree(members, time.Minute))
}

// wrongKey lets a member with another key ask to join all the time: the members are untroubled, and both sides can see why.
func wrongKey(l *lab) {
	const first, second = "AAECAwQFBgcICQoLDA0ODw==", "EBESExQVFhcYGRobHB0eHw=="
	members := l.cluster(3, "-encrypt="+first)
	mark := l.mark()
	stranger := l.member("stranger", l.options.ours, "-encrypt="+second, "-retry-join="+members[0].gossipAddr(), "-retry-interval=1s")
	stranger.start()
	l.pass(20 * time.Second)
	l.none("healthy members blamed", l.blamed(mark))
	const hint = "key mismatch?"
	lines := count(members[0].lines(), hint)
	l.check("lines with a hint in the log of a member, in 20 s", "1 to 4", fmt.Sprint(lines), lines >= 1 && lines <= 4)
	lines = count(stranger.lines(), "no installed keys could decrypt the message")
	l.check("lines with the cause in the log of the stranger", "at least 1", fmt.Sprint(lines), lines >= 1)
	statuses, err := members[1].statuses()
	l.must(err)
	l.check("members of the cluster", "3", fmt.Sprint(len(statuses)), len(statuses) == 3)
}
