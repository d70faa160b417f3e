package main

import (
	"fmt"
	"regexp"
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
		doc := f.(cli.DocGenerationFlag)
		b.WriteString(flagHelp(doc, doc.GetUsage()+p.environment(doc.GetUsage())))
	}
	return b.String()
}

// generalHelp lists the commands with their synopses.
func generalHelp(commands []*cli.Command) string {
	var b strings.Builder
	b.WriteString("Usage: serf [--version] [--help] <command> [<args>]\n\nAvailable commands are:\n")
	for _, c := range commands {
		if !c.Hidden {
			fmt.Fprintf(&b, "    %-16s%s\n", c.Name, c.Usage)
		}
	}
	b.WriteString("\n")
	return b.String()
}

// variable matches the environment variables that descriptions of flags name.
var variable = regexp.MustCompile(`SERF_[A-Z_]+`)

// environment tells of the variables named in usage that are set. What may be a secret is not shown.
func (p *program) environment(usage string) string {
	if p.getenv == nil { // for help that is kept
		return ""
	}
	var b strings.Builder
	for _, name := range variable.FindAllString(usage, -1) {
		switch value := p.getenv(name); {
		case value == "":
		case strings.HasSuffix(name, "_ADDR"):
			fmt.Fprintf(&b, " It is %s now.", printable(value))
		default:
			b.WriteString(" It is set.")
		}
	}
	return b.String()
}

// flagLabel returns a flag with the placeholder of its value, which the library's "default text" holds.
func flagLabel(f cli.DocGenerationFlag) string {
	label := "-" + f.(cli.Flag).Names()[0]
	switch {
	case !f.TakesValue():
		return label
	case strings.Contains(f.GetDefaultText(), "="):
		return label + " " + f.GetDefaultText()
	}
	return label + "=" + f.GetDefaultText()
}

// flagHelp returns the lines about one flag.
func flagHelp(f cli.DocGenerationFlag, usage string) string {
	label := "  " + flagLabel(f)
	indent := strings.Repeat(" ", helpIndent)
	if len(label) > helpIndent-2 { // two blanks before the description
		return label + "\n" + wrap(usage, indent, indent)
	}
	return wrap(usage, fmt.Sprintf("%-*s", helpIndent, label), indent)
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
