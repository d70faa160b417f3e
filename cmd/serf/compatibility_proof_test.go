package main

import (
	"regexp"
	"strings"

	"serf/sim/proof"
)

// proofText returns the text of what proves something.
func proofText(name string) (string, error) { return proof.Source("../..", name) }

var (
	placeholder = regexp.MustCompile(`<[a-z][a-z0-9 :/]*>`)
	lead        = regexp.MustCompile(`^(==> )?(\[[A-Z]+\] ([a-z.]+: )?)?`)
	identifier  = regexp.MustCompile(`^-?[A-Za-z_][A-Za-z0-9_.*-]*$`)
	invocation  = regexp.MustCompile(`^serf ([a-z-]+)(?: (-[a-z-]+))?$`)
	quoting     = strings.NewReplacer(`\`, "", "'", "", `"`, "", " ", "", "`", "")
)

// mentions reports whether a test has a text inside: a name as a word of its own; a command and its flag in one line; the parts of a
// message that do not vary, in their order, whatever quoting they need there.
func mentions(test, text string) bool {
	word := func(s string) *regexp.Regexp {
		return regexp.MustCompile(`(?:^|\bserf-agent\.|[^\w.-])-?` + regexp.QuoteMeta(s) + `(?:[^\w-]|$)`)
	}
	if m := invocation.FindStringSubmatch(text); m != nil {
		command, flag := word(m[1]), word(m[2])
		for line := range strings.Lines(test) {
			if command.MatchString(line) && (m[2] == "" || flag.MatchString(line)) {
				return true
			}
		}
		return false
	}
	if identifier.MatchString(text) {
		return word(text).MatchString(strings.ReplaceAll(test, `\`, ""))
	}
	var parts []string
	for _, p := range fragments(text) {
		if p = quoting.Replace(p); p != "" {
			parts = append(parts, regexp.QuoteMeta(p))
		}
	}
	return regexp.MustCompile(strings.Join(parts, `(?s:.{0,300}?)`)).MatchString(quoting.Replace(test))
}

// fragments returns the parts of a text that do not vary.
func fragments(text string) (parts []string) {
	for _, p := range placeholder.Split(lead.ReplaceAllString(text, ""), -1) {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	return parts
}
