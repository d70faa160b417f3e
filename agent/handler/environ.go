package handler

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"serf/eventbus"
)

// Environ returns the variables that a script gets for e beside those of the agent itself, as "NAME=VALUE":
//
//	SERF_EVENT         type of the event
//	SERF_SELF_NAME     name of the local member
//	SERF_SELF_ROLE     its tag "role"; empty without one
//	SERF_TAG_NAME      one for each of its tags, sorted; see variable
//	SERF_USER_EVENT    name of a user event
//	SERF_USER_LTIME    its Lamport time
//	SERF_QUERY_NAME    name of a query
//	SERF_QUERY_LTIME   its Lamport time
//
// With extra there are also
//
//	SERF_SELF_ADDR     IP address at which the local member gossips
//	SERF_SELF_PORT     its port
//	SERF_QUERY_ID      what tells queries of one Lamport time apart
//	SERF_QUERY_FROM    name of the member that asks; empty if unknown
//	SERF_QUERY_DEADLINE  when it stops listening, in seconds since 1970
//
// notes tells what could not be passed as it is: of tags whose variables have one name, the last in the order of their names
// counts; a NUL, which no variable can hold, becomes the four characters \x00.
func Environ(self *eventbus.Member, e eventbus.Event, extra bool) (env, notes []string) {
	var b environ
	b.add("SERF_EVENT", e.Type.String())
	b.add("SERF_SELF_NAME", self.Name)
	b.add("SERF_SELF_ROLE", self.Tags["role"])
	b.addTags(self.Tags)
	switch e.Type {
	case eventbus.User:
		b.add("SERF_USER_EVENT", e.Name)
		b.add("SERF_USER_LTIME", strconv.FormatUint(e.LTime, 10))
	case eventbus.Query:
		b.add("SERF_QUERY_NAME", e.Name)
		b.add("SERF_QUERY_LTIME", strconv.FormatUint(e.LTime, 10))
	}
	if extra {
		b.addExtra(self, e)
	}
	return b.env, b.notes
}

// environ gathers variables.
type environ struct{ env, notes []string }

func (b *environ) add(name, value string) {
	if strings.ContainsRune(value, 0) {
		b.notes = append(b.notes, fmt.Sprintf("%s holds a NUL, which environment variables cannot: passed on as \\x00", name))
		value = strings.ReplaceAll(value, "\x00", `\x00`)
	}
	b.env = append(b.env, name+"="+value)
}

func (b *environ) addTags(tags map[string]string) {
	last := make(map[string]string) // tag by variable
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		name := variable(tag)
		if first, taken := last[name]; taken {
			b.notes = append(b.notes, fmt.Sprintf("the tags %q and %q are both %s, which is that of %q", first, tag, name, tag))
		}
		last[name] = tag
	}
	for _, name := range slices.Sorted(maps.Keys(last)) {
		b.add(name, tags[last[name]])
	}
}

func (b *environ) addExtra(self *eventbus.Member, e eventbus.Event) {
	b.add("SERF_SELF_ADDR", self.Addr.Addr().Unmap().String())
	b.add("SERF_SELF_PORT", strconv.Itoa(int(self.Addr.Port())))
	if e.Type == eventbus.Query {
		b.add("SERF_QUERY_ID", strconv.FormatUint(uint64(e.ID), 10))
		b.add("SERF_QUERY_FROM", e.From)
		b.add("SERF_QUERY_DEADLINE", strconv.FormatInt(e.Deadline.Unix(), 10))
	}
}

// variable returns the name of the variable that holds a tag: upper case, and "_" for each character that is not A-Z, 0-9 or _.
func variable(tag string) string {
	return "SERF_TAG_" + strings.Map(func(r rune) rune {
		if r == '_' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(tag))
}
