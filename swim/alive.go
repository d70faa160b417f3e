package swim

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"serf/broadcast"
)

// Reasons for which an alive message is refused; EventDegraded carries them.
var (
	// ErrVersions: the versions are missing or make no sense.
	ErrVersions = errors.New("no valid protocol versions")
	// ErrTableFull: Config.MembersMax members are known.
	ErrTableFull = errors.New("member table is full")
	// ErrName: a member's name is empty or longer than Config.NameBytesMax.
	ErrName = errors.New("member name is empty or too long")
	// ErrMeta: the metadata is longer than MetaBytesMax.
	ErrMeta = errors.New("metadata too long")
	// ErrAdmit: Config.Admit or Config.AdmitMerge said no.
	ErrAdmit = errors.New("refused by the application")
)

// longAgo is when a placeholder, a member that was never alive, died.
const longAgo = math.MinInt64 / 2

// claim is what an alive message, or an alive entry of a push/pull, says about a member. Its bytes may belong to a packet.
type claim struct {
	name        string
	incarnation uint32
	addr        netip.AddrPort
	meta        []byte
	versions    Versions
	quiet       bool // nobody needs to be told
}

func (n *Node) onAlive(from netip.AddrPort, b []byte) error {
	m, err := DecodeAlive(b)
	if err != nil {
		return n.malformed(err)
	}
	if !n.allowed(from.Addr()) || !n.allowed(m.Addr.Addr()) {
		n.stats.AliveAddress++
		return fmt.Errorf("swim: alive: %w (%s from %s)", ErrNotAllowed, m.Addr.Addr(), from.Addr())
	}
	c := claim{incarnation: m.Incarnation, addr: n.receivedPort(m.Addr), meta: m.Meta, versions: ParseVersions(m.Versions)}
	if member, ok := n.dir.findBytes(m.Node); ok {
		c.name = n.dir.name(member)
	} else if len(m.Node) <= n.cfg.NameBytesMax {
		c.name = string(m.Node)
	}
	n.alive(&c)
	return nil
}

