package main

import (
	"cmp"

	"serf/agent/discover"
)

// discover begins to look for other agents by multicast DNS, if the configuration wants that.
func (a *agentProcess) discover() (err error) {
	if a.config.Discover == "" {
		return nil
	}
	a.found, err = discover.Start(discover.Config{
		Cluster:     a.config.Discover,
		Node:        a.config.NodeName,
		Addr:        a.agent.View().Local.Addr,
		Interface:   cmp.Or(a.config.MDNS.Interface, a.config.Interface),
		DisableIPv4: a.config.MDNS.DisableIPv4,
		DisableIPv6: a.config.MDNS.DisableIPv6,
		Replay:      a.config.ReplayOnJoin,
		Log:         a.log,
	}, a.agent)
	return err
}
