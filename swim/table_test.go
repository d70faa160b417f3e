package swim

import (
	"fmt"
	"maps"
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestRecordKeepsItsParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		info := rapid.Uint32Range(1, 1<<30-1).Draw(t, "info")
		incarnation := rapid.Uint32().Draw(t, "incarnation")
		s := Status(rapid.IntRange(0, 3).Draw(t, "status"))
		r := newRecord(info, incarnation, s)
		if r.info() != info || r.incarnation() != incarnation || r.status() != s || !r.known() {
			t.Fatalf("got %d %d %s, want %d %d %s", r.info(), r.incarnation(), r.status(), info, incarnation, s)
		}
	})
}

func TestTableAgreesWithModel(t *testing.T) {
	type frozen struct {
		snapshot snapshot
		model    map[uint32]record
	}
	rapid.Check(t, func(t *rapid.T) {
		var table table
		model := map[uint32]record{}
		var old []frozen
		index := rapid.Uint32Range(0, 5*pageLen)
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				i, r := index.Draw(t, "i"), record(rapid.Uint64Range(0, 3).Draw(t, "r")<<34)
				table.Set(i, r)
				model[i] = r
				if r == 0 {
					delete(model, i)
				}
			},
			"snapshot": func(t *rapid.T) {
				old = append(old, frozen{table.Snapshot(), maps.Clone(model)})
			},
			"": func(t *rapid.T) {
				if table.Len() != len(model) {
					t.Fatalf("got %d members, want %d", table.Len(), len(model))
				}
				for i := range uint32(6 * pageLen) {
					if got, want := table.Get(i), model[i]; got != want {
						t.Fatalf("record %d: got %x, want %x", i, got, want)
					}
					if model[i] != 0 && i >= table.Cap() {
						t.Fatalf("cap %d, but %d is in use", table.Cap(), i)
					}
				}
				for _, f := range old {
					checkDiff(t, &table, f.snapshot, model, f.model)
				}
			},
		})
	})
}

func checkDiff(t *rapid.T, table *table, s snapshot, model, then map[uint32]record) {
	changed := map[uint32]bool{}
	last := -1
	table.Diff(s, func(i uint32, was, is record) {
		if was != then[i] || is != model[i] || int(i) <= last {
			t.Fatalf("difference at %d: got %x to %x, want %x to %x", i, was, is, then[i], model[i])
		}
		changed[i], last = true, int(i)
	})
	for i := range uint32(6 * pageLen) {
		if s.Get(i) != then[i] {
			t.Fatalf("snapshot changed at %d: got %x, want %x", i, s.Get(i), then[i])
		}
		if (then[i] != model[i]) != changed[i] {
			t.Fatalf("difference at %d: got %v", i, changed[i])
		}
	}
}

func TestDirectoryAgreesWithModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDirectory()
		uses := map[uint32]int{}     // by identity index
		facts := map[uint32]string{} // what it stands for
		t.Repeat(map[string]func(*rapid.T){
			"intern": func(t *rapid.T) {
				name := rapid.StringMatching("[a-e]").Draw(t, "name")
				port := rapid.Uint16Range(1, 2).Draw(t, "port")
				meta := rapid.SampledFrom([][]byte{nil, {}, {1}}).Draw(t, "meta")
				addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10}), port)
				_, x := d.intern(name, addr, meta, Versions{1, 5, 2})
				fact := fmt.Sprintf("%s %d %#v", name, port, meta)
				if uses[x] > 0 && facts[x] != fact {
					t.Fatalf("identity %d stands for %s and %s", x, facts[x], fact)
				}
				for y, other := range facts {
					if other == fact && y != x {
						t.Fatalf("%s has identities %d and %d", fact, x, y)
					}
				}
				uses[x]++
				facts[x] = fact
			},
			"release": func(t *rapid.T) {
				for x := range uint32(len(d.identities)) {
					if uses[x] == 0 {
						continue
					}
					d.release(x)
					if uses[x]--; uses[x] == 0 {
						delete(uses, x)
						delete(facts, x)
					}
					return
				}
			},
			"": func(t *rapid.T) { checkDirectory(t, d, facts) },
		})
	})
}

func checkDirectory(t *rapid.T, d *Directory, facts map[uint32]string) {
	names := map[string]bool{}
	for x, fact := range facts {
		i := d.info(x)
		if got := fmt.Sprintf("%s %d %#v", i.Name, i.Addr.Port(), i.Meta); got != fact {
			t.Fatalf("identity %d: got %s, want %s", x, got, fact)
		}
		member, ok := d.find(i.Name)
		if !ok || d.name(member) != i.Name || d.identities[x].member != member {
			t.Fatalf("%s is member %d, %v", i.Name, member, ok)
		}
		names[i.Name] = true
	}
	if d.Len() != len(names) {
		t.Fatalf("got %d names, want %d", d.Len(), len(names))
	}
	if len(d.identities) > 32 || len(d.chains) > 8 {
		t.Fatalf("%d identities and %d chains: indices are not used again", len(d.identities), len(d.chains))
	}
}

func TestInternKeepsNoBuffer(t *testing.T) {
	d := NewDirectory()
	meta := []byte("meta")
	_, x := d.intern("a", bigAddr(0), meta, Versions{1, 5, 2})
	meta[0] = 'X'
	want(t, "metadata", string(d.info(x).Meta), "meta")
}
