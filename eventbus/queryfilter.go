package eventbus

import (
	"fmt"

	"serf/swim/msgpack"
)

// The first byte of an encoded filter.
const (
	filterNodes byte = 0
	filterTag   byte = 1
)

// matchStepsMax bounds the work of matching the filters of one query: instructions of expressions times bytes of tags. It is some ten
// milliseconds at worst.
const (
	matchStepsMax = 1 << 20
	// compileSteps is what it costs to compile an instruction, and wideSteps what a wide class does.
	compileSteps = 8
	wideSteps    = 1 << 16
)

var tagFilterFields = []string{"Tag", "Expr"}

// AppendNodeFilter appends the filter that lets the members of these names through:
//
//	00  list of str
func AppendNodeFilter(dst []byte, nodes []string) []byte {
	dst = msgpack.AppendArray(append(dst, filterNodes), len(nodes))
	for _, node := range nodes {
		dst = msgpack.AppendString(dst, node)
	}
	return dst
}

// AppendTagFilter appends the filter that lets members through whose tag matches the regular expression pattern:
//
//	01  map of 2  "Expr" str  "Tag" str
func AppendTagFilter(dst []byte, tag, pattern string) []byte {
	dst = append(append(dst, filterTag), "\x82\xa4Expr"...)
	dst = msgpack.AppendString(dst, pattern)
	dst = append(dst, "\xa3Tag"...)
	return msgpack.AppendString(dst, tag)
}

// Matcher decides which members a query is for. It keeps compiled expressions. The zero value is ready for use; it is not
// safe for concurrent use.
type Matcher struct {
	expressions expressions
}

// Check fails with ErrPattern, and the reason, when pattern is no regular expression in RE2 syntax or one too costly to
// be matched.
func (m *Matcher) Check(pattern string) error {
	if e := m.expressions.get([]byte(pattern)); e.err != nil {
		return fmt.Errorf("eventbus: %w %q: %w", ErrPattern, pattern, e.err)
	}
	return nil
}

// PatternError says why an expression in a query that was received cannot be matched.
type PatternError struct {
	Pattern string
	Err     error
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("eventbus: %v %q: %v", ErrPattern, e.Pattern, e.Err)
}

func (e *PatternError) Unwrap() error { return e.Err }

// Match reports whether all encoded filters let the member called name with these tags through. An expression may match
// anywhere in the value; a missing tag has the empty value. What cannot be understood lets nobody through.
func (m *Matcher) Match(filters [][]byte, name string, tags map[string]string) bool {
	ok, _ := m.match(filters, name, tags)
	return ok
}

// match also says which expression let nobody through because it is none.
func (m *Matcher) match(filters [][]byte, name string, tags map[string]string) (bool, *PatternError) {
	steps := matchStepsMax
	for _, f := range filters {
		ok, bad := false, (*PatternError)(nil)
		switch {
		case len(f) == 0:
		case f[0] == filterNodes:
			ok = matchNodes(f, name)
		case f[0] == filterTag:
			ok, bad = m.matchTag(f, tags, &steps)
		}
		if !ok {
			return false, bad
		}
	}
	return true, nil
}

// matchNodes reads the whole list, since a broken one lets nobody through.
func matchNodes(filter []byte, name string) bool {
	d := decoder{msgpack.Message[MessageType]{Fields: msgpack.NewFields(filter[1:])}}
	n, found := d.list(), false
	for i := 0; i < n && d.Fault() == nil; i++ {
		if string(d.Bytes()) == name {
			found = true
		}
	}
	return found && d.Fault() == nil
}

func (m *Matcher) matchTag(filter []byte, tags map[string]string, steps *int) (bool, *PatternError) {
	var tag, pattern []byte
	d := open(filter, MessageType(filterTag), tagFilterFields)
	for d.More() {
		switch d.Field {
		case 0:
			tag = d.Bytes()
		case 1:
			pattern = d.Bytes()
		}
	}
	if d.Fault() != nil {
		return false, nil
	}
	e, value := m.expressions.get(pattern), tags[string(tag)]
	if e.err != nil {
		return false, &PatternError{Pattern: string(pattern), Err: e.err}
	}
	if *steps -= e.cost*(compileSteps+len(value)) + e.wide*wideSteps; *steps < 0 {
		return false, nil
	}
	return e.re.MatchString(value), nil
}
