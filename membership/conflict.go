package membership

import (
	"fmt"
	"net/netip"
	"time"

	"serf/eventbus"
	"serf/swim"
)

const (
	// votesMin is how many answers a verdict needs at least. One member, or one forged answer, decides nothing.
	votesMin = 2
	// disputePause is how long after a verdict no other one is asked for: a conflict that goes on is told with every
	// alive message.
	disputePause = 30 * time.Second
	// strangerVotesMax is how many claimants of other members' names are answered within disputePause. Their addresses
	// are those of no members, so that anybody could have answers sent to them.
	strangerVotesMax = 8
)

// disputes is the state of conflicts over names.
type disputes struct {
	wanted     bool // a vote on the local name
	running    bool
	lost       bool
	quietUntil int64
	answered   int   // claimants since
	since      int64 // then
}

// votes counts the answers about the local name.
type votes struct {
	answers int // that can be read
	ours    int // that name the local member
	others  int // that name another one
}

// onConflict hears that another address claims a member's name. For the local name the members vote.
func (c *Cluster) onConflict(now time.Time, e *swim.Event) {
	c.counters.Conflicts++
	c.notice(now, Notice{Kind: NoticeSwim, Swim: *e})
	d := &c.disputes
	if e.Info.Name != c.table.local || !c.cfg.EnableNameConflictResolution || c.table.life != LifeAlive ||
		d.running || d.lost || c.at(now) < d.quietUntil {
		return
	}
	d.wanted = true
}

// startVote asks the members whose the local name is. It waits for the end of the input: the push/pull that tells of the
// conflict may tell of more members, too.
func (c *Cluster) startVote(now time.Time) {
	if !c.disputes.wanted {
		return
	}
	c.disputes.wanted = false
	_, err := c.ask(now, &QueryParams{Name: eventbus.QueryConflict, Payload: []byte(c.table.local), MembersOnly: true},
		asked{purpose: forConflict})
	if err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: fmt.Errorf("membership: name conflict: %w", err)})
		return
	}
	c.counters.ConflictVotes++
	c.disputes.running = true
}

// onConflictQuery says which member this one knows by the disputed name; the claimant of the local name gets no answer.
// The answer goes to a claimant, who has another address than the member of that name.
func (c *Cluster) onConflictQuery(now time.Time, e *eventbus.Event) {
	name := string(e.Payload)
	if name == c.table.local {
		return
	}
	var known *Member
	if r := c.table.find(name); r != nil {
		known = r.member
	}
	d, at := &c.disputes, c.at(now)
	if at-d.since >= int64(disputePause) {
		d.since, d.answered = at, 0
	}
	if known != nil && e.From == name && d.answered < strangerVotesMax {
		d.answered++
		c.claimed = name
	}
	c.answerInternal(now, e.QueryID(), eventbus.AppendVote(nil, known))
	c.claimed = ""
}

// add counts one answer; source is where the local member is.
func (v *votes) add(u *eventbus.QueryUpdate, source netip.AddrPort) {
	if u.Kind != eventbus.UpdateResponse {
		return
	}
	m, err := eventbus.DecodeVote(u.Payload)
	switch {
	case err != nil:
		return
	case m == nil:
	case swim.SameAddr(m.Addr, source):
		v.ours++
	default:
		v.others++
	}
	v.answers++
}

// lost reports whether the members have decided against the local one: most of those that answered, two at least, name
// another one. Silence and ignorance decide nothing.
func (v *votes) lost() bool { return v.answers >= votesMin && v.others >= v.answers/2+1 }

// onVerdict ends a vote on the local name.
func (c *Cluster) onVerdict(now time.Time, v *votes) {
	d := &c.disputes
	d.running, d.quietUntil = false, c.at(now)+int64(disputePause)
	c.notice(now, Notice{Kind: NoticeVerdict, Votes: v.answers, VotesFor: v.ours, Lost: v.lost()})
	if v.lost() {
		d.lost = true
		c.counters.ConflictsLost++
		c.effects = append(c.effects, Effect{Kind: EffectConflictLost})
	}
}
