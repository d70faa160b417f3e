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
			"All settings can also be given in configuration files; what this version does not have yet is said at the start, and " +
			"ignored.\n\n" +
			"Example: serf agent -node=web1 -bind=10.0.0.5 -join=10.0.0.2 -tag role=web",
		Flags: agentFlags(paths),
		Action: func(c *cli.Context) error {
			status := p.runAgent(c.Context, *paths, func(name string) (any, bool) { return c.Value(name), c.IsSet(name) })
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

// agentFlagHelp holds placeholder and description of each flag that stands for a configuration key.
var agentFlagHelp = map[string][2]string{
	"advertise":           {"address", "Address that other members are told, if it is not the one bound; port 7946 unless given."},
	"bind":                {"0.0.0.0:7946", "Address to listen at for other members. IPv6 goes into brackets: [::1] or [::1]:7946."},
	"broadcast-timeout":   {"5s", "How long a leave or force-leave waits for its announcement to be sent. At least 1s."},
	"disable-compression": {"", "Send gossip uncompressed. Compressed gossip is understood all the same."},
	"encrypt":             {"key", "Encrypt gossip with this key: 16, 24 or 32 bytes in base64. See serf keygen."},
	"encrypt-file":        {"path", "File with nothing but such a key in base64. With -keyring-file it only makes the first keyring."},
	"iface": {"name", "Network interface to bind to: its first address that is not link-local. With -bind, the interface must have that " +
		"address."},
	"join":           {"address", "Member to join at the start; the agent ends if none answers. Can be given several times."},
	"keyring-file":   {"path", "File with encryption keys, a JSON list of base64 texts, the one to encrypt with first."},
	"log-level":      {"info", "trace, debug, info, warn or err."},
	"node":           {"name", "Name of this node, unique in the cluster. The host name unless given."},
	"profile":        {"lan", "Timing: lan, wan or local."},
	"protocol":       {"5", "Serf protocol version to speak, 2 to 5. The latest unless given."},
	"rejoin":         {"", "Go back to the members in the snapshot also when this node had left."},
	"replay":         {"", "Also deliver user events from before a join."},
	"retry-interval": {"30s", "Time between the attempts of -retry-join. At least 1s."},
	"retry-join":     {"address", "Member to join in the background until one answers. Can be given several times."},
	"retry-max":      {"0", "How many further attempts of -retry-join follow the first before the agent ends. 0 is no limit."},
	"role":           {"text", "Deprecated: use -tag role=text."},
	"rpc-addr":       {config.RPCAddrDefault, "Address to listen at for the other commands of this tool."},
	"snapshot":       {"path", "File that remembers members and events seen, so that a restart joins again by itself."},
	"tag":            {"key=value", "Tag of this node. Can be given several times."},
	"tags-file":      {"path", "File that keeps the tags of this node when serf tags changes them. Not together with -tag."},
}

// agentFlags returns the flags of the agent. paths takes the configuration files.
func agentFlags(paths *pathList) []cli.Flag {
	flags := []cli.Flag{
		&cli.GenericFlag{Name: "config-file", Value: paths, DefaultText: "path", Usage: "Configuration file in JSON. Can be given several " +
			"times, mixed with -config-dir; later ones win, and flags win over files."},
		&cli.GenericFlag{Name: "config-dir", Value: paths, DefaultText: "path",
			Usage: "Directory whose files ending in .json are read in alphabetical order."},
	}
	config.Flags(func(name string, t config.FlagType) {
		placeholder, usage := agentFlagHelp[name][0], agentFlagHelp[name][1]
		switch t {
		case config.FlagText:
			flags = append(flags, &cli.StringFlag{Name: name, DefaultText: placeholder, Usage: usage})
		case config.FlagNumber:
			flags = append(flags, &cli.IntFlag{Name: name, DefaultText: placeholder, Usage: usage})
		case config.FlagBool:
			flags = append(flags, &cli.BoolFlag{Name: name, Usage: usage})
		case config.FlagList:
			flags = append(flags, &cli.StringSliceFlag{Name: name, DefaultText: placeholder, Usage: usage, KeepSpace: true})
		}
	})
	return flags
}

// runAgent runs an agent until it ends and returns the exit status.
func (p *program) runAgent(ctx context.Context, paths []string, flag func(name string) (any, bool)) int {
	a := &agentProcess{program: p, out: &console{w: p.stdout}, paths: paths}
	layer, err := config.FromFlags(value(flag))
	if err != nil {
		a.out.problems(err)
		return exitFailure
	}
	a.flags = layer
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
