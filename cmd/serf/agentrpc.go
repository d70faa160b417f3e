package main

import (
	"errors"
	"net"

	"serf/agent/journal"
	"serf/agent/rpc"
)

// serve opens the RPC listener.
func (a *agentProcess) serve() error {
	options := rpc.ListenOptions{Addr: a.config.RPCAddr, SocketMode: a.resolved.SocketMode}
	if a.config.RPCAuthOptional && a.config.RPCAuth == "" {
		return errors.New("rpc_auth_optional needs a token: give rpc_auth, rpc_auth_file or SERF_AGENT_RPC_AUTH, or leave it away")
	}
	files := rpc.TLSFiles{Cert: a.config.RPCTLSCert, Key: a.config.RPCTLSKey, CA: a.config.RPCTLSClientCA}
	if files != (rpc.TLSFiles{}) {
		settings, err := files.Server(a.certificateFailed)
		if err != nil {
			return err
		}
		options.TLS = settings
	}
	listener, err := rpc.Listen(options)
	if err != nil {
		return err
	}
	a.rpcAddr = listener.Addr()
	a.out.output("Starting Serf agent RPC...")
	a.warnOpen()
	a.server = rpc.NewServer(a.backend(), rpc.ServerConfig{
		AuthKey:      a.config.RPCAuth,
		AuthOptional: a.config.RPCAuthOptional,
		UIDs:         a.resolved.SocketUIDs,
		Build:        version,
		Log:          a.log,
		Left:         func(error) { a.wg.Go(func() { _ = a.agent.Shutdown() }) },
	})
	a.wg.Go(func() { _ = a.server.Serve(listener) })
	return nil
}

func (a *agentProcess) certificateFailed(err error) {
	a.log.Limited("rpc certificate", journal.Err, "agent.ipc", "Going on with the old certificate: %v", err)
}

// warnOpen warns of an agent that everybody who reaches its host can command.
func (a *agentProcess) warnOpen() {
	tcp, ok := a.rpcAddr.(*net.TCPAddr)
	guarded := a.config.RPCAuth != "" && !a.config.RPCAuthOptional || a.config.RPCTLSClientCA != ""
	if !ok || guarded || tcp.IP.IsLoopback() {
		return
	}
	a.log.Printf(journal.Warn, "agent.ipc", "Everybody who reaches %s can command this agent; remedy: rpc_auth_file, "+
		"rpc_tls_client_ca or -rpc-addr=unix:///path", tcp)
}
