package membership

// roster gives each name that a table knows a small number. The tables of one simulation share one.
//
// Invariants: ids holds exactly the names that have users; a free number has none.
type roster struct {
	ids   map[string]uint32
	users []uint32 // how many tables hold the name, by number
	free  []uint32
}

func newRoster() *roster { return &roster{ids: make(map[string]uint32)} }

// intern returns the number of name and counts one more user of it.
func (r *roster) intern(name string) uint32 {
	id, known := r.ids[name]
	switch n := len(r.free); {
	case known:
	case n > 0:
		id = r.free[n-1]
		r.free = r.free[:n-1]
		r.ids[name] = id
	default:
		id = uint32(len(r.users))
		r.ids[name] = id
		r.users = append(r.users, 0)
	}
	r.users[id]++
	return id
}

// release takes back one use of name. After the last its number is given to another one.
func (r *roster) release(name string) {
	id := r.ids[name]
	if r.users[id]--; r.users[id] > 0 {
		return
	}
	delete(r.ids, name)
	r.free = append(r.free, id)
}
