package discover

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"serf/agent/journal"
	"serf/eventbus"
)

const (
	// listenTime is how long answers to a poll are waited for.
	listenTime = time.Second
	// quietTime is the pause in the flow of answers after which those that came are joined, all together.
	quietTime = 100 * time.Millisecond
	// packetsMax is how many packets a poll reads of one address family.
	packetsMax = 4096
	// sourcePacketsMax is how many of them may come from one source: a host may run several agents.
	sourcePacketsMax = 64
	// heardMax is how many answers wait while others are being joined.
	heardMax = 256
	// gapsMax is how many incomplete instances a poll asks about again.
	gapsMax = 64
	// joinsMax is how many addresses a poll joins. One is enough to learn of all others.
	joinsMax = 64
	// sourceJoinsMax is how many of them may come from one source, so that no host can take the places of all others.
	sourceJoinsMax = 8
	// failuresShown is how many failures of a join are put into the log.
	failuresShown = 3
)

// heard is one answer.
type heard struct {
	source    netip.Addr
	asked     *net.UDPConn // where it came
	family    family
	instances []instance
}

// poll asks once for other agents and joins the new ones. It returns how many agents have answered, this one included not.
func (d *Discovery) poll(m *memory) int {
	m.tick()
	d.counters.polls.Add(1)
	mouths, err := d.ask()
	if err != nil {
		d.counters.pollsFailed.Add(1)
		d.log.Printf(journal.Err, component, "Failed to poll for new hosts: %v", err)
		return 0
	}
	defer context.AfterFunc(d.ctx, func() {
		for _, mouth := range mouths {
			_ = mouth.conn.Close()
		}
	})()
	out := make(chan heard, heardMax)
	var readers sync.WaitGroup
	for _, mouth := range mouths {
		readers.Go(func() { d.hear(mouth, out) })
	}
	d.wg.Go(func() {
		readers.Wait()
		close(out)
	})
	r := newRound(d, m)
	r.gather(out)
	if d.ctx.Err() == nil && r.tried == 0 {
		d.log.Printf(journal.Debug, component, "No new hosts found: %d answered", len(r.seen))
	}
	return len(r.seen)
}

// mouth is a socket from which questions of one address family are asked, and where the answers come.
type mouth struct {
	family family
	conn   *net.UDPConn
}

// ask sends the question by all address families that work and returns their sockets. It fails when there are none.
func (d *Discovery) ask() ([]mouth, error) {
	on, err := interfaceByName(d.cfg.Interface)
	if err != nil {
		return nil, err
	}
	text, err := question(uint16(rand.Uint32()), d.service.name, dnsmessage.TypePTR)
	if err != nil {
		return nil, err
	}
	var mouths []mouth
	var errs []error
	for _, e := range d.ears {
		conn, err := d.askBy(e, on, text)
		if conn != nil {
			mouths = append(mouths, mouth{e.family, conn})
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.family.name, err))
		}
		d.note(e, err)
	}
	if len(mouths) == 0 {
		return nil, joined(errs)
	}
	return mouths, nil
}

// askBy sends text by one address family. It may return both a socket and an error: who cannot be heard may still ask.
func (d *Discovery) askBy(e *ear, on *net.Interface, text []byte) (*net.UDPConn, error) {
	earErr := d.tend(e, on)
	conn, err := e.family.ask(on)
	if err != nil {
		return nil, errors.Join(earErr, err)
	}
	if _, err := conn.WriteToUDPAddrPort(text, e.family.group); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, earErr
}

// note logs when an address family ceases to work, and when it works again.
func (d *Discovery) note(e *ear, err error) {
	switch {
	case err != nil && !e.bad && d.ctx.Err() == nil:
		hint := ""
		if d.cfg.Interface == "" {
			hint = " (hint: -mdns-iface names the interface to use)"
		}
		d.log.Printf(journal.Warn, component, "%s does not work, trying again with every poll: %s%s", e.family.name, line(err), hint)
	case err == nil && e.bad:
		d.log.Printf(journal.Info, component, "%s works again", e.family.name)
	}
	e.bad = err != nil
}

// hear reads answers until listenTime is over.
func (d *Discovery) hear(m mouth, out chan<- heard) {
	defer m.conn.Close()
	_ = m.conn.SetReadDeadline(time.Now().Add(listenTime))
	buf := make([]byte, messageBytesMax)
	sources := make(map[netip.Addr]int)
	for range packetsMax {
		n, from, err := m.conn.ReadFromUDPAddrPort(buf)
		if err != nil || d.ctx.Err() != nil {
			return
		}
		source := from.Addr().Unmap()
		if from.Port() != port {
			d.counters.packetsPort.Add(1)
			continue
		}
		sources[source]++
		if sources[source] > sourcePacketsMax {
			d.counters.packetsSource.Add(1)
			continue
		}
		list, err := d.service.parse(buf[:n])
		if err != nil {
			d.counters.packetsMalformed.Add(1)
			continue
		}
		select {
		case out <- heard{source: source, asked: m.conn, family: m.family, instances: list}:
		default:
			d.counters.packetsDropped.Add(1)
		}
	}
	d.counters.packetsLimit.Add(1)
}

