package main

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

// clientFlags returns own and, behind them, the flags of every command that talks to an agent.
func clientFlags(own ...cli.Flag) []cli.Flag {
	return append(own,
		&cli.StringFlag{Name: "rpc-addr", DefaultText: config.RPCAddrDefault,
			Usage: "RPC address of the Serf agent. The environment variable SERF_RPC_ADDR replaces the default."},
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
	addr := p.setting(c, "rpc-addr", "SERF_RPC_ADDR", config.RPCAddrDefault)
	auth := p.setting(c, "rpc-auth", "SERF_RPC_AUTH", "")
	client, err := rpc.Dial(c.Context, rpc.Options{Addr: addr, AuthKey: auth})
	if err == nil {
		return client, nil
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		fmt.Fprintf(p.stderr, "hint: is an agent running, and does it listen at %s? (-rpc-addr, SERF_RPC_ADDR)\n", addr)
	}
	return nil, failure("Error connecting to Serf agent: %v", err)
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
