package agent

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"serf/agent/journal"
	"serf/membership"
	"serf/transport"
	"serf/transport/envelope"
)

// Agent is a running member. All methods may be called by any goroutine.
type Agent struct {
	name      string
	transport transport.Transport
	log       *journal.Journal
	envelope  envelope.Config
	resolver  Resolver
	port      uint16        // of join addresses without one
	timeout   time.Duration // of streams that peers open

	keyring     atomic.Pointer[envelope.Keyring]
	sealed      sealed
	view        atomic.Pointer[membership.View]
	counters    counters
	heard       heard
	turns       atomic.Uint64 // of the loop
	lastStats   atomic.Pointer[membership.Stats]
	subscribers subscribers
	tagsFile    tagsFile
	keyFile     keyFile
	snapshot    *snapshot // nil: none

	joined   chan struct{} // closed when a Join has succeeded
	joinOnce sync.Once

	in       *inbox
	commands chan command
	arrivals chan arrival
	streams  streams

	storedKeys   chan stored
	changingKeys chan struct{} // holds a token while a change of keys that was asked here is under way

	ctx      context.Context // ends with the agent; exchanges hang on it
	cancel   context.CancelFunc
	stopping chan struct{} // closed by Shutdown: the loop has to end
	stopped  chan struct{} // closed by the loop when it has ended
	done     chan struct{} // closed by Shutdown when everything has ended
	once     sync.Once
	cause    atomic.Pointer[error] // why the agent ended by itself
	wg       sync.WaitGroup
}

// Start makes a member and lets it run. It fails when cfg is not valid, and with a *ListenError when the address cannot be
// bound or no address to advertise is found; then nothing is left behind, and a Transport given in cfg is closed.
func Start(cfg Config) (*Agent, error) {
	cfg = cfg.withDefaults()
	tr, err := listen(cfg)
	if err != nil {
		return nil, err
	}
	a, l, err := assemble(cfg, tr)
	if err != nil {
		_ = tr.Close()
		return nil, err
	}
	a.log.Printf(journal.Info, "agent", "Serf agent starting")
	warnPublic(a.log, cfg.Cluster.Swim.Advertise, tr.LocalAddr(), cfg.Keyring)
	l.settle(time.Now()) // so that View is there when Start returns
	a.wg.Go(l.run)
	a.wg.Go(a.readPackets)
	a.wg.Go(a.acceptStreams)
	if len(cfg.Seeds) > 0 {
		a.wg.Go(func() { a.keepSeeds(a.ctx, cfg.Seeds) })
	}
	return a, nil
}

// listen returns the transport of cfg, or sockets on its address.
func listen(cfg Config) (transport.Transport, error) {
	if cfg.Transport != nil {
		return cfg.Transport, nil
	}
	n, err := transport.Listen(transport.Config{
		Bind:          cfg.Bind,
		StreamTimeout: cfg.StreamTimeout,
		StreamsMax:    cfg.StreamsMax,
		Report: func(err error) {
			cfg.Log.Limited("transport", journal.Err, "memberlist", "%v", err)
		},
	})
	if err != nil {
		return nil, &ListenError{err}
	}
	return n, nil
}

