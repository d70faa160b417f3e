package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"serf/agent/config"
	"serf/agent/rpc"
)

// clientFlags returns own and, behind them, the flags of every command that talks to an agent.
func clientFlags(own ...cli.Flag) []cli.Flag {
	return append(own,
		&cli.StringFlag{Name: "rpc-addr", DefaultText: config.RPCAddrDefault, Usage: "RPC address of the Serf agent: host:port, a host, or " +
			"unix:///path; port 7373 unless given. The environment variable SERF_RPC_ADDR replaces the default."},
		&cli.StringFlag{Name: "rpc-auth", DefaultText: `""`,
			Usage: "RPC auth token of the Serf agent. The environment variable SERF_RPC_AUTH replaces the default."},
		&cli.StringFlag{Name: "rpc-auth-file", DefaultText: "path", Usage: "File with nothing but that token. SERF_RPC_AUTH_FILE likewise."},
		&cli.StringFlag{Name: "rpc-timeout", DefaultText: "10s", Usage: "How long the agent may take to answer what it knows; six times as long " +
			"for what it must do in the cluster. SERF_RPC_TIMEOUT likewise."},
		&cli.StringFlag{Name: "rpc-tls-ca", DefaultText: "path", Usage: "Speak TLS, and trust agents whose certificate one in this PEM file has " +
			"signed. Without effect on a Unix socket. SERF_RPC_TLS_CA likewise."},
		&cli.StringFlag{Name: "rpc-tls-server-name", DefaultText: "host", Usage: "Name that the agent's certificate must be for, if it is not the " +
			"host of -rpc-addr. SERF_RPC_TLS_SERVER_NAME likewise."},
		&cli.StringFlag{Name: "rpc-tls-cert", DefaultText: "path", Usage: "PEM file with the certificate to show to the agent. SERF_RPC_TLS_CERT " +
			"likewise."},
		&cli.StringFlag{Name: "rpc-tls-key", DefaultText: "path", Usage: "PEM file with its key. SERF_RPC_TLS_KEY likewise."},
	)
}

// formatFlag returns the flag of commands that can print JSON.
func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Value: "text", DefaultText: "text", Usage: "Output format: text or json."}
}

// connect dials the agent that the flags, or else the environment, name.
func (p *program) connect(c *cli.Context) (*rpc.Client, error) {
	options, err := p.rpcOptions(c)
	if err != nil {
		return nil, failure("Error connecting to Serf agent: %v", err)
	}
	client, err := rpc.Dial(c.Context, options)
	if err != nil {
		return nil, failure("Error connecting to Serf agent: %v", connectError{err})
	}
	return client, nil
}

// rpcOptions gathers what the flags or else the environment say about the agent.
func (p *program) rpcOptions(c *cli.Context) (o rpc.Options, err error) {
	o.Addr = p.setting(c, "rpc-addr", "SERF_RPC_ADDR", config.RPCAddrDefault)
	network, address, err := rpc.ParseAddress(o.Addr)
	if err != nil {
		return o, err
	}
	if network == "tcp" {
		o.Addr = address
	}
	p.addr = o.Addr
	if o.AuthKey, err = p.rpcAuth(c); err != nil {
		return o, err
	}
	if o.Timeout, err = p.timeoutOfRPC(c); err != nil {
		return o, err
	}
	files := rpc.TLSFiles{
		CA:   p.setting(c, "rpc-tls-ca", "SERF_RPC_TLS_CA", ""),
		Cert: p.setting(c, "rpc-tls-cert", "SERF_RPC_TLS_CERT", ""),
		Key:  p.setting(c, "rpc-tls-key", "SERF_RPC_TLS_KEY", ""),
	}
	switch {
	case network != "tcp" || files == (rpc.TLSFiles{}):
		return o, nil
	case files.CA == "":
		return o, errors.New("-rpc-tls-cert and -rpc-tls-key need -rpc-tls-ca, by which the agent is known")
	}
	o.TLS, err = files.Client(p.setting(c, "rpc-tls-server-name", "SERF_RPC_TLS_SERVER_NAME", ""))
	return o, err
}

// rpcAuth returns the token: that of a flag before one of the environment, and at each place not two of them.
func (p *program) rpcAuth(c *cli.Context) (string, error) {
	token, path := c.String("rpc-auth"), c.String("rpc-auth-file")
	name := "-rpc-auth and -rpc-auth-file"
	if !c.IsSet("rpc-auth") && !c.IsSet("rpc-auth-file") {
		token, path = p.getenv("SERF_RPC_AUTH"), p.getenv("SERF_RPC_AUTH_FILE")
		name = "SERF_RPC_AUTH and SERF_RPC_AUTH_FILE"
	}
	switch {
	case token != "" && path != "":
		return "", fmt.Errorf("%s are both given: keep one", name)
	case path == "":
		return token, nil
	}
	return config.ReadSecret(path)
}

// timeoutOfRPC returns how long a short call may take; 0 stands for the usual time.
func (p *program) timeoutOfRPC(c *cli.Context) (time.Duration, error) {
	text := p.setting(c, "rpc-timeout", "SERF_RPC_TIMEOUT", "")
	if text == "" {
		return p.rpcTimeout, nil
	}
	return parseRPCTimeout(text)
}

func parseRPCTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("invalid -rpc-timeout %q: want a time like 10s", text)
	}
	return d, nil
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
