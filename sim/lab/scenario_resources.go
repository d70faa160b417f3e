//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"serf/agent/rpc"
)

// diskFull fills the disk under the snapshots for a while: the agents go on, say so now and then, and have the whole state on the
// disk soon after there is room.
func diskFull(l *lab) {
	disk := filepath.Join(l.dir, "disk")
	l.must(os.MkdirAll(disk, 0o755))
	l.must(unix.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"))
	defer func() { _ = unix.Unmount(disk, unix.MNT_DETACH) }()
	members := l.cluster(3)
	victim := l.member("victim", l.options.ours, "-snapshot="+filepath.Join(disk, "snapshot"), "-retry-join="+members[0].gossipAddr())
	victim.start()
	all := append(members, victim)
	l.agree(all, time.Minute)
	snapshot := filepath.Join(disk, "snapshot")
	padSnapshot(l, victim, snapshot)
	l.agree(all, time.Minute)
	mark := l.mark()
	for i := 0; pageSlack(l, snapshot) > 150; i++ {
		members[i%3].send(fmt.Sprintf("fill%d", i))
		l.pass(eventEvery)
	}

	filler := filepath.Join(disk, "filler")
	_ = os.WriteFile(filler, make([]byte, 1<<20), 0o600) // fails when the disk is full
	start := time.Now()
	for i := 0; time.Since(start) < 10*time.Second; i++ {
		members[i%3].send(fmt.Sprintf("full%d", i))
		l.pass(eventEvery)
	}
	l.check("the agent runs", "yes", fmt.Sprint(victim.running()), victim.running())
	lines := count(victim.lines(), "no space left")
	l.check("lines about it in 10 s", "1 or 2", fmt.Sprint(lines), lines >= 1 && lines <= 2)
	l.none("healthy members blamed", l.blamed(mark))

	l.must(os.Remove(filler))
	start = time.Now()
	members[0].send("room")
	clock := eventClock(l, victim)
	l.eventually("the snapshot holds the clock of the last event", 2*time.Minute, func() error {
		content, err := os.ReadFile(snapshot)
		if err == nil && !strings.Contains(string(content), "event-clock: "+clock) {
			err = fmt.Errorf("no event-clock: %s in the last of %d bytes", clock, len(content))
		}
		return err
	})
	l.within("the snapshot is whole after there is room", 35*time.Second, time.Since(start))
}

// eventEvery is how often events come: seldom enough for each to have its line in the log.
const eventEvery = 400 * time.Millisecond

// pageBytes is in what pieces a tmpfs gives out memory: a file grows within its last piece even when nothing is left.
const pageBytes = 4096

// pageSlack returns how much a file can still grow on a full tmpfs.
func pageSlack(l *lab, path string) int64 {
	info, err := os.Stat(path)
	l.must(err)
	return pageBytes - info.Size()%pageBytes
}

// padSnapshot starts a member again with comments in its snapshot, so that little of the last page is left.
func padSnapshot(l *lab, m *member, path string) {
	m.kill()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	l.must(err)
	for pageSlack(l, path) > 1000 {
		_, err = f.WriteString("# so that the page fills up\n")
		l.must(err)
	}
	l.must(f.Close())
	m.start()
}

// eventClock waits until the member has seen the last event, and returns its time.
func eventClock(l *lab, m *member) (clock string) {
	l.eventually("the last event", 20*time.Second, func() error {
		if l.count("room")[m.name] == 0 {
			return fmt.Errorf("not heard")
		}
		return nil
	})
	l.must(m.ask(func(c *rpc.Client, ctx context.Context) error {
		stats, err := c.Stats(ctx)
		clock = stats["serf"]["event_time"]
		return err
	}))
	var next int
	_, err := fmt.Sscan(clock, &next)
	l.must(err)
	return fmt.Sprint(next - 1) // a clock holds the next time
}

// descriptors takes all descriptors of a member by open streams: probes go on, and it is well again when they close.
func descriptors(l *lab) {
	members := l.cluster(3)
	victim := l.member("victim", l.options.ours, "-retry-join="+members[0].gossipAddr())
	victim.wrapper = []string{"prlimit", "--nofile=64"}
	victim.start()
	all := append(members, victim)
	l.agree(all, time.Minute)
	mark := l.mark()
	before := victim.cpu()

	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	for range 100 {
		if c, err := net.DialTimeout("tcp", victim.gossipAddr(), time.Second); err == nil {
			open = append(open, c)
		}
	}
	start := time.Now()
	l.pass(10 * time.Second)
	share := (victim.cpu() - before).Seconds() / time.Since(start).Seconds()
	l.check("CPU meanwhile", "≤ 20 %", fmt.Sprintf("%.1f %%", 100*share), share <= 0.2)
	l.none("healthy members blamed", l.blamed(mark))
	lines := count(victim.lines(), "too many open files")
	l.check("lines about it in 10 s", "at most 3", fmt.Sprint(lines), lines <= 3)
	for _, c := range open {
		_ = c.Close()
	}
	open = nil
	l.within("it answers clients again", 15*time.Second, l.agree(all, time.Minute))
}

// cpu returns the time that the process has used.
func (m *member) cpu() time.Duration {
	const ticksPerSecond = 100 // of /proc, on Linux
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.cmd.Process.Pid))
	m.lab.must(err)
	fields := strings.Fields(string(content[strings.LastIndex(string(content), ")")+1:]))
	var user, system int
	_, err = fmt.Sscan(fields[11]+" "+fields[12], &user, &system)
	m.lab.must(err)
	return time.Duration(user+system) * time.Second / ticksPerSecond
}
