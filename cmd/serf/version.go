package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"serf/membership"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "0.11.0-dev"

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:            "version",
		Usage:           "Prints the version",
		SkipFlagParsing: true,
		Action: func(*cli.Context) error {
			p.printVersion()
			return nil
		},
	}
}

// printVersion prints two lines; the second one is the same in every release that speaks these protocols.
func (p *program) printVersion() {
	fmt.Fprintf(p.stdout, "%s\nAgent Protocol: %d (Understands back to: %d)\n",
		version, membership.ProtocolVersionMax, membership.ProtocolVersionMin)
}
