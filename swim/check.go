package swim

import "fmt"

// check panics when an invariant of n is broken. It runs after each input when invariants are on. Members are looked at when
// one of them has changed.
func (n *Node) check() {
	need(n.table.Get(n.self).known(), "the local member is unknown")
	need(!n.probe.open || n.hold.probe || n.timers.armed(TimerProbeEnd), "a probe without end")
	need(len(n.timers.heap) == len(n.suspicions)+len(n.served)+len(n.pings),
		"%d keyed timers for %d suspicions, %d served, %d pings", len(n.timers.heap), len(n.suspicions), len(n.served), len(n.pings))
	need(len(n.suspicions) == n.count[Suspect], "%d suspicions of %d suspects", len(n.suspicions), n.count[Suspect])
	need(len(n.departed) == n.count[Dead]+n.count[Left], "%d departed, %d dead and %d left", len(n.departed), n.count[Dead], n.count[Left])
	if n.checked != n.generation {
		n.checked = n.generation
		n.checkMembers()
	}
}

func (n *Node) checkMembers() {
	var count [4]int
	known, answered := 0, 0
	for member := range n.table.Cap() {
		r := n.table.Get(member)
		if !r.known() {
			continue
		}
		known++
		count[r.status()]++
		if r.status() <= Suspect && n.acquainted.has(member) {
			answered++
		}
		n.checkMember(member, r)
	}
	need(count == n.count && known == n.table.Len(), "counts %v of %d, table has %v of %d", n.count, n.table.Len(), count, known)
	need(answered == n.acquainted.live, "%d of the living have answered, %d are counted", answered, n.acquainted.live)
	need(n.table.Len() <= n.cfg.MembersMax, "%d members exceed the limit", n.table.Len())
}

func (n *Node) checkMember(member uint32, r record) {
	info := n.dir.info(r.info())
	m, ok := n.dir.find(info.Name)
	need(ok && m == member, "%q is member %d in the directory, %d in the table", info.Name, m, member)
	need(info.Versions.Valid(), "%q has no versions", info.Name)
	_, suspected := n.suspicions[member]
	need(suspected == (r.status() == Suspect), "%q is %s, suspicion %v", info.Name, r.status(), suspected)
	_, gone := n.departed[member]
	need(gone == (r.status() >= Dead), "%q is %s, departed %v", info.Name, r.status(), gone)
}

func need(ok bool, format string, args ...any) {
	if !ok {
		panic("swim: broken invariant: " + fmt.Sprintf(format, args...))
	}
}
