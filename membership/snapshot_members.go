package membership

import (
	"encoding/binary"
	"slices"
)

// find returns the member name unless it is forgotten. The pointer is good until the next change.
func (s *Snapshot) find(name string) *snapshotMember {
	i, known := s.index[name]
	if !known || s.members[i].forgotten() {
		return nil
	}
	return &s.members[i]
}

// lookUp returns where the member name is in members. Reading a long file is mostly this, and hints spare a tenth of the
// time. A wrong hint costs what the index costs.
func (s *Snapshot) lookUp(name []byte) (i int32, known bool) {
	if s.hints == nil {
		i, known = s.index[string(name)]
		return i, known
	}
	hint := &s.hints[hintOf(name)]
	if i = *hint; int(i) < len(s.members) && s.members[i].name == string(name) {
		return i, true
	}
	if i, known = s.index[string(name)]; known {
		*hint = i
	}
	return i, known
}

// hintOf returns a number for the end of name, where the names of a cluster differ.
func hintOf(name []byte) uint16 {
	var end [8]byte
	copy(end[:], name[max(0, len(name)-len(end)):])
	return uint16(binary.LittleEndian.Uint64(end[:]) * 0x9e3779b97f4a7c15 >> 48)
}

func (m *snapshotMember) forgotten() bool { return !m.alive && m.failure == 0 }

// setAlive notes that the member name is at addr. It returns why not, or "".
func (s *Snapshot) setAlive(name, addr []byte) string {
	m, why := s.put(name, addr)
	if m == nil {
		return why
	}
	s.left = false
	if m.failure != 0 {
		m.failure = 0
		s.failed--
	}
	if !m.alive {
		m.alive = true
		s.alive++
	}
	return ""
}

// setFailed notes that the member name failed at addr. It stays alive too until setNotAlive.
func (s *Snapshot) setFailed(name, addr []byte) string {
	m, why := s.put(name, addr)
	if m == nil {
		return why
	}
	if m.failure == 0 {
		s.failed++
	}
	s.failures++
	m.failure = s.failures
	if s.failed > snapshotFailedMax {
		s.forgetFailed()
	}
	return ""
}

// setNotAlive ends the member's being alive; without that, its having failed.
func (s *Snapshot) setNotAlive(name []byte) {
	i, known := s.lookUp(name)
	if !known || s.members[i].forgotten() {
		return
	}
	m := &s.members[i]
	if m.alive {
		m.alive = false
		s.alive--
	} else {
		m.failure = 0
		s.failed--
	}
	if m.forgotten() {
		s.dead++
		s.reclaim()
	}
}

// setLeave forgets everything unless the member means to rejoin.
func (s *Snapshot) setLeave() {
	s.left = true
	s.mark++
	s.begun = 0
	if s.rejoin {
		return
	}
	clear(s.index)
	s.members = nil
	s.alive, s.failed, s.dead = 0, 0, 0
	s.clock, s.event, s.query = 0, 0, 0
}

// put returns the record of name with its address, new if need be, or why there is none.
func (s *Snapshot) put(name, addr []byte) (m *snapshotMember, why string) {
	if i, known := s.lookUp(name); known {
		m = &s.members[i]
		if m.addr != string(addr) {
			text, ok := parseAddr(addr)
			if !ok {
				return nil, reasonAddr
			}
			m.addr = text
		}
		switch {
		case m.forgotten():
			s.dead--
		case m.mark < s.begun:
			s.renew(m)
		}
		m.mark = s.mark
		return m, ""
	}
	if len(name) > snapshotNameBytesMax {
		return nil, reasonName
	}
	text, ok := parseAddr(addr)
	if !ok {
		return nil, reasonAddr
	}
	if s.Len() >= snapshotMembersMax {
		return nil, reasonFull
	}
	own := string(name)
	s.index[own] = int32(len(s.members))
	s.members = append(s.members, snapshotMember{name: own, addr: text, mark: s.mark})
	return &s.members[len(s.members)-1], ""
}

// renew makes m neither alive nor failed, for a whole state to say what it is.
func (s *Snapshot) renew(m *snapshotMember) {
	if m.alive {
		s.alive--
	}
	if m.failure != 0 {
		s.failed--
	}
	m.alive, m.failure = false, 0
}

// reclaim drops the forgotten members when they are the larger part.
func (s *Snapshot) reclaim() {
	if s.dead <= snapshotDeadMin || s.dead <= s.Len() {
		return
	}
	s.sweep(func(m *snapshotMember) bool { return m.forgotten() })
}

// sweep drops the members that drop names, and all forgotten ones. The others keep their order.
func (s *Snapshot) sweep(drop func(m *snapshotMember) bool) {
	kept := make([]snapshotMember, 0, s.alive+s.failed)
	s.index = make(map[string]int32, s.alive+s.failed)
	s.alive, s.failed, s.dead = 0, 0, 0
	for i := range s.members {
		m := &s.members[i]
		if m.forgotten() || drop(m) {
			continue
		}
		if m.alive {
			s.alive++
		}
		if m.failure != 0 {
			s.failed++
		}
		s.index[m.name] = int32(len(kept))
		kept = append(kept, *m)
	}
	s.members = kept
}

// forgetFailed makes room among the failed members.
func (s *Snapshot) forgetFailed() {
	order := make([]uint64, 0, s.failed)
	for i := range s.members {
		if f := s.members[i].failure; f != 0 {
			order = append(order, f)
		}
	}
	slices.Sort(order)
	limit := order[snapshotFailedMax/16]
	for i := range s.members {
		m := &s.members[i]
		if m.failure == 0 || m.failure > limit {
			continue
		}
		m.failure = 0
		s.failed--
		if !m.alive {
			s.dead++
		}
	}
	s.reclaim()
}
