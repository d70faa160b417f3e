package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"serf/agent/journal"
	"serf/membership"
)

// component is the name under which the lines stand in the log.
const component = "agent.mdns"

const (
	// pollInterval is the time between polls; reference agents have the same.
	pollInterval = time.Minute
	// pollSoon is the time to the second poll when the first found nobody: a switch may be slow to let a new host talk.
	pollSoon = 5 * time.Second
)

// Config says what to announce and whom to look for.
type Config struct {
	// Cluster is the name that the agents which find each other have in common.
	Cluster string
	// Node is the name of this agent.
	Node string
	// Addr is where others reach this agent: its advertised gossip address.
	Addr netip.AddrPort
	// Interface is where to listen and ask; empty: where the system sends multicast packets.
	Interface string
	// DisableIPv4 and DisableIPv6 leave out a family.
	DisableIPv4, DisableIPv6 bool
	// Replay makes joins deliver user events of before.
	Replay bool
	// Log takes the operator's lines; nil discards them.
	Log *journal.Journal
}

// Member is the agent that joins those who are found.
type Member interface {
	Join(ctx context.Context, addrs []string, replay bool) (int, error)
	View() *membership.View
}

// Discovery answers the questions of others and asks for them, until Close.
type Discovery struct {
	cfg      Config
	service  service
	member   Member
	log      *journal.Journal
	counters counters
	ears     []*ear

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

// Start announces the agent and begins to look for others. It fails, and leaves nothing behind, when a name cannot be one of DNS,
// the interface is not there, or no address family can listen.
func Start(cfg Config, member Member) (*Discovery, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	d := &Discovery{cfg: cfg, member: member, log: cfg.Log}
	if d.service, err = newService(cfg.Cluster, cfg.Node, host, cfg.Addr); err != nil {
		return nil, err
	}
	on, err := interfaceByName(cfg.Interface)
	if err != nil {
		return nil, err
	}
	for i, disabled := range []bool{cfg.DisableIPv4, cfg.DisableIPv6} {
		if !disabled {
			d.ears = append(d.ears, &ear{family: families[i]})
		}
	}
	if len(d.ears) == 0 {
		return nil, errors.New("both IPv4 and IPv6 are disabled")
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if err := d.listen(on); err != nil {
		d.cancel()
		return nil, err
	}
	d.wg.Go(d.run)
	return d, nil
}

// listen opens the ears. It fails only when none can be opened.
func (d *Discovery) listen(on *net.Interface) error {
	if d.cfg.Interface != "" {
		d.log.Printf(journal.Info, "agent", "Starting mDNS listener on interface %s", d.cfg.Interface)
	}
	var errs []error
	for _, e := range d.ears {
		if err := d.tend(e, on); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", e.family.name, err))
		}
	}
	if len(errs) < len(d.ears) {
		return nil
	}
	for i, e := range d.ears {
		d.log.Printf(journal.Debug, component, "%s is of no use: %v", e.family.name, errs[i])
	}
	if d.cfg.Interface == "" {
		errs = append(errs, errors.New("hint: -mdns-iface names the interface to use"))
	}
	return joined(errs)
}

// run polls until Close.
func (d *Discovery) run() {
	var m memory
	for first := true; ; first = false {
		heard := d.poll(&m)
		wait := pollInterval
		if first && heard == 0 {
			wait = pollSoon
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-d.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Close ends everything and waits until it has ended. A nil Discovery has nothing to end; a second Close does nothing.
func (d *Discovery) Close() {
	if d == nil {
		return
	}
	d.cancel()
	for _, e := range d.ears {
		e.close()
	}
	d.wg.Wait()
}

// joined puts errors into one line.
func joined(errs []error) error {
	return errors.New(strings.ReplaceAll(errors.Join(errs...).Error(), "\n", "; "))
}
