package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

func fishCompletion(commands []*cli.Command) string {
	var b strings.Builder
	b.WriteString("# fish completion for serf. Made by: serf completion fish\n\ncomplete -c serf -f\n")
	for _, c := range commands {
		fmt.Fprintf(&b, "\ncomplete -c serf -n __fish_use_subcommand -a %s -d %s\n", c.Name, fishText(c.Usage))
		seen := quoted("__fish_seen_subcommand_from " + c.Name)
		for _, f := range c.Flags {
			fmt.Fprintf(&b, "complete -c serf -n %s -o %s%s -d %s\n", seen, f.Names()[0], fishValue(f),
				fishText(firstSentence(f.(cli.DocGenerationFlag).GetUsage())))
		}
		if words := argumentValues[c.Name]; words != "" {
			fmt.Fprintf(&b, "complete -c serf -n %s -a %s\n", seen, quoted(words))
		}
	}
	return b.String()
}

// fishValue says what a flag takes.
func fishValue(f cli.Flag) string {
	switch words := flagValues[f.Names()[0]]; {
	case !takesValue(f):
		return ""
	case words != "":
		return " -x -a " + quoted(words)
	case takesPath(f):
		return " -r -F"
	}
	return " -x"
}

// fishText returns s as one word of fish.
func fishText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
