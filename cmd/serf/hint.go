package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"

	"serf/agent/rpc"
)

// Ports of an agent unless configured otherwise.
const (
	gossipPort = "7946"
	rpcPort    = "7373"
)

// connectError is an error from before an agent was reached.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

// hint says what to try about err, or nothing. addr is where the agent was sought.
func hint(err error, addr string) string {
	var refusal *rpc.RemoteError
	var netErr net.Error
	var connecting connectError
	switch {
	case errors.Is(err, fs.ErrPermission) && errors.As(err, &connecting):
		return "only the agent's user and root may connect, unless its rpc_socket_mode says otherwise"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist) && errors.As(err, new(*net.OpError)):
		return fmt.Sprintf("is an agent running, and does it listen at %s? (-rpc-addr, SERF_RPC_ADDR)", addr)
	case errors.As(err, &refusal):
		return refusalHint(refusal.Text)
	case errors.Is(err, rpc.ErrClosed) && errors.As(err, &connecting):
		return fmt.Sprintf("what listens at %s hung up%s", addr, portHint(addr))
	case errors.Is(err, rpc.ErrClosed):
		return "the agent hung up: it has ended, or it is HashiCorp's and could not read a regular expression"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return fmt.Sprintf("nothing came back from %s: the agent may stand still, or a firewall drops packets%s (-rpc-timeout waits longer)", addr, portHint(addr))
	}
	return ""
}

// refusalHint explains what an agent said.
func refusalHint(text string) string {
	switch text {
	case "Authentication required":
		return "the agent wants its RPC auth token (-rpc-auth, SERF_RPC_AUTH)"
	case "Invalid authentication token":
		return "the token is not the agent's rpc_auth; leave it away if the agent has none (-rpc-auth, SERF_RPC_AUTH)"
	case "This agent speaks TLS only":
		return "name the certificate that has signed the agent's (-rpc-tls-ca, SERF_RPC_TLS_CA)"
	case "Unsupported command":
		return "the agent is older than this command"
	}
	return ""
}

// portHint warns of the port for other members, which takes no commands.
func portHint(addr string) string {
	if _, port, err := net.SplitHostPort(addr); err == nil && port == gossipPort {
		return fmt.Sprintf("; %s is the port for other members, commands go to %s", gossipPort, rpcPort)
	}
	return "; is it a Serf agent, and its RPC address?"
}

// say prints a hint, unless it is empty.
func say(w io.Writer, hint string) {
	if hint != "" {
		fmt.Fprintf(w, "hint: %s\n", hint)
	}
}
