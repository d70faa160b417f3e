package swim

// drawsPerMember is how many random draws are spent on each member wanted before all are looked at: enough that in a
// large, mostly eligible table nobody is looked at but those who are drawn.
const drawsPerMember = 4

// choose appends up to k different members, at most selectMax, that are known and eligible, chosen uniformly at random.
// If fewer are eligible, it finds them all. eligible must be a pure function.
func (n *Node) choose(dst []uint32, k int, eligible func(member uint32, r record) bool) []uint32 {
	span := n.table.Cap()
	k = min(k, selectMax)
	first := len(dst)
	for range drawsPerMember * k {
		if len(dst)-first == k {
			return dst
		}
		member := n.rng.Uint32N(span)
		if r := n.table.Get(member); r.known() && eligible(member, r) && !contains(dst[first:], member) {
			dst = append(dst, member)
		}
	}
	return n.chooseRest(dst, first, k, eligible)
}

// chooseRest goes on where drawing had too little luck: it looks at every member and keeps a uniform sample (a reservoir)
// of those not chosen yet.
func (n *Node) chooseRest(dst []uint32, first, k int, eligible func(member uint32, r record) bool) []uint32 {
	chosen := len(dst)
	seen, room := 0, k-(chosen-first)
	for member := range n.table.Cap() {
		r := n.table.Get(member)
		if !r.known() || !eligible(member, r) || contains(dst[first:chosen], member) {
			continue
		}
		seen++
		if len(dst)-chosen < room {
			dst = append(dst, member)
		} else if i := n.rng.IntN(seen); i < room {
			dst[chosen+i] = member
		}
	}
	tail := dst[chosen:] // a reservoir is a uniform set, but not in uniform order
	n.rng.Shuffle(len(tail), func(i, j int) { tail[i], tail[j] = tail[j], tail[i] })
	return dst
}

func contains(list []uint32, member uint32) bool {
	for _, m := range list {
		if m == member {
			return true
		}
	}
	return false
}
