package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"serf/agent/typo"
)

// typosMax is how many letters may be wrong in a command that is still recognised.
const typosMax = 2

// suggestion says which command may have been meant by name, which is none, or returns nothing.
func suggestion(commands []*cli.Command, name string, rest []string) string {
	if name == "help" {
		if len(rest) > 0 && find(commands, rest[0]) != nil {
			return fmt.Sprintf("the help of a command is shown by: serf %s -help", rest[0])
		}
		return "the help of a command is shown by: serf COMMAND -help"
	}
	best, distance := "", typosMax+1
	for _, c := range commands {
		d := typo.Distance(name, c.Name)
		if len(name) > 1 && strings.HasPrefix(c.Name, name) {
			d = 0
		}
		if d < distance && d < len(name) && !c.Hidden {
			best, distance = c.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("there is no command %q; did you mean: serf %s", name, best)
}
