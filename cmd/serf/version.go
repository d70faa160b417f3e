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
		Description:     "Prints the version and the protocol versions understood, with -format=json as an object.",
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			if !jsonWanted(c.Args().Slice()) {
				p.printVersion()
				return nil
			}
			return writeJSON(p.stdout, map[string]any{
				"version": version, "protocol": membership.ProtocolVersionMax, "protocol_min": membership.ProtocolVersionMin,
			})
		},
	}
}

// printVersion prints two lines; the second one is the same in every release that speaks these protocols.
func (p *program) printVersion() {
	fmt.Fprintf(p.stdout, "%s\nAgent Protocol: %d (Understands back to: %d)\n",
		version, membership.ProtocolVersionMax, membership.ProtocolVersionMin)
}
