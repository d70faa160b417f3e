package handler

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"serf/eventbus"
)

// Handler is one configured event handler: a script, and the filters of the events that it is run for. It is immutable.
type Handler struct {
	Script  string
	entries []entry // at least one
}

// entry is one filter of a handler.
type entry struct {
	text   string // as it was written, "*" for none
	filter eventbus.Filter
}

// errHint follows the errors of ParseAll.
var errHint = errors.New("hint: filters are member-join, member-leave, member-failed, member-update, member-reap, user, user:NAME, " +
	"query, query:NAME and *, separated by commas without blanks; a script that holds '=' and is for all events is written " +
	"'*=SCRIPT'")

// ParseAll parses every text. All that is wrong is in the error, one line each; no handler is returned then.
func ParseAll(texts []string) ([]Handler, error) {
	var handlers []Handler
	var errs []error
	for _, text := range texts {
		h, err := Parse(text)
		handlers = append(handlers, h)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, errHint)
	}
	return handlers, nil
}

// badFiltersMax is how many errors one text has: each repeats the script.
const badFiltersMax = 8

// Parse reads "[FILTER,...=]SCRIPT". What stands before the first "=" is a list of filters unless it clearly belongs to a
// script, as in "FOO=1 command" or "command --option=value". An empty list is "*". All filters that are none are in the error,
// one line each, up to badFiltersMax.
func Parse(text string) (Handler, error) {
	if strings.ContainsRune(text, 0) {
		return Handler{}, fmt.Errorf("event handler %q holds a NUL character, which no command line can", text)
	}
	filters, script, found := strings.Cut(text, "=")
	if !found || !isFilterList(filters) && isScript(filters) {
		filters, script = "", text
	}
	if filters == "" {
		filters = "*"
	}
	h := Handler{Script: script}
	var errs []error
	for element := range strings.SplitSeq(filters, ",") {
		f, ok := parseFilter(element)
		if !ok && len(errs) < badFiltersMax {
			//lint:ignore ST1005 scripts match on this text
			errs = append(errs, fmt.Errorf("Invalid event script: Event '%s' invoking '%s'", element, script))
		}
		h.entries = append(h.entries, entry{element, f})
	}
	if err := errors.Join(errs...); err != nil {
		return Handler{}, err
	}
	return h, nil
}

// parseFilter reads one element of a list. A name that is given but empty means all names.
func parseFilter(element string) (eventbus.Filter, bool) {
	if element == "" {
		return eventbus.Filter{}, false
	}
	if element == "user:" || element == "query:" {
		element = strings.TrimSuffix(element, ":")
	}
	f, err := eventbus.ParseFilter(element)
	return f, err == nil
}

// isFilterList says whether every element of text is a filter.
func isFilterList(text string) bool {
	for element := range strings.SplitSeq(text, ",") {
		if _, ok := parseFilter(element); !ok {
			return text == ""
		}
	}
	return true
}

// isScript says whether text, which is no list of filters, cannot have been meant as one: it is the name of a variable, or it
// holds what no filter has and none of its parts looks like a filter that was mistyped.
func isScript(text string) bool {
	if isVariable(text) {
		return true
	}
	foreign := false
	for element := range strings.SplitSeq(text, ",") {
		kind, _, _ := strings.Cut(element, ":")
		if looksLikeKind(kind) {
			return false
		}
		foreign = foreign || strings.ContainsFunc(kind, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') })
	}
	return foreign
}

// isVariable says whether text is a variable's name in capital letters.
func isVariable(text string) bool {
	for i, r := range text {
		letter := r == '_' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return text != ""
}

// looksLikeKind says whether text is the kind of an event but for case, blanks and other characters that are no letters.
func looksLikeKind(text string) bool {
	letters := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(text))
	if letters == "user" || letters == "query" {
		return true
	}
	return slices.ContainsFunc([]string{"memberjoin", "memberleave", "memberfailed", "memberupdate", "memberreap"},
		func(kind string) bool { return strings.HasPrefix(letters, kind) })
}

// matches returns how many of the handler's filters let e through.
func (h Handler) matches(e eventbus.Event) int {
	n := 0
	for _, entry := range h.entries {
		if entry.filter.Match(e) {
			n++
		}
	}
	return n
}

// same says whether two handlers were specified alike.
func (h Handler) same(other Handler) bool {
	return h.Script == other.Script &&
		slices.EqualFunc(h.entries, other.entries, func(a, b entry) bool { return a.text == b.text })
}

// List returns what "serf info" shows of handlers: "KIND:NAME" → script, with an empty name when there is none. Of several
// with one filter, the last has that key, as in the reference; those before it have "KIND:NAME#1", "KIND:NAME#2" and so on.
func List(handlers []Handler) map[string]string {
	scripts := make(map[string][]string)
	list := make(map[string]string)
	for _, h := range handlers {
		for _, entry := range h.entries {
			key := entry.text
			if !strings.Contains(key, ":") {
				key += ":"
			}
			scripts[key] = append(scripts[key], h.Script)
			list[key] = h.Script
		}
	}
	for key, scripts := range scripts { //order-free: keys that are taken are passed over, whoever took them
		n := 0
		for _, script := range scripts[:len(scripts)-1] {
			n++
			for list[fmt.Sprintf("%s#%d", key, n)] != "" {
				n++
			}
			list[fmt.Sprintf("%s#%d", key, n)] = script
		}
	}
	return list
}
