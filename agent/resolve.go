package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"serf/membership"
)

const (
	// resolveTimeout bounds the look-up of one host name: a hanging name server must not hang a join.
	resolveTimeout = 10 * time.Second
	// resolveAddrsMax is how many addresses of one host name are tried.
	resolveAddrsMax = 32
	// resolveAtOnceMax is how many host names are looked up at the same time.
	resolveAtOnceMax = 8
)

// Resolver turns host names into addresses; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

var _ Resolver = (*net.Resolver)(nil)

// place is a join address taken apart: "[name/]host[:port]".
type place struct {
	text string // as the operator wrote it
	name string // of the member, may be empty
	host string
	port uint16
}

// parsePlace takes text apart. Without a port, portDefault holds. A host in brackets has a port if a colon follows them;
// otherwise a text with exactly one colon has one, and one with more is an IPv6 address.
func parsePlace(text string, portDefault uint16) (place, error) {
	p := place{text: text, port: portDefault}
	rest := text
	if name, after, found := strings.Cut(text, "/"); found {
		if name == "" {
			return p, fmt.Errorf("invalid address %q: no node name before the slash", text)
		}
		p.name, rest = name, after
	}
	host, port, err := splitPort(rest)
	if err != nil {
		return p, fmt.Errorf("invalid address %q: %w", text, err)
	}
	if host == "" {
		return p, fmt.Errorf("invalid address %q: no host", text)
	}
	if strings.ContainsAny(host, "[]/") {
		return p, fmt.Errorf("invalid address %q: %q is no host", text, host)
	}
	p.host = host
	if port == "" {
		return p, nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return p, fmt.Errorf("invalid address %q: port %q is not a number from 1 to 65535", text, port)
	}
	p.port = uint16(n)
	return p, nil
}

// CheckAddr says whether text has the form of an address that Join understands. Nothing is looked up.
func CheckAddr(text string) error {
	_, err := parsePlace(text, 1)
	return err
}

// splitPort returns the host without brackets, and the port or "".
func splitPort(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", errors.New("missing ]")
		}
		host, s = s[1:end], s[end+1:]
		if s == "" {
			return host, "", nil
		}
		port, found := strings.CutPrefix(s, ":")
		if !found || port == "" {
			return "", "", errors.New("only :port may follow the ]")
		}
		return host, port, nil
	}
	if strings.Count(s, ":") != 1 {
		return s, "", nil
	}
	host, port, _ = strings.Cut(s, ":")
	if port == "" {
		return "", "", errors.New("no port after the colon")
	}
	return host, port, nil
}

// outcome is what became of one join address.
type outcome struct {
	targets []membership.Target
	err     error
}

// resolveAll turns join addresses into targets, in their order, each address once. What could not be understood or looked
// up comes back as failures in the form in which an operator reads them.
func resolveAll(ctx context.Context, r Resolver, addrs []string, portDefault uint16) (targets []membership.Target, failures []error) {
	results := make([]outcome, len(addrs))
	slots := make(chan struct{}, resolveAtOnceMax)
	var wg sync.WaitGroup
	for i, text := range addrs {
		p, err := parsePlace(text, portDefault)
		if err != nil {
			results[i].err = err
			continue
		}
		if results[i].targets = p.literal(); results[i].targets != nil {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			results[i] = lookUp(ctx, r, p)
			<-slots
		})
	}
	wg.Wait()
	seen := make(map[netip.AddrPort]bool)
	for _, o := range results {
		if o.err != nil {
			failures = append(failures, o.err)
		}
		for _, t := range o.targets {
			if !seen[t.Addr] {
				seen[t.Addr] = true
				targets = append(targets, t)
			}
		}
	}
	return targets, failures
}

func lookUp(ctx context.Context, r Resolver, p place) outcome {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	ips, err := r.LookupNetIP(ctx, "ip", p.host)
	if err == nil && len(ips) == 0 {
		err = errors.New("no addresses")
	}
	if err != nil {
		return outcome{err: fmt.Errorf("failed to resolve %s: %w", p.text, err)}
	}
	var o outcome
	for _, ip := range ips[:min(len(ips), resolveAddrsMax)] {
		o.targets = append(o.targets, p.target(ip))
	}
	return o
}

// literal returns the target of a place whose host is an IP address; nil if it is a name.
func (p place) literal() []membership.Target {
	ip, err := netip.ParseAddr(p.host)
	if err != nil {
		return nil
	}
	return []membership.Target{p.target(ip)}
}

func (p place) target(ip netip.Addr) membership.Target {
	return membership.Target{Name: p.name, Addr: netip.AddrPortFrom(ip.Unmap(), p.port)}
}
