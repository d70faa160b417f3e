//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is how processes have got on with the processors so far.
type usage struct {
	at      time.Time
	ran     time.Duration // by all agents together
	waited  time.Duration // for a processor, while they could have run
	turns   float64       // how often one was given to a thread
	reading time.Duration // what this program used itself
}

// usage returns that of all agents that run, and of this program.
func (c *cluster) usage() (usage, error) {
	u := usage{at: time.Now()}
	for _, a := range c.agents {
		if a.ended == nil {
			continue
		}
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", a.cmd.Process.Pid)) // the pattern is well formed
		for _, file := range threads {
			if err := u.add(file); err != nil {
				return u, err
			}
		}
	}
	var self syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &self); err != nil {
		return u, err
	}
	u.reading = time.Duration(self.Utime.Nano() + self.Stime.Nano())
	return u, nil
}

// add adds what the kernel tells of a thread: nanoseconds on a processor, nanoseconds of waiting for one, and turns. One that has ended
// tells nothing.
func (u *usage) add(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	fields := strings.Fields(string(b))
	if len(fields) != 3 {
		return fmt.Errorf("%s: %q is no statistics of a thread", file, b)
	}
	var n [3]float64
	for i, f := range fields {
		if n[i], err = strconv.ParseFloat(f, 64); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	u.ran, u.waited, u.turns = u.ran+time.Duration(n[0]), u.waited+time.Duration(n[1]), u.turns+n[2]
	return nil
}

// spent is what was used from one usage to a later one.
func (u usage) spent(from usage) usage {
	u.ran, u.waited, u.turns, u.reading = u.ran-from.ran, u.waited-from.waited, u.turns-from.turns, u.reading-from.reading
	return u
}

// machine is what events meet on this machine.
type machine struct {
	processors int
	quiet      usage // in a second without events
	event      usage // for each event, beyond that
	// wait is how long a thread of an agent waits for a processor while there are no events: others have it.
	wait time.Duration
}

// newMachine takes the usage before a quiet time, after it, and after so many events.
func newMachine(processors int, before, quiet, after usage, events int) machine {
	m := machine{processors: processors, quiet: quiet.spent(before)}
	seconds := quiet.at.Sub(before.at).Seconds()
	m.wait = time.Duration(float64(m.quiet.waited) / max(1, m.quiet.turns))
	m.quiet = m.quiet.times(1 / seconds)
	all, idle := after.spent(quiet), m.quiet.times(after.at.Sub(quiet.at).Seconds())
	m.event = all.spent(idle).times(1 / float64(events))
	return m
}

// times is u, so many times.
func (u usage) times(factor float64) usage {
	u.ran, u.waited = time.Duration(float64(u.ran)*factor), time.Duration(float64(u.waited)*factor)
	u.turns, u.reading = u.turns*factor, time.Duration(float64(u.reading)*factor)
	return u
}

// input is what each of an event's packets takes of a processor: at the agents, and here to read what they print.
func (m *machine) input(packets float64) time.Duration {
	return time.Duration(float64(m.event.ran+m.event.reading) / packets)
}
