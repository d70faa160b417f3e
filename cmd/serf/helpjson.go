package main

import (
	"strings"

	"github.com/urfave/cli/v2"
)

// commandJSON describes a command for programs.
type commandJSON struct {
	Name        string     `json:"name"`
	Synopsis    string     `json:"synopsis"`
	Usage       string     `json:"usage"`
	Description string     `json:"description"`
	Example     string     `json:"example,omitempty"`
	Flags       []flagJSON `json:"flags"`
}

type flagJSON struct {
	Name        string `json:"name"`
	TakesValue  bool   `json:"takes_value"`
	Repeatable  bool   `json:"repeatable"`
	Placeholder string `json:"placeholder,omitempty"`
	Description string `json:"description"`
}

// describe returns what the help says of commands.
func describe(commands []*cli.Command) []commandJSON {
	list := []commandJSON{}
	for _, c := range commands {
		if c.Hidden {
			continue
		}
		text, example := cutExample(c.Description)
		d := commandJSON{Name: c.Name, Synopsis: c.Usage, Usage: usageLine(c), Description: text, Example: example, Flags: []flagJSON{}}
		for _, f := range c.Flags {
			d.Flags = append(d.Flags, describeFlag(f))
		}
		list = append(list, d)
	}
	return list
}

func usageLine(c *cli.Command) string {
	if c.UsageText == "" {
		return "serf " + c.Name
	}
	return c.UsageText
}

// cutExample takes the example from a description, which it ends.
func cutExample(description string) (text, example string) {
	text, example, _ = strings.Cut(description, "\n\nExample: ")
	return text, example
}

func describeFlag(f cli.Flag) flagJSON {
	doc := f.(cli.DocGenerationFlag)
	_, list := f.(*cli.StringSliceFlag)
	return flagJSON{Name: f.Names()[0], TakesValue: doc.TakesValue(), Repeatable: list, Placeholder: doc.GetDefaultText(), Description: doc.GetUsage()}
}
