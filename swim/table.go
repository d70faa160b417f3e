package swim

// record is what the cluster agrees on about one member, in 8 bytes:
//
//	identity index  30 bits   0: the member is unknown
//	status           2 bits
//	incarnation     32 bits
type record uint64

func newRecord(info, incarnation uint32, s Status) record {
	return record(info)<<34 | record(s)<<32 | record(incarnation)
}

func (r record) known() bool         { return r != 0 }
func (r record) info() uint32        { return uint32(r >> 34) }
func (r record) status() Status      { return Status(r >> 32 & 3) }
func (r record) incarnation() uint32 { return uint32(r) }

func (r record) with(s Status, incarnation uint32) record {
	return newRecord(r.info(), incarnation, s)
}

// pageLen is how many records are copied at one time when a page is shared with a snapshot: 1 KiB.
const pageLen = 128

type page struct {
	epoch   uint32
	records [pageLen]record
}

// table holds the record of each member by its index in the Directory. A snapshot shares the pages that have not changed
// since.
//
// Invariants, checked by the model test: Len is the number of records that are not zero; a page whose epoch is not the
// table's belongs to a snapshot or to other tables too and is never written.
type table struct {
	pages  []*page
	shared bool // the list of pages belongs to others, too
	len    int
	cap    uint32
	epoch  uint32
}

// snapshot is a table as it was. It is immutable.
type snapshot struct{ pages []*page }

// Get returns the record at member index i, zero when there is none.
func (t *table) Get(i uint32) record { return recordAt(t.pages, i) }

func recordAt(pages []*page, i uint32) record {
	p := i / pageLen
	if int(p) >= len(pages) || pages[p] == nil {
		return 0
	}
	return pages[p].records[i%pageLen]
}

// Set stores r at member index i; zero removes what is there.
func (t *table) Set(i uint32, r record) {
	old := t.Get(i)
	if old == r {
		return
	}
	switch {
	case old == 0:
		t.len++
	case r == 0:
		t.len--
	}
	t.cap = max(t.cap, i+1)
	t.own(i / pageLen).records[i%pageLen] = r
}

// own returns page p, made or copied so that it may be written.
func (t *table) own(p uint32) *page {
	if t.shared {
		t.pages, t.shared = append([]*page(nil), t.pages...), false
	}
	for int(p) >= len(t.pages) {
		t.pages = append(t.pages, nil)
	}
	switch old := t.pages[p]; {
	case old == nil:
		t.pages[p] = &page{epoch: t.epoch}
	case old.epoch != t.epoch:
		c := *old
		c.epoch = t.epoch
		t.pages[p] = &c
	}
	return t.pages[p]
}

// Len returns the number of known members.
func (t *table) Len() int { return t.len }

// Cap returns a number above every member index that was ever in use.
func (t *table) Cap() uint32 { return t.cap }

// Snapshot returns the table as it is now; it costs one pointer for each 128 members.
func (t *table) Snapshot() snapshot {
	t.epoch++
	return snapshot{pages: append([]*page(nil), t.pages...)}
}

// share returns a table that begins with what is in t, which must not change any more.
func (t *table) share() table {
	return table{pages: t.pages, shared: true, len: t.len, cap: t.cap, epoch: t.epoch + 1}
}

// Get returns the record at member index i, zero when there is none.
func (s snapshot) Get(i uint32) record { return recordAt(s.pages, i) }

// Diff calls yield, in ascending order of index, for each member whose record is not the one in s. Pages shared with s
// are skipped.
func (t *table) Diff(s snapshot, yield func(i uint32, was, is record)) {
	for p, now := range t.pages {
		var then *page
		if p < len(s.pages) {
			then = s.pages[p]
		}
		if now == then {
			continue
		}
		for k := range pageLen {
			i := uint32(p*pageLen + k)
			if was, is := s.Get(i), t.Get(i); was != is {
				yield(i, was, is)
			}
		}
	}
}
