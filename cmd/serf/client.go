package main

import (
	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

// clientFlags returns own and, behind them, the flags of every command that talks to an agent.
func clientFlags(own ...cli.Flag) []cli.Flag {
	return append(own,
		&cli.StringFlag{Name: "rpc-addr", DefaultText: config.RPCAddrDefault,
			Usage: "RPC address of the Serf agent; port 7373 unless given. The environment variable SERF_RPC_ADDR replaces the default."},
		&cli.StringFlag{Name: "rpc-auth", DefaultText: `""`,
			Usage: "RPC auth token of the Serf agent. The environment variable SERF_RPC_AUTH replaces the default."},
	)
}

// formatFlag returns the flag of commands that can print JSON.
func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", DefaultText: "text", Usage: "Output format: text or json."}
}

// connect dials the agent that the flags, or else the environment, name.
func (p *program) connect(c *cli.Context) (*rpc.Client, error) {
	p.addr = withPort(p.setting(c, "rpc-addr", "SERF_RPC_ADDR", config.RPCAddrDefault))
	auth := p.setting(c, "rpc-auth", "SERF_RPC_AUTH", "")
	client, err := rpc.Dial(c.Context, rpc.Options{Addr: p.addr, AuthKey: auth, Timeout: p.rpcTimeout})
	if err != nil {
		return nil, failure("Error connecting to Serf agent: %v", connectError{err})
	}
	return client, nil
}

// open is connect for commands whose output has a format, which must be known before anything is done.
func (p *program) open(c *cli.Context) (*rpc.Client, error) {
	client, err := p.connect(c)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(c.String("format")); err != nil {
		_ = client.Close()
		return nil, err
	}
	return client, nil
}

// setting returns the value of a flag, of an environment variable that is not empty, or a default, in this order.
func (p *program) setting(c *cli.Context, flag, env, fallback string) string {
	if c.IsSet(flag) {
		return c.String(flag)
	}
	if v := p.getenv(env); v != "" {
		return v
	}
	return fallback
}
