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
			payloadFileFlag(),
			formatFlag(),
		),
		Action: p.event,
	}
}

func (p *program) event(c *cli.Context) error {
	name, payload, err := p.nameAndPayload(c, "An event name must be specified.")
	if err != nil {
		return err
	}
	coalesce := c.Bool("coalesce")
	if c.IsSet("coalesce") && (name == "true" || name == "false") {
		say(p.stderr, fmt.Sprintf("this sends an event called %[1]s; the flag takes its value as -coalesce=%[1]s", name))
	}
	client, err := p.open(c)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.UserEvent(c.Context, name, payload, coalesce); err != nil {
		return failure("Error sending event: %v", err)
	}
	return show(p.stdout, c.String("format"), sentence{
		fmt.Sprintf("Event '%s' dispatched! Coalescing enabled: %v", printable(name), coalesce),
		map[string]any{"event": name, "coalesce": coalesce, "payload_bytes": len(payload)},
	})
}
