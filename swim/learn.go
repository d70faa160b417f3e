package swim

import "time"

// A push/pull that teaches of new members is followed by others soon: gossip was late, then, or had nobody to go to. Of
// several that join at one time each tells what it learns while it knows few, and may have told it often enough before it
// hears of the others.
//
// A newcomer has them at once. When many join one seed in one moment each learns of those before it alone. Gossip would need minutes to
// tell thousands of thousands; push/pulls with random members treble what the one who knows least knows, with each round,
// so that ten rounds do. They stop where both sides know nearly the same, and after a while in any case: in a calm cluster
// there are two.
const (
	// hurriesMax is how many push/pulls follow soon on one that taught of new members.
	hurriesMax = 2
	// learnedPushPull is how soon that is at the latest, in a small cluster.
	learnedPushPull = 2 * time.Second
	// learningTime is how long a newcomer, who knew nobody before its first push/pull, has the next ones at once.
	learningTime = 10 * time.Second
	// learningPushPull is how soon that is at the latest. Every learningUnscaled members it is that much later, since each costs as
	// much more: a newcomer sends and receives about a megabyte a second at most.
	learningPushPull = 500 * time.Millisecond
	learningUnscaled = 4096
	// learnedMuch is which part of all members one side of a newcomer's push/pull has to learn of for others to follow at once:
	// in a large cluster somebody always comes or goes.
	learnedMuch = 256
	// learnQuietly is how many members a peer has to tell a newcomer of for it not to pass them on: the peer's own gossip and the
	// newcomer's next push/pulls do that.
	learnQuietly = 64
)

// beginLearning makes a node a newcomer that has not had a push/pull yet, or knows nobody else. Gossip may have come before.
func (n *Node) beginLearning() {
	if n.learningUntil == 0 || n.others() == 0 {
		n.learningUntil = n.now + int64(learningTime)
	}
}

// learning reports whether the node is a newcomer.
func (n *Node) learning() bool { return n.now < n.learningUntil }

// learnsQuietly reports whether what s tells is passed on to nobody.
func (n *Node) learnsQuietly(s *State) bool { return n.learning() && len(s.Members) > learnQuietly }

// taught brings the next push/pull near after one that taught of new members: this node of as many as learned, or, when it is a
// newcomer, its peer, who knew s.
func (n *Node) taught(learned int, s *State) {
	switch {
	case n.learning() && (learned+n.lacking(s))*learnedMuch >= n.table.Len():
	case learned == 0, n.learning() && n.hurries > 0:
		return
	default:
		n.learningUntil = n.now
	}
	n.hurries = hurriesMax
	if n.learning() {
		n.hurries++
	}
	n.hurryPushPull()
}

// lacking returns how many of the live members known here are not in s.
func (n *Node) lacking(s *State) int {
	lacking := n.count[Alive] + n.count[Suspect]
	for i := range s.Members {
		if s.Members[i].Status <= Suspect {
			lacking--
		}
	}
	return max(0, lacking)
}

// hurryPushPull brings the next push/pull near while there are to be some soon.
func (n *Node) hurryPushPull() {
	soon := n.soonPushPull()
	if n.hold.pushPull || n.hurries == 0 || soon >= int64(n.cfg.PushPullInterval) || n.timers.single[TimerPushPull] <= n.now+soon {
		return
	}
	n.timers.arm(TimerPushPull, n.now+soon/2+n.rng.Int64N(soon/2))
}

// soonPushPull returns how soon that is at the latest.
func (n *Node) soonPushPull() int64 {
	if n.learning() && n.hurries > 1 {
		return int64(learningPushPull) * int64(1+n.table.Len()/learningUnscaled)
	}
	return int64(learnedPushPull) * int64(pushPullScale(n.table.Len()))
}
