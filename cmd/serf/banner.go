package main

import (
	"fmt"
	"net"

	"serf/agent/config"
)

// bannerWidth is where the labels of the banner end.
const bannerWidth = 27

// printBanner tells what runs. Scripts match on these lines, also on the one that is not aligned.
func (a *agentProcess) printBanner() {
	line := func(label, value string) { a.out.info(fmt.Sprintf("%*s: %s", bannerWidth, label, value)) }
	line("Node name", quote(a.config.NodeName))
	line("Bind addr", quote(a.agent.LocalAddr().String()))
	if a.config.Advertise != "" {
		a.out.info(fmt.Sprintf("Advertise addr: %s", quote(a.resolved.Advertise.String())))
	}
	line("RPC addr", quote(rpcAddrText(a.config.RPCAddr, a.rpcAddr)))
	line("Encrypted", fmt.Sprint(a.agent.Keyring().Len() > 0))
	line("Snapshot", fmt.Sprint(a.config.SnapshotPath != ""))
	line("Profile", a.config.Profile)
	line("Message Compression Enabled", fmt.Sprint(a.config.EnableCompression))
	if a.config.Discover != "" {
		line("mDNS cluster", a.config.Discover)
	}
}

// rpcAddrText returns the RPC address as configured, or the real one if it names no port or lets the system choose.
func rpcAddrText(configured string, real net.Addr) string {
	if _, port, err := net.SplitHostPort(configured); real.Network() == "tcp" && (err != nil || port == "0") {
		return real.String()
	}
	return configured
}

// quote does not escape: scripts take the text between the quotes as it is.
func quote(s string) string { return "'" + s + "'" }

// printByInterface tells which address of the interface was chosen.
func (a *agentProcess) printByInterface(r config.Resolved) {
	if r.ByInterface {
		a.out.output(fmt.Sprintf("Using interface '%s' address '%s'", a.config.Interface, r.Bind.Addr()))
	}
}
