package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

const (
	helpColumns = 80 // width of a help text
	helpIndent  = 28 // where the descriptions of flags begin
)

// help returns the help of command; nil means the general one.
func (p *program) help(command *cli.Command) string {
	switch {
	case command == nil:
		return generalHelp(p.commands())
	case command.UsageText == "": // version has none
		return "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n%s", command.UsageText, wrap(command.Description, "  ", "  "))
	if len(command.Flags) > 0 {
		b.WriteString("\nOptions:\n\n")
	}
	for _, f := range command.Flags {
		b.WriteString(flagHelp(f.(cli.DocGenerationFlag)))
	}
	return b.String()
}

// generalHelp lists the commands with their synopses.
func generalHelp(commands []*cli.Command) string {
	var b strings.Builder
	b.WriteString("Usage: serf [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "    %-16s%s\n", c.Name, c.Usage)
	}
	b.WriteString("\n")
	return b.String()
}

// flagHelp returns the lines about one flag. The library's "default text" holds the placeholder for its value.
func flagHelp(f cli.DocGenerationFlag) string {
	label := "  -" + f.(cli.Flag).Names()[0]
	if f.TakesValue() {
		separator := "="
		if strings.Contains(f.GetDefaultText(), "=") {
			separator = " "
		}
		label += separator + f.GetDefaultText()
	}
	indent := strings.Repeat(" ", helpIndent)
	if len(label) > helpIndent-1 {
		return label + "\n" + wrap(f.GetUsage(), indent, indent)
	}
	return wrap(f.GetUsage(), fmt.Sprintf("%-*s", helpIndent, label), indent)
}

// wrap breaks text into lines of at most helpColumns. The first begins with first, the others with next. Empty lines in text
// separate paragraphs.
func wrap(text, first, next string) string {
	var b strings.Builder
	line := first
	empty := true
	flush := func() {
		b.WriteString(strings.TrimRight(line, " "))
		b.WriteByte('\n')
		line, empty = next, true
	}
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, word := range strings.Fields(paragraph) {
			if !empty && len(line)+1+len(word) > helpColumns {
				flush()
			}
			if !empty {
				line += " "
			}
			line += word
			empty = false
		}
		flush()
	}
	return b.String()
}
