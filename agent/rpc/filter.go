package rpc

import (
	"maps"
	"regexp"
	"slices"

	"serf/eventbus"
	"serf/swim/msgpack"
)

// filterRequest is the body of members-filtered: expressions that must match whole values. An empty one is no filter.
type filterRequest struct {
	Name   string
	Status string
	Tags   map[string]string
}

func appendFilter(dst []byte, q filterRequest) []byte {
	dst = msgpack.AppendStr(msgpack.AppendStr(msgpack.AppendMap(dst, 3), "Name"), q.Name)
	dst = msgpack.AppendStr(msgpack.AppendStr(dst, "Status"), q.Status)
	return appendTextMap(msgpack.AppendStr(dst, "Tags"), q.Tags)
}

func decodeFilter(b []byte) (q filterRequest, err error) {
	err = decodeMap("members-filtered", b, func(key string, r *msgpack.Reader) error {
		switch key {
		case "Name":
			return decodeText(r, &q.Name)
		case "Status":
			return decodeText(r, &q.Status)
		case "Tags":
			return decodeTextMap(r, &q.Tags)
		}
		return r.Skip()
	})
	return q, err
}

// filter is a compiled filterRequest. A nil expression matches everything.
type filter struct {
	name   *regexp.Regexp
	status *regexp.Regexp
	tags   []tagFilter
}

type tagFilter struct {
	key   string
	value *regexp.Regexp
}

// filterCostMax bounds the cost of all expressions of a filter, as eventbus.CompilePattern counts it. Several hundred names fit, and
// nobody asks for the memory of a bomb.
const filterCostMax = 1 << 15

// newFilter compiles q. The error is that of the first bad expression, tags before status before name and by key.
func newFilter(q filterRequest) (f filter, err error) {
	left := filterCostMax
	for _, key := range slices.Sorted(maps.Keys(q.Tags)) {
		value, err := compileWhole(q.Tags[key], &left)
		if err != nil {
			return filter{}, err
		}
		f.tags = append(f.tags, tagFilter{key, value})
	}
	if f.status, err = compileWhole(q.Status, &left); err != nil {
		return filter{}, err
	}
	if f.name, err = compileWhole(q.Name, &left); err != nil {
		return filter{}, err
	}
	return f, nil
}

// compileWhole compiles expr to match whole values only; nil for the empty one. The bare expression is compiled first:
// its error names what the user wrote, and "a)|(b" is not made valid by the parentheses around it. The cost is taken from left.
func compileWhole(expr string, left *int) (*regexp.Regexp, error) {
	if expr == "" {
		return nil, nil
	}
	_, cost, err := eventbus.CompilePattern(expr, *left)
	if err != nil {
		return nil, err
	}
	*left -= cost
	return regexp.Compile("^(?:" + expr + ")$")
}

// match says whether m passes. A tag that m lacks counts as empty.
func (f *filter) match(m *eventbus.Member) bool {
	if f.name != nil && !f.name.MatchString(m.Name) {
		return false
	}
	if f.status != nil && !f.status.MatchString(m.Status.String()) {
		return false
	}
	for _, t := range f.tags {
		if t.value != nil && !t.value.MatchString(m.Tags[t.key]) {
			return false
		}
	}
	return true
}
