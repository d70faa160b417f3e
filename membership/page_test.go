package membership

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

func TestPagesAgreeWithModelAndLeaveSharedOnesAlone(t *testing.T) {
	type owner struct {
		pages pages
		model map[uint32]uint64
	}
	rapid.Check(t, func(t *rapid.T) {
		owners := []*owner{{model: map[uint32]uint64{}}}
		id := rapid.Uint32Range(0, 3*pageLen)
		pick := func(t *rapid.T) *owner { return owners[rapid.IntRange(0, len(owners)-1).Draw(t, "owner")] }
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(t *rapid.T) {
				o, i, ltime := pick(t), id.Draw(t, "id"), rapid.Uint64().Draw(t, "ltime")
				*o.pages.edit(i) = record{member: &Member{}, id: i, ltime: ltime}
				o.model[i] = ltime
			},
			"erase": func(t *rapid.T) {
				o, i := pick(t), id.Draw(t, "id")
				*o.pages.edit(i) = record{}
				delete(o.model, i)
			},
			"share": func(t *rapid.T) {
				o := pick(t)
				owners = append(owners, &owner{o.pages.share(), maps.Clone(o.model)})
			},
			"": func(t *rapid.T) {
				for _, o := range owners {
					for i := range uint32(4 * pageLen) {
						want, there := o.model[i]
						if r := o.pages.at(i); (r != nil) != there || there && r.ltime != want {
							t.Fatalf("record %d is %v, want %v %d", i, r, there, want)
						}
					}
				}
			},
		})
	})
}
