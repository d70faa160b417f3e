package rpc

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// staleDialTimeout is how long an agent that starts waits to learn whether somebody listens at its socket.
const staleDialTimeout = time.Second

// listenUnix makes a socket at path. Agents that start at the same time take turns, so that none of them takes the other's new socket
// for an old one.
func listenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	unlock := lockDirectory(filepath.Dir(path))
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, err
	}
	lc := net.ListenConfig{Control: restrict(mode)}
	ln, err := lc.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, err
	}
	l := &unixListener{UnixListener: ln.(*net.UnixListener), path: path}
	l.SetUnlinkOnClose(false)
	if l.file, err = os.Lstat(path); err == nil {
		err = os.Chmod(path, mode)
	}
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// removeStale removes a socket file at which nobody listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s exists and is no socket: remove it or choose another path", path)
	}
	nc, err := net.DialTimeout("unix", path, staleDialTimeout)
	switch {
	case err == nil:
		_ = nc.Close()
		return fmt.Errorf("somebody listens at %s already: stop that agent or choose another path", path)
	case !errors.Is(err, syscall.ECONNREFUSED): // a full backlog, a missing permission: it may well be alive
		return fmt.Errorf("%s may be in use: %w", path, err)
	}
	return os.Remove(path)
}

// unixListener is a Unix socket with its file.
type unixListener struct {
	*net.UnixListener
	path string
	file fs.FileInfo // as it was made; nil: it is not known
}

// Accept returns a connection whose remote address names the process at the other end.
func (l *unixListener) Accept() (net.Conn, error) {
	nc, err := l.AcceptUnix()
	if err != nil {
		return nil, err
	}
	return &unixConn{nc, processOf(nc)}, nil
}

// Close removes the file, unless somebody has put another one in its place.
func (l *unixListener) Close() error {
	if now, err := os.Lstat(l.path); err == nil && l.file != nil && os.SameFile(now, l.file) {
		_ = os.Remove(l.path)
	}
	return l.UnixListener.Close()
}

// unixConn is a client that came through a Unix socket.
type unixConn struct {
	*net.UnixConn
	remote process
}

func (c *unixConn) RemoteAddr() net.Addr { return c.remote }

// process is who connected to a Unix socket, as the kernel says.
type process struct {
	known    bool
	uid, pid int
}

var _ net.Addr = process{}

func (process) Network() string { return "unix" }

func (p process) String() string {
	if !p.known {
		return "unix"
	}
	return "unix:uid=" + strconv.Itoa(p.uid) + ",pid=" + strconv.Itoa(p.pid)
}
