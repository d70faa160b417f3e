package membership

import (
	"serf/eventbus"
	"serf/swim/msgpack"
)

// statuses is what push/pulls say of the members.
type statuses struct {
	encoded []byte // StatusLTimes, as it is on the wire
	len     int    // how many members that are
	left    []string
	guessed bool // the time of somebody who has not left is
}

// say returns what push/pulls say of the members as things stand. Nothing is said of a member that began to leave after
// fresh: its time would be taken for that of a join, and make the leave, when it comes, no news. After a while something
// is said, since a member that only seems to leave has to hear of it to deny it. Without such members it is made once and
// kept until something changes.
func (t *table) say(fresh int64) *statuses {
	if t.said != nil {
		return t.said
	}
	said := &statuses{left: make([]string, 0, t.left)}
	size := 5
	for r := range t.each {
		if r.sayable(fresh) {
			said.len++
			size += len(r.member.Name) + 12
		}
	}
	said.encoded = msgpack.AppendMap(make([]byte, 0, size), said.len)
	for r := range t.each {
		if !r.sayable(fresh) {
			continue
		}
		said.encoded = msgpack.AppendUint(msgpack.AppendString(said.encoded, r.member.Name), r.told())
		if r.member.Status == eventbus.StatusLeft {
			said.left = append(said.left, r.member.Name)
		} else {
			said.guessed = said.guessed || r.guessed
		}
	}
	if t.leaving == 0 {
		t.said = t.shared.share(said)
	}
	return said
}

// sayable reports whether a push/pull says something of r, at a time when whoever began to leave after fresh has just done so.
func (r *record) sayable(fresh int64) bool {
	return r.member.Status != eventbus.StatusLeaving || r.leaveTime <= fresh
}

// saidOf returns what this member says, when it has been made: as it is on the wire, if nothing of that is news to it, whatever its
// clock; nil otherwise.
func (t *table) saidOf() []byte {
	if t.said == nil || t.said.guessed {
		return nil
	}
	return t.said.encoded
}

// statusLTimes returns what saidOf does, decoded.
func (t *table) statusLTimes() []statusLTime {
	list := make([]statusLTime, 0, t.known)
	for r := range t.each {
		list = append(list, statusLTime{r.member.Name, r.told()})
	}
	return list
}
