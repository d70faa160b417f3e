package membership

import (
	"math"

	"serf/eventbus"
)

const (
	// never is later than every time.
	never = math.MaxInt64
	// deferred marks a prune whose wait is over but whose member is still there.
	deferred = never - 1
)

// pruning is one prune that waits. It counts only while table.pruneAt has the same time for its member.
type pruning struct {
	at int64
	id uint32
}

// prune forgets the member of r: at once when it has left; after a wait when it is leaving, so that it can either finish
// or deny. The local member is never forgotten.
func (t *table) prune(now int64, r *record) {
	switch {
	case r.member.Name == t.local:
	case r.member.Status == eventbus.StatusLeft:
		t.erase(r, true)
	default:
		at := now + int64(t.cfg.BroadcastTimeout+t.cfg.LeavePropagateDelay)
		t.pruneAt[r.id] = at
		t.pruning = append(t.pruning, pruning{at, r.id})
	}
}

// cancelPrune drops a pending prune of a member that is there and means to stay.
func (t *table) cancelPrune(r *record) {
	if _, pending := t.pruneAt[r.id]; pending {
		delete(t.pruneAt, r.id)
		t.counters.PruneCancelled++
	}
}

// nextPrune returns when firePrunes is wanted. The wait is the same for all, so the first in is the first out.
func (t *table) nextPrune() int64 {
	for len(t.pruning) > 0 {
		at, pending := t.pruneAt[t.pruning[0].id]
		if pending && at == t.pruning[0].at {
			break
		}
		t.pruning = t.pruning[1:] // it ended or began anew
	}
	if len(t.pruning) == 0 {
		t.pruning = nil
		return never
	}
	return t.pruning[0].at
}

// firePrunes forgets the members whose wait is over. One that is still leaving although the failure detector, asked by
// present, sees it alive is forgotten once it is gone: it would otherwise be there unseen until it fails and
// returns.
func (t *table) firePrunes(now int64, present func(name string) bool) {
	for t.nextPrune() <= now {
		r := t.pages.at(t.pruning[0].id)
		if r.member.Status == eventbus.StatusLeaving && present(r.member.Name) {
			t.pruneAt[r.id] = deferred
			t.counters.PruneDeferred++
			continue
		}
		t.erase(r, true)
	}
}
