//go:build interop

package interop

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// difference is one way in which the two clients are known to differ. Mending takes it out of what either said.
type difference struct {
	why  string
	mend func(outcome) outcome
}

// knownDifferences are all that there are; crossCase names them.
var knownDifferences = map[string]difference{
	"order": {"the reference prints members, tags, acks and failures in random order, ours sorted; the width of columns goes with it, " +
		"and blanks at the end of all but the last line", inStdout(sortedWords)},
	"pipe":      {"the reference takes a | in a tag for the end of a column", inStdout(strings.NewReplacer("|", " ", ",", " ").Replace)},
	"help-text": {"the wording of help is free: only the complaint before it and the usage line are compared", inBoth(cutHelp)},
	"hint": {"ours adds what to try, or why nothing may come of it, on standard error", func(o outcome) outcome {
		o.stderr = hintLine.ReplaceAllString(o.stderr, "")
		return o
	}},
	"figures": {"counters, measured times, random keys: they differ from one run to the next", inStdout(func(s string) string {
		return number.ReplaceAllString(key.ReplaceAllString(s, "KEY"), "N")
	})},
	"version": {"the first line is the version itself", inStdout(func(s string) string {
		_, rest, _ := strings.Cut(s, "\n")
		return rest
	})},
	"default-port": {"the reference wants a port, ours takes 7373 then; both fail here, since nothing listens", func(o outcome) outcome {
		o.stdout = missingPort.ReplaceAllString(o.stdout, "")
		o.stderr = hintLine.ReplaceAllString(o.stderr, "")
		return o
	}},
}

var (
	hintLine    = regexp.MustCompile(`(?m)^hint: .*\n`)
	key         = regexp.MustCompile(`(?m)^[A-Za-z0-9+/]{43}=$`)
	number      = regexp.MustCompile(`\d+(\.\d+)?`)
	missingPort = regexp.MustCompile(`dial tcp: address \S+ missing port in address|dial tcp \S+ connect: connection refused`)
)

func inStdout(f func(string) string) func(outcome) outcome {
	return func(o outcome) outcome {
		o.stdout = f(o.stdout)
		return o
	}
}

func inBoth(f func(string) string) func(outcome) outcome {
	return func(o outcome) outcome {
		o.stdout, o.stderr = f(o.stdout), f(o.stderr)
		return o
	}
}

// sortedWords sorts the words of each line, and the tags of each word, and then the lines. A last comma belongs to the order, too.
func sortedWords(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		words := strings.Fields(strings.TrimSuffix(line, ","))
		for j, w := range words {
			parts := strings.Split(w, ",")
			slices.Sort(parts)
			words[j] = strings.Join(parts, ",")
		}
		slices.Sort(words)
		lines[i] = strings.Join(words, " ")
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// cutHelp cuts a text off behind the usage line.
func cutHelp(s string) string {
	i := strings.Index(s, "Usage: ")
	if i < 0 {
		return s
	}
	usage, _, _ := strings.Cut(s[i:], "\n")
	return s[:i] + strings.TrimRight(usage, " ")
}

// uses remembers which differences were really there.
type uses struct{ seen map[string]bool }

func newUses() *uses { return &uses{make(map[string]bool)} }

func (u *uses) apply(name string, them, us outcome) (outcome, outcome) {
	d, ok := knownDifferences[name]
	if !ok {
		panic("no difference is called " + name)
	}
	if them != us {
		u.seen[name] = true
	}
	return d.mend(them), d.mend(us)
}

// checkAll fails for each difference that is no more: then it must leave the table.
func (u *uses) checkAll(t *testing.T) {
	t.Helper()
	for name, d := range knownDifferences {
		if !u.seen[name] {
			t.Errorf("both sides agree now, so this is no known difference any more: %s: %s", name, d.why)
		}
	}
}
