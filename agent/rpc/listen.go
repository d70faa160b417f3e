package rpc

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
)

// socketModeDefault lets only the user of the agent, and root, connect.
const socketModeDefault fs.FileMode = 0o600

// ListenOptions configures Listen.
type ListenOptions struct {
	// Addr is where to listen, see ParseAddress.
	Addr string
	// SocketMode is the mode of the file of a Unix socket; 0 means 0600. To connect, a client needs the permission to write.
	SocketMode fs.FileMode
	// TLS, unless nil, is what clients over TCP have to speak. It is not for Unix sockets.
	TLS *tls.Config
}

// errSocketTLS says that two settings exclude each other.
var errSocketTLS = errors.New("TLS is for TCP: a Unix socket is guarded by its file mode")

// Listen opens a listener for Server.Serve.
//
// A socket file that an agent left behind is replaced. One at which somebody listens and a file that is no socket stay
// as they are, and Listen fails. Close removes the file.
func Listen(opts ListenOptions) (net.Listener, error) {
	network, address, err := ParseAddress(opts.Addr)
	switch {
	case err != nil:
		return nil, err
	case network == "unix" && opts.TLS != nil:
		return nil, errSocketTLS
	case network == "unix":
		if opts.SocketMode == 0 {
			opts.SocketMode = socketModeDefault
		}
		return listenUnix(address, opts.SocketMode)
	}
	ln, err := net.Listen(network, address)
	if err != nil || opts.TLS == nil {
		return ln, err
	}
	return tls.NewListener(ln, opts.TLS), nil
}
