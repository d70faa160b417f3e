//go:build linux

package main

import (
	"fmt"
	"syscall"
	"time"
)

// stopped stops a member for a while: nobody else is blamed, and it is back soon after.
func stopped(l *lab, seconds int) {
	members := l.cluster(5)
	mark := l.mark()
	victim := members[3]
	victim.setDown(true)
	victim.signal(syscall.SIGSTOP)
	l.pass(time.Duration(seconds) * time.Second)
	victim.signal(syscall.SIGCONT)
	took := l.agree(members, time.Minute)
	l.within("one view after it goes on", 5*time.Second, took)
	l.pass(8 * time.Second) // what it believes of the others by now would have been told
	victim.setDown(false)
	l.agree(members, time.Minute)
	l.none("healthy members blamed", failuresBut(l.since(mark), victim))
}

// failuresBut returns the observations that somebody else than one has failed.
func failuresBut(observations []observation, one *member) []observation {
	var list []observation
	for _, o := range observations {
		if o.status == "failed" && o.member != one.name {
			list = append(list, o)
		}
	}
	return list
}

// starved lets a member run for 50 ms of every second.
func starved(l *lab) {
	members := l.cluster(5)
	mark := l.mark()
	victim := members[3]
	victim.setDown(true)
	for range 20 {
		victim.signal(syscall.SIGSTOP)
		l.pass(950 * time.Millisecond)
		victim.signal(syscall.SIGCONT)
		l.pass(50 * time.Millisecond)
	}
	took := l.agree(members, time.Minute)
	l.within("one view after it goes on", 5*time.Second, took)
	l.pass(8 * time.Second)
	l.agree(members, time.Minute)
	l.none("healthy members blamed", failuresBut(l.since(mark), victim))
}

// upgrade replaces Debian's agents by ours, one after the other, and back. Who is replaced leaves and joins again; events are sent by
// turns from all that run, and every one that was there all the time has to hear each once.
func upgrade(l *lab) {
	var members []*member
	for i := range 5 {
		members = append(members, l.member(fmt.Sprintf("m%d", i+1), l.options.theirs))
	}
	for i, m := range members {
		if i == 0 {
			m.start()
			continue
		}
		m.start("-retry-join=" + members[0].gossipAddr())
	}
	l.agree(members, time.Minute)
	mark := l.mark()
	sent := 0
	for _, path := range []string{l.options.ours, l.options.theirs} {
		for i, m := range members {
			if status := m.leave(); status != 0 {
				l.check("exit status of "+m.name+" that leaves", "0", fmt.Sprint(status), false)
			}
			m.path = path
			m.start("-retry-join=" + members[(i+1)%len(members)].gossipAddr())
			l.agree(members, time.Minute)
			var events []string
			for _, sender := range members {
				sent++
				event := fmt.Sprintf("e%d", sent)
				sender.send(event)
				events = append(events, event)
			}
			l.exactlyOnce(fmt.Sprintf("%s replaced by %s: events", m.name, nameOf(l, path)), members, events, 30*time.Second)
		}
	}
	l.none("healthy members blamed", l.blamed(mark))
}

func nameOf(l *lab, path string) string {
	if path == l.options.ours {
		return "ours"
	}
	return "Debian's"
}
