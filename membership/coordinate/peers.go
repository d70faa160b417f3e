package coordinate

// peer is what is known of one peer.
type peer struct {
	latency    latency
	coordinate Coordinate
}

// peers is a table by name. Records lie in one slice and are reused, so that it does not grow beyond the most peers that
// were known at once.
type peers struct {
	index   map[string]int32
	records []peer
	free    []int32
}

// lookup returns the record of node, valid until the next ensure, or nil.
func (p *peers) lookup(node string) *peer {
	i, ok := p.index[node]
	if !ok {
		return nil
	}
	return &p.records[i]
}

// ensure returns the record of node, new if need be, valid until the next ensure. It keeps node.
func (p *peers) ensure(node string) *peer {
	if known := p.lookup(node); known != nil {
		return known
	}
	var i int32
	if n := len(p.free); n > 0 {
		i = p.free[n-1]
		p.free = p.free[:n-1]
	} else {
		i = int32(len(p.records))
		p.records = append(p.records, peer{})
	}
	p.index[node] = i
	return &p.records[i]
}

func (p *peers) forget(node string) {
	i, ok := p.index[node]
	if !ok {
		return
	}
	delete(p.index, node)
	p.records[i] = peer{}
	p.free = append(p.free, i)
}
