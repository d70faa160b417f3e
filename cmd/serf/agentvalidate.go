package main

import (
	"fmt"
	"strings"
)

// validate tells everything that is wrong with the configuration and starts nothing. flags is what is wrong with the
// command line.
func (a *agentProcess) validate(flags error) int {
	a.takeEnvironment()
	c, warnings, err := a.load()
	if err == nil {
		for _, n := range c.Adjust() {
			a.out.output(n)
		}
		for _, w := range append(warnings, c.Exposed(a.paths, a.flags)...) {
			a.out.output("Warning: " + w)
		}
		err = c.Check()
	}
	if flags == nil && err == nil {
		a.out.output("The configuration is valid")
		return 0
	}
	for _, err := range []error{flags, err} {
		if err != nil {
			a.out.problems(err)
		}
	}
	return exitFailure
}

// printConfig prints what files and flags come to.
func (a *agentProcess) printConfig() int {
	a.takeEnvironment()
	c, _, err := a.load()
	if err != nil {
		a.out.problems(err)
		return exitFailure
	}
	content, hidden := c.Print()
	fmt.Fprint(a.program.stdout, string(content))
	if len(hidden) > 0 {
		fmt.Fprintf(a.program.stderr, "left out, because they are secret: %s\n", strings.Join(hidden, ", "))
	}
	return 0
}
