package main

import (
	"context"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
)

func (p *program) agentCommand() *cli.Command {
	paths := new(pathList)
	return &cli.Command{
		Name:      "agent",
		Usage:     "Runs a Serf agent",
		UsageText: "serf agent [options]",
		Description: "Runs an agent, one member of a cluster, in the foreground. Ctrl-C makes it leave the cluster and end.\n\n" +
			"All settings can also be given in configuration files.\n\n" +
			"Example: serf agent -node=web1 -bind=10.0.0.5 -join=10.0.0.2 -tag role=web",
		Flags: agentFlags(paths),
		Action: func(c *cli.Context) error {
			a := &agentProcess{program: p, out: &console{w: p.stdout, colour: p.colours(p.stdout)}, paths: *paths}
			status := a.runAs(c.Context, c.Bool("validate"), c.Bool("print-config"),
				func(name string) (any, bool) { return c.Value(name), c.IsSet(name) })
			if status != 0 {
				return exit{status: status}
			}
			return nil
		},
	}
}

// pathList gathers the values of -config-file and -config-dir in their common order.
type pathList []string

func (l *pathList) String() string { return "" }
func (l *pathList) Set(path string) error {
	*l = append(*l, path)
	return nil
}

// agentFlags returns the flags of the agent. paths takes the configuration files.
func agentFlags(paths *pathList) []cli.Flag {
	flags := []cli.Flag{
		&cli.GenericFlag{Name: "config-file", Value: paths, DefaultText: "path", Usage: "Configuration file in JSON. Can be given several " +
			"times, mixed with -config-dir; later ones win, and flags win over files."},
		&cli.GenericFlag{Name: "config-dir", Value: paths, DefaultText: "path",
			Usage: "Directory whose files ending in .json are read in alphabetical order."},
		&cli.BoolFlag{Name: "validate", Usage: "Check the whole configuration, with the files that it names, and start nothing. The status " +
			"is 1 when something is wrong."},
		&cli.BoolFlag{Name: "print-config", Usage: "Print the configuration that results from files and flags, without secrets, in the form " +
			"of a configuration file, and start nothing."},
	}
	for _, f := range config.Flags() {
		flags = append(flags, agentFlag(f))
	}
	return flags
}

// agentFlag returns the library's form of f.
func agentFlag(f config.Flag) cli.Flag {
	switch f.Type {
	case config.FlagNumber:
		return &cli.IntFlag{Name: f.Name, DefaultText: f.Value, Usage: f.Help}
	case config.FlagBool:
		return &cli.BoolFlag{Name: f.Name, Usage: f.Help}
	case config.FlagList:
		return &cli.StringSliceFlag{Name: f.Name, DefaultText: f.Value, Usage: f.Help, KeepSpace: true}
	}
	return &cli.StringFlag{Name: f.Name, DefaultText: f.Value, Usage: f.Help}
}

// runAs does what the command line asks for and returns the exit status.
func (a *agentProcess) runAs(ctx context.Context, validate, printConfig bool, flag func(name string) (any, bool)) int {
	layer, err := config.FromFlags(value(flag))
	if err != nil && !validate {
		a.out.problems(err)
		return exitFailure
	}
	a.flags = layer
	switch {
	case validate:
		return a.validate(err)
	case printConfig:
		return a.printConfig()
	}
	return a.run(ctx)
}

// value unpacks the library's list type.
func value(flag func(name string) (any, bool)) func(name string) (any, bool) {
	return func(name string) (any, bool) {
		v, set := flag(name)
		if list, ok := v.(cli.StringSlice); ok {
			return list.Value(), set
		}
		return v, set
	}
}
