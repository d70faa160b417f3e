package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"

	"serf/agent"
	"serf/agent/config"
	"serf/agent/discover"
	"serf/agent/handler"
	"serf/agent/journal"
	"serf/agent/rpc"
	"serf/agent/telemetry"
)

// agentProcess is one run of "serf agent".
type agentProcess struct {
	program *program
	out     *console
	paths   []string     // of the configuration files
	flags   config.Layer // of the command line
	secrets config.Secrets

	config   config.Config
	warnings []string // for the log, once there is one
	resolved config.Resolved
	log      *journal.Journal
	syslog   *journal.Syslog // nil: none
	agent    *agent.Agent
	handlers *handler.Handlers
	server   *rpc.Server
	found    *discover.Discovery // nil: not wanted
	rpcAddr  net.Addr

	telemetry *telemetry.Telemetry
	dumping   atomic.Bool // a dump of it is under way

	supervisor *supervisor // nil: none
	signals    <-chan os.Signal
	pending    os.Signal     // came while joining; nil: none
	hurry      bool          // a second signal came while leaving
	exhausted  chan struct{} // closed when joining in the background has been given up

	background context.CancelFunc // ends what runs beside the agent
	wg         sync.WaitGroup
}

// run is the life of an agent process. It returns the exit status.
func (a *agentProcess) run(ctx context.Context) int {
	defer func() { a.supervisor.close() }()
	if err := a.configure(); err != nil {
		a.out.problems(err)
		return exitFailure
	}
	a.printByInterface(a.resolved)
	stopSignals := a.listenSignals()
	defer stopSignals()
	if err := a.start(); err != nil {
		a.out.problems(err)
		a.showHeldLog()
		return exitFailure
	}
	a.out.output("Serf agent running!")
	a.printBanner()
	ctx, cancel := context.WithCancel(ctx)
	a.background = cancel
	defer a.stop()
	if err := a.joinAtStart(ctx); err != nil {
		a.out.output(err.Error())
		a.log.Release() // else nobody would learn why
		return exitFailure
	}
	a.out.blank()
	a.out.output("Log data will now stream in as it occurs:\n")
	a.log.Release()
	a.retryJoin(ctx)
	a.supervisor.ready(a.status())
	a.wg.Go(func() { a.supervisor.watch(ctx, a.agent.Responds) })
	return a.wait(ctx)
}

// status is what a service manager shows.
func (a *agentProcess) status() string {
	return fmt.Sprintf("member '%s' at %v", a.config.NodeName, a.agent.LocalAddr())
}

// configure reads and checks everything that can be checked before something starts.
func (a *agentProcess) configure() error {
	a.takeEnvironment()
	c, warnings, err := a.load()
	if err != nil {
		return err
	}
	if a.supervisor, err = newSupervisor(a.program.getenv); err != nil {
		warnings = append(warnings, err.Error())
	}
	for _, n := range c.Adjust() {
		a.out.output(n)
	}
	a.config, a.warnings = c, append(warnings, c.Exposed(a.paths, a.flags)...)
	if a.resolved, err = c.Resolve(); err != nil {
		return err
	}
	return a.dialSyslog()
}

// takeEnvironment moves secrets out of the environment, where each handler would find them.
func (a *agentProcess) takeEnvironment() {
	taken := make(map[string]string)
	for _, name := range config.EnvNames() {
		taken[name] = a.program.getenv(name)
		_ = os.Unsetenv(name) // fails for names that are none
	}
	a.secrets.Env = func(name string) string { return taken[name] }
}

// load merges all that the configuration consists of.
func (a *agentProcess) load() (c config.Config, warnings []string, err error) {
	c, err = config.Load(a.paths, a.flags)
	if err == nil {
		err = c.FillNodeName()
	}
	if err == nil {
		warnings, err = a.secrets.Fill(&c)
	}
	return c, warnings, err
}

// start brings up the member and the RPC listener. On an error nothing runs.
func (a *agentProcess) start() error {
	a.out.output("Starting Serf agent...")
	keys, seed, err := a.config.Setup(a.resolved.Key)
	if err != nil {
		return fmt.Errorf("Failed to setup the Serf agent: %w", err)
	}
	a.openLog()
	if err := a.startMember(keys, seed); err != nil {
		return err
	}
	for _, w := range a.warnings {
		a.log.Printf(journal.Warn, "agent", "%s", w)
	}
	if err := a.discover(); err != nil {
		a.handlers.Close(canceled)
		_ = a.agent.Shutdown()
		return fmt.Errorf("Error starting mDNS listener: %w", err)
	}
	if err := a.serve(); err != nil {
		a.found.Close()
		a.handlers.Close(canceled)
		_ = a.agent.Shutdown()
		return fmt.Errorf("Error starting RPC listener: %w", err)
	}
	a.startTelemetry()
	return nil
}

// startMember starts the member and its event handlers. seed says that its keys make a new keyring file.
func (a *agentProcess) startMember(keys [][]byte, seed bool) error {
	cfg, err := a.config.Agent(a.resolved, keys, a.log)
	if err != nil {
		return prefixed("Failed to start the Serf agent: Error creating Serf: ", err)
	}
	switch {
	case seed:
		if err := a.config.SeedKeyring(keys); err != nil {
			return fmt.Errorf("Failed to setup the Serf agent: %w", err)
		}
		a.log.Printf(journal.Info, "agent", "Made keyring with %d keys in %s", len(keys), a.config.KeyringFile)
	case a.config.KeyringFile != "":
		a.log.Printf(journal.Info, "agent", "Restored keyring with %d keys from %s", len(keys), a.config.KeyringFile)
	}
	a.agent, err = agent.Start(cfg)
	if err != nil {
		return startFailure(err, a.resolved.Bind)
	}
	a.startHandlers()
	return nil
}

// stop ends the process in this order: what joins in the background, discovery, event handlers, which may still ask the agent,
// telemetry, the RPC server with its connections, the member. Then the log is written out.
func (a *agentProcess) stop() {
	a.supervisor.stopping("ending")
	a.background()
	a.found.Close()
	a.stopHandlers()
	a.telemetry.Close()
	_ = a.server.Close()
	_ = a.agent.Shutdown()
	a.wg.Wait()
	a.log.Flush(flushTimeout)
}
