package eventbus

import (
	"fmt"
	"slices"
	"strings"
)

// Filter says which events somebody wants. The zero Filter lets everything through. It is immutable.
type Filter struct {
	terms []term // none: everything
}

// term is one element of a filter: a type and, for user events and queries, perhaps one name.
type term struct {
	typ   EventType
	named bool
	name  string
}

// ParseFilter reads a comma-separated list of "member-join", "member-leave", "member-failed", "member-update",
// "member-reap", "user", "user:NAME", "query", "query:NAME" and "*", all exact and without blanks. The empty text is "*".
// It fails on the first element that is none of these.
func ParseFilter(text string) (Filter, error) {
	if text == "" {
		return Filter{}, nil
	}
	var f Filter
	all := false
	for _, element := range strings.Split(text, ",") {
		if element == "*" {
			all = true
			continue
		}
		t, ok := parseTerm(element)
		if !ok {
			return Filter{}, fmt.Errorf("eventbus: unknown event type in filter: %q", element)
		}
		f.terms = append(f.terms, t)
	}
	if all {
		return Filter{}, nil
	}
	return f, nil
}

func parseTerm(text string) (term, bool) {
	kind, name, named := strings.Cut(text, ":")
	i := slices.Index(eventTypeNames[:], kind)
	if i < 0 {
		return term{}, false
	}
	t := term{typ: EventType(i), named: named, name: name}
	return t, !named || !t.typ.OfMember()
}

// Only returns a filter for events of the given types.
func Only(types ...EventType) Filter {
	f := Filter{terms: make([]term, 0, len(types))}
	for _, t := range types {
		f.terms = append(f.terms, term{typ: t})
	}
	return f
}

// Match reports whether f lets e through.
func (f Filter) Match(e Event) bool {
	if len(f.terms) == 0 {
		return true
	}
	for i := range f.terms {
		if t := &f.terms[i]; t.typ == e.Type && (!t.named || t.name == e.Name) {
			return true
		}
	}
	return false
}

// String returns the text that ParseFilter reads.
func (f Filter) String() string {
	if len(f.terms) == 0 {
		return "*"
	}
	var b strings.Builder
	for i, t := range f.terms {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(t.typ.String())
		if t.named {
			b.WriteByte(':')
			b.WriteString(t.name)
		}
	}
	return b.String()
}
