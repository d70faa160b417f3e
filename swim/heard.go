package swim

import (
	"math"
	"slices"
)

// heardMax is how many members are remembered that were heard lately: in a probe interval a member hears two on average,
// and a suspicion lasts four intervals, sixteen among 10,000 members.
const heardMax = 64

const (
	// stalestMax is up to how many other members a cluster is small: all of them have a place among the contacts.
	stalestMax = heardMax / 2
	// stalestCapMax bounds the work of looking for the one longest without contact, where a directory holds far more members.
	stalestCapMax = 4 * stalestMax
	// unprobedRounds is for how many rounds a member may go unprobed because it is heard all the time.
	unprobedRounds = 8
)

// contact is when a member itself was heard last, and when it was probed last.
type contact struct {
	member        uint32
	heard, probed int64 // longAgo: never
}

// last is when there was any contact.
func (c *contact) last() int64 { return max(c.heard, c.probed) }

// contacts are those that were heard or probed last, in no order. The zero value knows nobody. What is looked through most lies
// close together.
type contacts struct {
	members       [heardMax]uint32
	lasts         [heardMax]int64 // when there was any contact
	heard, probed [heardMax]int64
	len           int
}

// find returns what is known of a member.
func (c *contacts) find(member uint32) (contact, bool) {
	for i, known := range c.members[:c.len] {
		if known == member {
			return contact{member, c.heard[i], c.probed[i]}, true
		}
	}
	return contact{member, longAgo, longAgo}, false
}

// entry returns the place of a member with whom there is contact now, that of the one longest without if it has none yet.
func (c *contacts) entry(member uint32, now int64) int {
	at := slices.Index(c.members[:c.len], member)
	switch {
	case at >= 0:
		c.lasts[at] = now
		return at
	case c.len < heardMax:
		at = c.len
		c.len++
	default:
		at = 0
		for i, last := range c.lasts {
			if last < c.lasts[at] {
				at = i
			}
		}
	}
	c.members[at], c.lasts[at], c.heard[at], c.probed[at] = member, now, longAgo, longAgo
	return at
}

// noteHeard remembers that a packet came from a member itself.
func (n *Node) noteHeard(member uint32) { n.heard.heard[n.heard.entry(member, n.now)] = n.now }

// noteProbed remembers that a member is being probed.
func (n *Node) noteProbed(member uint32) { n.heard.probed[n.heard.entry(member, n.now)] = n.now }

// stalest returns who is to be probed in a small cluster: the member longest without contact, or first if none is strictly longer
// so. One that died speaks to nobody, so that soon everybody looks there, and the first one does about an interval earlier than
// with a random order. But whoever speaks often is probed, too: first, who comes from a random order, is taken when it was not
// probed for unprobedRounds rounds, for a probe also measures the way there and back. And a suspect, which nobody hears, is not
// probed again before a round is over, or there would be probes for nobody else until its suspicion ends.
func (n *Node) stalest(first uint32) uint32 {
	c, _ := n.heard.find(first)
	round := int64(n.others()) * int64(n.cfg.ProbeInterval)
	if n.now-c.probed > unprobedRounds*round {
		return first
	}
	at := c.last()
	if n.toldLately(&c, round) {
		at = math.MaxInt64
	}
	for member := range n.table.Cap() {
		if r := n.table.Get(member); !r.known() || r.status() > Suspect || member == n.self {
			continue
		}
		if c, _ := n.heard.find(member); c.last() < at && !n.toldLately(&c, round) {
			first, at = member, c.last()
		}
	}
	return first
}

// toldLately reports whether a member is a suspect that was probed, and so told of the suspicion, within the last round.
func (n *Node) toldLately(c *contact, round int64) bool {
	s := n.suspicions[c.member]
	return s != nil && c.probed >= s.start && n.now-c.probed < round
}