// assemble builds the agent and its loop around tr. Nothing runs yet.
func assemble(cfg Config, tr transport.Transport) (*Agent, *loop, error) {
	bound := tr.LocalAddr()
	cfg, err := cfg.withAddress(bound)
	if err != nil {
		return nil, nil, &ListenError{err}
	}
	if err := cfg.Validate(); err != nil {
		return nil, nil, err
	}
	a := &Agent{
		name:         cfg.Cluster.Swim.Name,
		transport:    tr,
		log:          cfg.Log,
		envelope:     cfg.Envelope,
		resolver:     cfg.Resolver,
		port:         bound.Port(),
		timeout:      cfg.StreamTimeout,
		joined:       make(chan struct{}),
		in:           newInbox(),
		commands:     make(chan command, commandsMax),
		arrivals:     make(chan arrival),
		streams:      streams{decoding: make(chan struct{}, decodingMax), guestLarge: make(chan struct{}, guestLargeMax)},
		storedKeys:   make(chan stored),
		changingKeys: make(chan struct{}, 1),
		stopping:     make(chan struct{}),
		stopped:      make(chan struct{}),
		done:         make(chan struct{}),
	}
	a.keyFile = keyFile{path: cfg.KeyringFile, log: cfg.Log, done: a.keysStored}
	a.sealed.log, a.sealed.warn = cfg.Log, cfg.Envelope.Cipher == envelope.AESGCM
	if a.resolver == nil {
		a.resolver = net.DefaultResolver
	}
	if cfg.Cluster.Tags, err = a.tagsFile.restore(cfg); err != nil {
		return nil, nil, &SetupError{err}
	}
	if err := a.restore(&cfg); err != nil {
		return nil, nil, err
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	a.sealed.open(cfg.sealedPath())
	a.setKeyring(cfg.Keyring)
	a.sealed.flush()
	cluster, err := membership.New(cfg.Cluster, time.Now(), cfg.Rand)
	if err != nil {
		a.cancel()
		a.closeSnapshot()
		return nil, nil, err
	}
	return a, newLoop(a, cluster, local{name: a.name, resolution: cfg.Cluster.EnableNameConflictResolution}), nil
}

// warnPublic warns of a member that everybody can talk to.
func warnPublic(log *journal.Journal, advertised, bound netip.AddrPort, ring *envelope.Keyring) {
	ip := bound.Addr()
	if ip.IsUnspecified() {
		ip = advertised.Addr()
	}
	ip = ip.Unmap()
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	if public && ring.Len() == 0 {
		log.Printf(journal.Warn, "memberlist", "Binding to public address without encryption!")
	}
}

// Name returns the member's name.
func (a *Agent) Name() string { return a.name }

// LocalAddr returns the bound address with the port in use.
func (a *Agent) LocalAddr() netip.AddrPort { return a.transport.LocalAddr() }

// View returns a snapshot of the cluster as this member sees it. A command that has returned is in it.
func (a *Agent) View() *membership.View { return a.view.Load() }

// Members returns every known member in every state, sorted by name. Neither the slice nor the members may be modified.
func (a *Agent) Members() []*membership.Member { return a.View().Members }

// Tags returns a copy of the local member's tags.
func (a *Agent) Tags() map[string]string { return maps.Clone(a.View().Local.Tags) }

// Done is closed when the agent has ended.
func (a *Agent) Done() <-chan struct{} { return a.done }

// Err returns why the agent ended by itself: ErrNameConflict when most members know another one by its name. It is nil
// while the agent runs and when Shutdown was called.
func (a *Agent) Err() error {
	if cause := a.cause.Load(); cause != nil {
		return *cause
	}
	return nil
}

// fail ends the agent for a cause of its own. It does not wait.
func (a *Agent) fail(cause error) {
	if a.cause.CompareAndSwap(nil, &cause) {
		go func() { _ = a.Shutdown() }()
	}
}

// Join contacts the members at addrs, each "[name/]host[:port]", and takes over what they know. It returns how many
// answered, and an error only if none did: a *JoinError with a line per address, or what kept it from trying. Without
// replay, user events of the time before are not delivered.
func (a *Agent) Join(ctx context.Context, addrs []string, replay bool) (int, error) {
	a.log.Printf(journal.Info, "agent", "joining: %v replay: %v", plainAll(addrs), replay)
	n, failures, err := a.join(ctx, addrs, replay)
	switch {
	case err != nil:
	case n > 0:
		a.joinOnce.Do(func() { close(a.joined) })
		a.log.Printf(journal.Info, "agent", "joined: %d nodes", n)
		for _, f := range failures {
			a.log.Printf(journal.Warn, "agent", "%v", f)
		}
	case len(failures) > 0:
		err = &JoinError{Failures: failures}
	}
	if err != nil {
		a.log.Printf(journal.Warn, "agent", "error joining: %v", err)
	}
	return n, err
}

func (a *Agent) join(ctx context.Context, addrs []string, replay bool) (n int, failures []error, err error) {
	targets, failures := resolveAll(ctx, a.resolver, addrs, a.port)
	if len(targets) == 0 {
		return 0, failures, ctx.Err()
	}
	r, err := a.do(ctx, command{kind: commandJoin, targets: targets, ignoreOld: !replay})
	if err != nil && r.done.Joined == 0 && len(r.done.Failures) == 0 {
		return 0, nil, err // it was not even tried
	}
	for _, f := range r.done.Failures {
		failures = append(failures, joinFailure(f))
	}
	return r.done.Joined, failures, nil
}

// Leave tells the cluster that this member goes, and returns when that has had time to spread. The agent runs on until
// Shutdown. When ctx ends first the leave goes on, and Leave returns the error of ctx.
func (a *Agent) Leave(ctx context.Context) error {
	a.log.Printf(journal.Info, "agent", "requesting graceful leave from Serf")
	_, err := a.do(ctx, command{kind: commandLeave})
	return err
}

// ForceLeave makes the cluster treat the failed member node as one that left; with prune it is forgotten at once.
func (a *Agent) ForceLeave(ctx context.Context, node string, prune bool) error {
	how := ""
	if prune {
		how = " (prune)"
	}
	a.log.Printf(journal.Info, "agent", "Force leaving node%s: %s", how, plain(node))
	_, err := a.do(ctx, command{kind: commandForceLeave, node: node, prune: prune})
	if err != nil {
		a.log.Printf(journal.Warn, "agent", "failed to remove node%s: %v", how, err)
	}
	return err
}

// setKeyring takes keys into use, for packets and streams from now on.
func (a *Agent) setKeyring(ring *envelope.Keyring) {
	a.keyring.Store(ring)
	a.sealed.use(ring)
}

// Keyring returns the keys in use; its Len is 0 without encryption.
func (a *Agent) Keyring() *envelope.Keyring { return a.keyring.Load() }

// Shutdown ends the agent without telling anybody: without a Leave before it, the others see a failure. It returns when
// nothing runs any more. Further calls do nothing but wait.
func (a *Agent) Shutdown() error {
	a.once.Do(a.shutdown)
	<-a.done
	return nil
}

// shutdown ends the parts of an agent in this order:
//
//  1. The loop: it shuts the machine, publishes the last view and answers no more commands; nothing is sent from here on.
//  2. Exchanges: streams that are open in either direction are closed.
//  3. The transport: the sockets close, so that the reader of packets and the acceptor of streams return.
//  4. All goroutines are waited for, those which write the files of keys and of counts among them; then the counts of
//     sealed messages are written as they are.
//  5. The snapshot: what the loop recorded last is written and flushed to the disk.
//  6. Subscriptions: readers get what is left and then ErrClosed.
//  7. Done.
func (a *Agent) shutdown() {
	a.log.Printf(journal.Info, "agent", "requesting serf shutdown")
	close(a.stopping)
	<-a.stopped
	a.cancel()
	if err := a.transport.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		a.log.Printf(journal.Warn, "agent", "closing the sockets: %v", err)
	}
	a.wg.Wait()
	a.sealed.close()
	a.closeSnapshot()
	a.subscribers.end()
	a.log.Printf(journal.Info, "agent", "shutdown complete")
	close(a.done)
}
