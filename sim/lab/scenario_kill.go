//go:build linux

package main

import (
	"fmt"
	"time"
)

const (
	// sevenSeconds is promise 7: five members, kill -9 of one, all know.
	sevenSeconds = 7 * time.Second
	// thirtyDetect adds to that of five what a suspicion lasts longer among thirty, 4·(log10(30)−1) s, and that the first probe comes
	// later in random order.
	thirtyDetect = 11 * time.Second
)

// killRounds kills a member, measures when all others know, and starts it again.
func killRounds(l *lab, size, rounds int, bound time.Duration) {
	members := l.cluster(size)
	mark := l.mark()
	var slowest time.Duration
	for round := range rounds {
		victim := members[1+round%(size-1)]
		here, start := l.mark(), l.now()
		victim.kill()
		took := l.awaitAll(without(members, victim), victim, "failed", here, start, 3*bound)
		slowest = max(slowest, took)
		l.progress("round %d: %s", round+1, short(took))
		victim.start("-join=" + members[0].gossipAddr())
		l.agree(members, time.Minute)
	}
	l.within(fmt.Sprintf("all know of the death, slowest of %d", rounds), bound, slowest)
	l.none("healthy members blamed", l.blamed(mark))
}

// massRestart kills all members and starts them within a second; each knows one address of old.
func massRestart(l *lab) {
	members := l.cluster(30)
	for _, m := range members {
		m.kill()
	}
	start := time.Now()
	for i, m := range members {
		m.spawn("-retry-join="+members[(i+1)%len(members)].gossipAddr(), "-retry-join="+members[(i+7)%len(members)].gossipAddr(),
			"-retry-interval=1s")
	}
	launched := time.Since(start)
	l.agree(members, 2*time.Minute)
	l.within("one view after thirty starts", 30*time.Second, time.Since(start))
	l.progress("started within %s", short(launched))
}

// newAddress kills a member, waits until all know, and starts it under its name on another host.
func newAddress(l *lab) {
	members := l.cluster(5)
	victim := members[2]
	here, start := l.mark(), l.now()
	victim.kill()
	rest := without(members, victim)
	l.awaitAll(rest, victim, "failed", here, start, 3*sevenSeconds)
	mark := l.mark()
	h, err := l.network.host(len(l.members))
	l.must(err)
	victim.host = h
	victim.start("-join=" + members[0].gossipAddr())
	took := l.agree(members, time.Minute)
	l.within("one view with the new address", 5*time.Second, took)
	l.eventually("all tell the new address", 10*time.Second, func() error { return l.allTell(rest, victim) })
	l.none("healthy members blamed", l.blamed(mark))
}