// round is what one poll has come to know.
type round struct {
	*Discovery
	memory *memory
	asked  map[dnsmessage.Name]bool // instances that were asked about again
	seen   map[netip.AddrPort]bool  // addresses of other agents that have answered
	alive  map[netip.AddrPort]bool  // addresses of members; nil: not needed yet
	by     map[netip.Addr]int       // addresses tried, by who named them
	batch  []netip.AddrPort         // to join next
	tried  int                      // addresses, batch included
}

func newRound(d *Discovery, m *memory) *round {
	return &round{Discovery: d, memory: m, asked: make(map[dnsmessage.Name]bool), seen: make(map[netip.AddrPort]bool), by: make(map[netip.Addr]int)}
}

// gather takes answers until out is closed.
func (r *round) gather(out <-chan heard) {
	quiet := time.NewTimer(quietTime)
	defer quiet.Stop()
	for {
		select {
		case h, more := <-out:
			if !more {
				r.join()
				return
			}
			if r.take(h) {
				quiet.Reset(quietTime)
			}
		case <-quiet.C:
			r.join()
		}
	}
}

// take looks at one answer, and says whether it brought something to join.
func (r *round) take(h heard) (news bool) {
	here := sync.OnceValue(func() bool { return isOwn(h.source) })
	for _, i := range h.instances {
		switch {
		case len(i.addrs) > 0 && (i.named || r.asked[i.name]):
			for _, addr := range i.addrs {
				news = r.candidate(addr, h.source, here) || news
			}
		case i.named && !r.asked[i.name]:
			r.askAgain(h, i.name)
		}
	}
	return news
}

// askAgain asks for the records of an instance that an answer named only.
func (r *round) askAgain(h heard, name dnsmessage.Name) {
	if len(r.asked) == gapsMax {
		r.counters.gapsLimit.Add(1)
		return
	}
	r.asked[name] = true
	if text, err := question(uint16(rand.Uint32()), name, dnsmessage.TypeALL); err == nil {
		_, _ = h.asked.WriteToUDPAddrPort(text, h.family.group) // the next poll asks again
	}
}

// candidate takes addr into the batch if it is to be joined.
func (r *round) candidate(addr netip.AddrPort, source netip.Addr, here func() bool) bool {
	switch {
	case addr == r.service.addr || r.seen[addr]:
		return false
	case !usable(addr, here):
		r.counters.addrsUnusable.Add(1)
		return false
	case len(r.seen) < packetsMax:
		r.seen[addr] = true
	}
	switch {
	case r.isMember(addr):
		return false
	case r.tried == joinsMax, r.by[source] == sourceJoinsMax:
		r.counters.addrsLimit.Add(1)
		return false
	case !r.memory.due(addr):
		return false
	}
	r.batch = append(r.batch, addr)
	r.tried++
	r.by[source]++
	return true
}

// isMember says whether a member that is alive has this address.
func (r *round) isMember(addr netip.AddrPort) bool {
	if r.alive == nil {
		r.alive = aliveAddrs(r.member)
	}
	return r.alive[addr]
}

func aliveAddrs(m Member) map[netip.AddrPort]bool {
	alive := make(map[netip.AddrPort]bool)
	for _, member := range m.View().Members {
		if member.Status == eventbus.StatusAlive {
			alive[netip.AddrPortFrom(member.Addr.Addr().Unmap(), member.Addr.Port())] = true
		}
	}
	return alive
}

// join joins the batch and notes who answered.
func (r *round) join() {
	batch := r.batch
	r.batch = nil
	if len(batch) == 0 || r.ctx.Err() != nil {
		return
	}
	texts := make([]string, len(batch))
	for i, addr := range batch {
		texts[i] = addr.String()
	}
	r.counters.found.Add(uint64(len(batch)))
	n, err := r.member.Join(r.ctx, texts, r.cfg.Replay)
	if r.ctx.Err() != nil {
		return
	}
	r.counters.joined.Add(uint64(n))
	r.alive = aliveAddrs(r.member)
	for _, addr := range batch {
		r.memory.settle(addr, n == len(batch) || r.alive[addr])
	}
	if err != nil {
		r.log.Printf(journal.Err, component, "Failed to join: %s", line(err))
		return
	}
	r.log.Printf(journal.Info, component, "Joined %d hosts", n)
}

// line folds an error of several lines into one. Of more than failuresShown failures the first ones are named.
func line(err error) string {
	fields := strings.FieldsFunc(err.Error(), func(c rune) bool { return c == '\n' || c == '\t' })
	fields = slices.DeleteFunc(fields, func(s string) bool { return strings.TrimSpace(s) == "" })
	if more := len(fields) - 1 - failuresShown; more > 0 {
		fields = append(fields[:1+failuresShown], fmt.Sprintf("* and %d more", more))
	}
	return strings.Join(fields, " ")
}
