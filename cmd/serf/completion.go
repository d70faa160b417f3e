package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "Prints a script with which a shell completes commands",
		UsageText: "serf completion bash|zsh|fish",
		Description: "Prints a script that lets a shell complete the commands of this tool, their flags and the values of flags. It is for " +
			"the shell to read at its start, or to be put where it looks for such scripts.\n\n" +
			"Example: source <(serf completion bash)",
		Action: func(c *cli.Context) error {
			script, ok := shells[c.Args().First()]
			if !ok || c.NArg() != 1 {
				return misuse("One shell must be specified: bash, zsh or fish.")
			}
			fmt.Fprint(p.stdout, script(visible(p.commands())))
			return nil
		},
	}
}

// shells are the makers of scripts.
var shells = map[string]func([]*cli.Command) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}

// visible returns the commands that the help shows.
func visible(commands []*cli.Command) []*cli.Command {
	var list []*cli.Command
	for _, c := range commands {
		if !c.Hidden {
			list = append(list, c)
		}
	}
	return list
}

// flagValues are the values of flags that have few, whatever the command.
var flagValues = map[string]string{
	"encrypt-cipher": "aes-gcm xchacha20-poly1305",
	"format":         "text json",
	"handler-stdin":  "text json",
	"log-format":     "text json",
	"log-level":      "trace debug info warn err",
	"profile":        "lan wan local",
	"status":         "alive leaving left failed",
}

// argumentValues are those of commands that take one of few words.
var argumentValues = map[string]string{"completion": "bash zsh fish"}

// takesPath says whether the value of a flag is a file or directory.
func takesPath(f cli.Flag) bool {
	return strings.Contains(f.(cli.DocGenerationFlag).GetDefaultText(), "path")
}

// flagNames returns the flags of c with their dash that keep lets through, separated by blanks.
func flagNames(c *cli.Command, keep func(cli.Flag) bool) string {
	var names []string
	for _, f := range c.Flags {
		if keep(f) {
			names = append(names, "-"+f.Names()[0])
		}
	}
	return strings.Join(names, " ")
}

func takesValue(f cli.Flag) bool { return f.(cli.DocGenerationFlag).TakesValue() }

// firstSentence returns the part of a description that fits beside a flag in a shell.
func firstSentence(text string) string {
	for _, end := range []string{". ", ": ", "; "} {
		text, _, _ = strings.Cut(text, end)
	}
	return strings.TrimSuffix(text, ".")
}
