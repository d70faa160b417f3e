package handler

import (
	"maps"
	"slices"
	"strings"

	"serf/eventbus"
)

// AppendText appends the standard input of a script that is run for e. For the events about members it is a line for each,
//
//	NAME <tab> IP <tab> ROLE <tab> TAG=VALUE,TAG=VALUE <newline>
//
// with tags sorted, and with \t and \n for tabs and newlines within name, role and tags. For user events and queries it is
// the payload, byte for byte, with a newline behind it if it is not empty and does not end in one.
func AppendText(b []byte, e eventbus.Event) []byte {
	if e.Type.OfMember() {
		for _, m := range e.Members {
			b = appendMember(b, m)
		}
		return b
	}
	b = append(b, e.Payload...)
	if n := len(e.Payload); n > 0 && e.Payload[n-1] != '\n' {
		b = append(b, '\n')
	}
	return b
}

func appendMember(b []byte, m *eventbus.Member) []byte {
	b = append(b, oneField(m.Name)...)
	b = append(b, '\t')
	b = m.Addr.Addr().Unmap().AppendTo(b)
	b = append(b, '\t')
	b = append(b, oneField(m.Tags["role"])...)
	b = append(b, '\t')
	for i, tag := range slices.Sorted(maps.Keys(m.Tags)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, oneField(tag)...)
		b = append(b, '=')
		b = append(b, oneField(m.Tags[tag])...)
	}
	return append(b, '\n')
}

var fieldEscapes = strings.NewReplacer("\t", `\t`, "\n", `\n`)

// oneField keeps text within one field of one line.
func oneField(text string) string { return fieldEscapes.Replace(text) }
