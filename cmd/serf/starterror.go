package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"serf/agent"
)

// prefixed puts prefix in front of each part of a joined error.
func prefixed(prefix string, err error) error {
	var list []error
	for _, e := range parts(err) {
		list = append(list, fmt.Errorf("%s%w", prefix, e))
	}
	return errors.Join(list...)
}

// startFailure words the error with which a member does not start.
func startFailure(err error, bind netip.AddrPort) error {
	var setup *agent.SetupError
	if errors.As(err, &setup) {
		return prefixed("Failed to setup the Serf agent: ", err)
	}
	return prefixed("Failed to start the Serf agent: Error creating Serf: ", startError(err, bind))
}

// startError words the failure to bind as the reference agent does; other errors stay as they are.
func startError(err error, bind netip.AddrPort) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "listen" {
		return err
	}
	kind := "UDP"
	if strings.HasPrefix(op.Net, "tcp") {
		kind = "TCP"
	}
	return fmt.Errorf("Failed to create memberlist: could not set up network transport: failed to obtain an address: "+
		"failed to start %s listener on %q port %d: %w", kind, bind.Addr(), bind.Port(), op)
}
