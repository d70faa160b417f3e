//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"strings"
)

// gossipPort and rpcPort are the ports of every member; each host has an address of its own.
const (
	gossipPort = 7946
	rpcPort    = 7373
)

// network is the switch and the hosts on it, which are kept from one scenario to the next.
type network struct {
	hosts []*host
}

// host is a network namespace with one address. Its rules are the faults of what comes in.
type host struct {
	index int
	addr  string
}

// newSwitch makes the switch in the namespace of the laboratory.
func newSwitch() (*network, error) {
	if err := mountPrivate(); err != nil {
		return nil, err
	}
	for _, args := range []string{
		"link set lo up",
		"link add br0 type bridge",
		"addr add 10.91.255.254/16 dev br0",
		"link set br0 up",
	} {
		if err := command("ip", strings.Fields(args)...); err != nil {
			return nil, err
		}
	}
	return new(network), nil
}

// host returns the i-th host, from 0.
func (n *network) host(i int) (*host, error) {
	for len(n.hosts) <= i {
		h := &host{index: len(n.hosts) + 1}
		h.addr = fmt.Sprintf("10.91.%d.%d", h.index/250, h.index%250+1)
		if err := h.plug(); err != nil {
			return nil, err
		}
		n.hosts = append(n.hosts, h)
	}
	return n.hosts[i], nil
}

// name is that of the host's namespace.
func (h *host) name() string { return fmt.Sprintf("h%d", h.index) }

// plug makes the namespace and connects it to the switch.
func (h *host) plug() error {
	ns, port := h.name(), fmt.Sprintf("p%d", h.index)
	for _, args := range []string{
		"netns add " + ns,
		"-n " + ns + " link set lo up",
		"link add " + port + " master br0 up type veth peer name eth0 netns " + ns,
		"-n " + ns + " addr add " + h.addr + "/16 dev eth0",
		"-n " + ns + " link set eth0 up",
	} {
		if err := command("ip", strings.Fields(args)...); err != nil {
			return err
		}
	}
	return h.nft("add table inet lab", "add chain inet lab in { type filter hook input priority 0; }")
}

// nft applies rules in the host.
func (h *host) nft(rules ...string) error {
	return command("ip", "netns", "exec", h.name(), "nft", strings.Join(rules, "; "))
}

// deaf makes the host drop all that comes from others.
func (h *host) deaf(others ...*host) error {
	rules := make([]string, 0, len(others))
	for _, o := range others {
		rules = append(rules, "add rule inet lab in ip saddr "+o.addr+" drop")
	}
	return h.nft(rules...)
}

// lossy makes the host lose so many percent of the gossip that comes in, packets and streams.
func (h *host) lossy(percent int) error {
	drop := fmt.Sprintf("numgen random mod 100 < %d drop", percent)
	return h.nft(
		fmt.Sprintf("add rule inet lab in meta l4proto { tcp, udp } th dport %d %s", gossipPort, drop),
		fmt.Sprintf("add rule inet lab in tcp sport %d %s", gossipPort, drop),
	)
}

// heal ends all faults of the host's network.
func (h *host) heal() error { return h.nft("flush chain inet lab in") }

// command runs a program that has to succeed.
func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
