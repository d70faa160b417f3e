package main

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func (p *program) eventCommand() *cli.Command {
	return &cli.Command{
		Name:      "event",
		Usage:     "Sends a user event through the Serf cluster",
		UsageText: "serf event [options] name payload",
		Description: "Makes a running agent send a user event to all members, with a payload if there is one. Nobody confirms it.\n\n" +
			"Example: serf event -coalesce=false deploy 1.4.2",
		Flags: clientFlags(
			&cli.BoolFlag{Name: "coalesce", Value: true, Usage: "Let events of this name that come shortly one after another count as one, " +
				"the latest. On unless switched off with -coalesce=false."},
		),
		Action: p.event,
	}
}

func (p *program) event(c *cli.Context) error {
	name, payload, err := nameAndPayload(c, "An event name must be specified.")
	if err != nil {
		return err
	}
	if c.IsSet("coalesce") && (name == "true" || name == "false") {
		fmt.Fprintf(p.stderr, "hint: this sends an event called %[1]s; the flag takes its value as -coalesce=%[1]s\n", name)
	}
	client, err := p.connect(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.UserEvent(c.Context, name, payload, c.Bool("coalesce")); err != nil {
		return failure("Error sending event: %v", err)
	}
	fmt.Fprintf(p.stdout, "Event '%s' dispatched! Coalescing enabled: %v\n", printable(name), c.Bool("coalesce"))
	return nil
}

// nameAndPayload returns the arguments of event and query. The payload is nil when there is none; missing is the complaint when there
// is no name either.
func nameAndPayload(c *cli.Context, missing string) (name string, payload []byte, err error) {
	switch c.NArg() {
	case 0:
		return "", nil, misuse(missing)
	case 1:
		return c.Args().First(), nil, nil
	case 2:
		return c.Args().First(), []byte(c.Args().Get(1)), nil
	}
	return "", nil, misuse("Too many command line arguments. Only a name and payload must be specified.")
}