// allowed reports whether members may live at a.
func (n *Node) allowed(a netip.Addr) bool {
	if len(n.cfg.CIDRsAllowed) == 0 {
		return true
	}
	for _, p := range n.cfg.CIDRsAllowed {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// receivedPort replaces the port of a received address where it says nothing: members that speak protocol 1 send none, and
// who speaks it believes none.
func (n *Node) receivedPort(a netip.AddrPort) netip.AddrPort {
	if n.cfg.ProtocolVersion == 1 {
		return netip.AddrPortFrom(a.Addr(), n.cfg.PortDefault)
	}
	return n.withPort(a)
}

// withPort replaces port 0.
func (n *Node) withPort(a netip.AddrPort) netip.AddrPort {
	if a.Port() == 0 {
		return netip.AddrPortFrom(a.Addr(), n.cfg.PortDefault)
	}
	return a
}

// alive applies c if it is news.
func (n *Node) alive(c *claim) {
	member, ok := n.dir.find(c.name)
	r := record(0)
	if ok {
		r = n.table.Get(member)
	}
	isSelf := r.known() && member == n.self
	switch {
	case isSelf && n.leaving:
		n.stats.AliveSelfLeft++
	case !n.wellFormed(c):
	case !r.known():
		n.aliveUnknown(c)
	case !SameAddr(n.dir.info(r.info()).Addr, c.addr):
		n.aliveElsewhere(member, r, c)
	case c.incarnation < r.incarnation() || !isSelf && c.incarnation == r.incarnation():
		n.stats.AliveOldIncarnation++
	case !n.admit(c):
	case isSelf:
		n.aliveSelf(r, c)
	default:
		n.aliveNews(member, r, c)
	}
}

// wellFormed refuses, counts and reports claims that no table should hold.
func (n *Node) wellFormed(c *claim) bool {
	switch {
	case c.name == "" || len(c.name) > n.cfg.NameBytesMax:
		n.stats.AliveName++
		n.degraded(ErrName, "alive", c.name)
	case !c.versions.Valid():
		n.stats.AliveVersions++
		n.degraded(ErrVersions, "alive", c.name)
	case len(c.meta) > MetaBytesMax:
		n.stats.AliveMeta++
		n.degraded(ErrMeta, "alive", c.name)
	case !c.addr.Addr().IsValid():
		n.stats.AliveAddress++
		n.degraded(ErrAddress, "alive", c.name)
	default:
		return true
	}
	return false
}

// degraded reports that a message about name was refused.
func (n *Node) degraded(why error, message, name string) {
	n.out.event(Event{Kind: EventDegraded, FromName: name, Err: fmt.Errorf("swim: %s: %w (%q)", message, why, name)})
}

// admit asks the application.
func (n *Node) admit(c *claim) bool {
	if n.cfg.Admit == nil {
		return true
	}
	if err := n.cfg.Admit(c.info()); err != nil {
		n.stats.AliveRefused++
		n.degraded(errors.Join(ErrAdmit, err), "alive", c.name)
		return false
	}
	return true
}

// info returns what c says as an Info of its own.
func (c *claim) info() *Info {
	return &Info{Name: c.name, Addr: c.addr, Meta: bytes.Clone(c.meta), Versions: c.versions}
}

// aliveUnknown takes a new member into the table. Incarnation 0 is no life: it leaves a dead placeholder.
func (n *Node) aliveUnknown(c *claim) {
	if !n.admit(c) {
		return
	}
	if !n.allowed(c.addr.Addr()) {
		n.stats.AliveAddress++
		n.degraded(ErrNotAllowed, "alive", c.name)
		return
	}
	if !n.makeRoom() {
		n.stats.AliveTableFull++
		n.degraded(ErrTableFull, "alive", c.name)
		return
	}
	if c.incarnation == 0 {
		member, info := n.dir.intern(c.name, c.addr, c.meta, c.versions)
		n.departed[member] = longAgo
		n.set(member, newRecord(info, 0, Dead))
		n.stats.AliveOldIncarnation++
		return
	}
	n.accept(c, 0)
}

// makeRoom reports whether one more member fits into the table. A full table is searched for members that may be
// forgotten, once in a while, so that a flood cannot make it work.
func (n *Node) makeRoom() bool {
	if n.table.Len() < n.cfg.MembersMax {
		return true
	}
	if len(n.departed) > 0 && n.now-n.reapedAt > reapPause {
		n.reap()
	}
	return n.table.Len() < n.cfg.MembersMax
}

// aliveElsewhere decides about a claim to a known name from another address: the name of a member that left is free at
// once, that of a dead one after the reclaim time, whatever the incarnation; any other claim is a conflict.
func (n *Node) aliveElsewhere(member uint32, r record, c *claim) {
	if !n.admit(c) {
		return
	}
	if !n.allowed(c.addr.Addr()) {
		n.stats.AliveAddress++
		n.degraded(ErrNotAllowed, "alive", c.name)
		return
	}
	existing := n.dir.info(r.info())
	if !n.reclaimable(member, r) {
		n.stats.AliveConflict++
		n.out.event(Event{Kind: EventConflict, Status: r.status(), Info: existing, Other: c.info()})
		return
	}
	n.out.event(Event{Kind: EventReclaimed, Info: existing, Other: c.info()})
	n.aliveNews(member, r, c)
}

func (n *Node) reclaimable(member uint32, r record) bool {
	switch r.status() {
	case Left:
		return true
	case Dead:
		return n.cfg.DeadNodeReclaimTime > 0 && n.now-n.departed[member] > int64(n.cfg.DeadNodeReclaimTime)
	}
	return false
}

// aliveSelf hears about the local node what others believe: our own words, or something to be refuted.
func (n *Node) aliveSelf(r record, c *claim) {
	info := n.dir.info(r.info())
	if c.incarnation == r.incarnation() && bytes.Equal(c.meta, info.Meta) && c.versions == info.Versions {
		n.stats.AliveSelfSame++
		return
	}
	n.refute(c.incarnation, TypeAlive, c.name)
}

// aliveNews applies a claim about a known member.
func (n *Node) aliveNews(member uint32, r record, c *claim) {
	if r.status() == Suspect {
		n.dropSuspicion(member)
	}
	n.accept(c, r)
}

// accept makes the member of c alive, tells the others and reports what changed against r, which is zero for an unknown
// member.
func (n *Node) accept(c *claim, r record) {
	var was *Info
	if r.known() {
		was = n.dir.info(r.info())
	}
	member, info := n.dir.intern(c.name, c.addr, c.meta, c.versions)
	if r.known() && info == r.info() {
		n.dir.release(info)
	}
	delete(n.departed, member)
	n.set(member, newRecord(info, c.incarnation, Alive))
	n.stats.AliveApplied++
	is := n.dir.info(info)
	if was != nil && !SameAddr(was.Addr, is.Addr) {
		delete(n.aliases, member)
		n.unacquaint(member)
	}
	if c.quiet {
		n.stats.AliveHeld++
	} else {
		n.broadcastAlive(is, c.incarnation, false)
	}
	switch {
	case was == nil || r.status() >= Dead:
		n.out.event(Event{Kind: EventJoin, Info: is, Incarnation: c.incarnation})
	case !bytes.Equal(was.Meta, is.Meta):
		n.out.event(Event{Kind: EventUpdate, Info: is, Incarnation: c.incarnation})
	}
}

// broadcastAlive queues an alive message under the member's name.
func (n *Node) broadcastAlive(info *Info, incarnation uint32, notify bool) broadcast.ID {
	n.nameScratch = append(n.nameScratch[:0], info.Name...)
	m := AliveMessage{Incarnation: incarnation, Node: n.nameScratch, Addr: info.Addr, Meta: info.Meta, Versions: info.Versions[:]}
	n.scratch = AppendAlive(n.scratch[:0], &m)
	return n.push(info.Name, n.scratch, notify)
}

// push queues a membership broadcast. One that is too large for a packet cannot arise within the limits that Validate
// checks, but a count costs nothing.
func (n *Node) push(name string, message []byte, notify bool) broadcast.ID {
	id, err := n.queue.Push(name, message, notify)
	if err != nil {
		n.stats.BroadcastRefused++
	}
	return id
}
