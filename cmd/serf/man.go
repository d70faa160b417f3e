package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

// manCommand is for whoever makes packages.
func (p *program) manCommand() *cli.Command {
	return &cli.Command{
		Name:        "man",
		Hidden:      true,
		Usage:       "Writes the manual pages",
		UsageText:   "serf man directory",
		Description: "Writes serf.1 and one page for each command into a directory.\n\nExample: serf man /usr/local/share/man/man1",
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return misuse("One directory must be specified.")
			}
			for name, page := range manPages(visible(p.commands())) {
				if err := os.WriteFile(filepath.Join(c.Args().First(), name), []byte(page), 0o644); err != nil {
					return failure("Error writing manual page: %v", err)
				}
			}
			return nil
		},
	}
}

// manPages returns the manual by file name.
func manPages(commands []*cli.Command) map[string]string {
	pages := map[string]string{"serf.1": manOverview(commands)}
	for _, c := range commands {
		pages["serf-"+c.Name+".1"] = manPage(c)
	}
	return pages
}

func manHead(name, synopsis string) string {
	return fmt.Sprintf(".TH %s 1 \"\" \"serf\" \"Serf\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(name), name, roff(lowerFirst(synopsis)))
}

func manOverview(commands []*cli.Command) string {
	var b strings.Builder
	b.WriteString(manHead("serf", "clusters of hosts that notice each other's failures, events and queries"))
	b.WriteString(".SH SYNOPSIS\n.B serf\n[\\-\\-version] [\\-\\-help] \\fIcommand\\fR [\\fIargument\\fR ...]\n.SH DESCRIPTION\n" +
		roff("An agent runs on every host. Agents find each other by gossip, agree on who is alive, and pass user events and queries on. "+
			"All commands but agent talk to a running agent over its RPC address.") + "\n.SH COMMANDS\n")
	for _, c := range commands {
		fmt.Fprintf(&b, ".TP\n.BR serf\\-%s (1)\n%s\n", roff(c.Name), roff(c.Usage))
	}
	b.WriteString(".SH ENVIRONMENT\n.TP\n.B SERF_RPC_ADDR\nRPC address of the agent, unless \\fB\\-rpc\\-addr\\fR is given.\n" +
		".TP\n.B SERF_RPC_AUTH\nRPC auth token of the agent, unless \\fB\\-rpc\\-auth\\fR is given.\n" + manStatus)
	return b.String()
}

const manStatus = ".SH EXIT STATUS\n0 after success, 1 after a failure, 127 without a command or with an unknown one.\n"

func manPage(c *cli.Command) string {
	var b strings.Builder
	text, example := cutExample(c.Description)
	b.WriteString(manHead("serf-"+c.Name, c.Usage))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n.SH DESCRIPTION\n%s\n", roff(usageLine(c)), strings.ReplaceAll(roff(text), "\n\n", "\n.PP\n"))
	if len(c.Flags) > 0 {
		b.WriteString(".SH OPTIONS\n")
	}
	for _, f := range c.Flags {
		doc := f.(cli.DocGenerationFlag)
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(flagLabel(doc)), roff(doc.GetUsage()))
	}
	if example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLE\n.nf\n%s\n.fi\n", roff(example))
	}
	b.WriteString(manStatus + ".SH SEE ALSO\n.BR serf (1)\n")
	return b.String()
}

// roff escapes what the formatter would take for a command.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
