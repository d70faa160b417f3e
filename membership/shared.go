package membership

import (
	"maps"
	"slices"

	"serf/eventbus"
	"serf/swim"
)

// Shared is what the members of one simulation keep once for all of them: names, identities, what a population of members
// looks like, and what push/pulls say. What a member does is the same with it and without.
//
// It is not safe for concurrent use.
type Shared struct {
	directory  *swim.Directory
	roster     *roster
	population *population
	said       [saidMax]*statuses // the last ones, in no order
	turn       int
	effects    []Effect // memory for the cluster that needs it next
}

// saidMax is how many different lists of statuses are kept for others that come to say the same: while some news spreads
// there are those who know it and those who do not.
const saidMax = 8

// population is members that clusters begin to know.
type population struct {
	swim  *swim.Population
	table table // of nobody, who knows all of them
}

// NewShared returns a Shared for the members of one simulation.
func NewShared() *Shared { return &Shared{directory: swim.NewDirectory(), roster: newRoster()} }

// Populate makes the given members, all of them alive, those that clusters with Config.Populated begin to know.
func (s *Shared) Populate(members []swim.Info) {
	cfg := Config{Shared: s}
	t := newTable(&cfg, new(Counters))
	for i := range members {
		t.insert(t.member(&members[i], eventbus.StatusAlive))
	}
	t.list()
	t.say(0)
	s.population = &population{swim: s.directory.Populate(members), table: *t}
}

// populate makes the table know the population. The local member's own record stays as it is.
func (t *table) populate(p *population) {
	own := *t.find(t.local)
	*t.pages.edit(own.id) = record{}
	t.roster.release(own.member.Name)
	for _, id := range p.table.order {
		t.roster.users[id]++
	}
	t.pages, t.known, t.added = p.table.pages.share(), p.table.known, nil
	t.order, t.common, t.shown, t.said = p.table.order, true, p.table.shown, p.table.said
	t.dirty = nil
	if is := t.find(t.local); is.ltime != own.ltime || !sameMember(is.member, own.member) {
		is = t.own(is)
		t.stamp(is, own.ltime, own.guessed)
		t.replace(is, own.member)
	}
	t.generation++
}

func sameMember(a, b *Member) bool {
	return a.Name == b.Name && a.Addr == b.Addr && a.Status == b.Status && a.Versions == b.Versions && maps.Equal(a.Tags, b.Tags)
}

// share returns a list that another member made and that says the same, or s itself.
func (s *Shared) share(own *statuses) *statuses {
	if s == nil {
		return own
	}
	for _, other := range s.said {
		if other != nil && other.guessed == own.guessed && string(other.encoded) == string(own.encoded) && slices.Equal(other.left, own.left) {
			return other
		}
	}
	s.said[s.turn] = own
	s.turn = (s.turn + 1) % saidMax
	return own
}
