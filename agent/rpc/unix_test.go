//go:build unix

package rpc

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// socketPath returns a path short enough for a socket, in a directory of its own.
func socketPath(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rpc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

// startUnix serves backend at a Unix socket until the test ends.
func startUnix(t testing.TB, backend Backend, cfg ServerConfig) (s *Server, path string) {
	t.Helper()
	path = socketPath(t)
	ln, err := Listen(ListenOptions{Addr: unixScheme + path})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, ln, backend, cfg), path
}

func TestUnixSocketServesAndGoesWithItsServer(t *testing.T) {
	s, path := startUnix(t, &fakeBackend{members: manyMembers(3)}, ServerConfig{})
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != fs.ModeSocket|socketModeDefault {
		t.Fatalf("got %v, %v, want a socket of mode 0600", info, err)
	}
	c := dialClient(t, unixScheme+path, "")
	if members, err := c.Members(t.Context()); err != nil || len(members) != 3 {
		t.Errorf("got %d members, %v, want 3", len(members), err)
	}
	_ = s.Close()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("after Close: got %v, want no file", err)
	}
}

func TestSocketHasTheConfiguredModeWhateverTheUmask(t *testing.T) {
	for _, mode := range []fs.FileMode{0o600, 0o660, 0o666} {
		path := socketPath(t)
		ln, err := Listen(ListenOptions{Addr: unixScheme + path, SocketMode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("got %v, %v, want mode %v", info.Mode(), err, mode)
		}
		_ = ln.Close()
	}
}

func TestAbandonedSocketIsReplaced(t *testing.T) {
	path := socketPath(t)
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as if the process had been killed
	_ = dead.Close()
	ln, err := Listen(ListenOptions{Addr: unixScheme + path})
	if err != nil {
		t.Fatalf("got %v, want a new socket", err)
	}
	_ = ln.Close()
}

func TestFilesOfOthersAreNotRemoved(t *testing.T) {
	file := socketPath(t)
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	target, link := socketPath(t), socketPath(t)
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	_, live := startUnix(t, &fakeBackend{}, ServerConfig{})
	tests := []struct{ path, want string }{
		{file, "exists and is no socket"},
		{link, "exists and is no socket"},
		{filepath.Dir(file), "exists and is no socket"},
		{live, "somebody listens at " + live + " already"},
		{"/nowhere/s", "no such file or directory"},
	}
	for _, test := range tests {
		_, err := Listen(ListenOptions{Addr: unixScheme + test.path})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.path, err, test.want)
		}
	}
	if _, err := os.Lstat(file); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
	if _, err := dialClient(t, unixScheme+live, "").Members(t.Context()); err != nil {
		t.Errorf("the live agent: %v", err)
	}
}

func TestSocketThatTookItsPlaceStays(t *testing.T) {
	path := socketPath(t)
	ln, err := Listen(ListenOptions{Addr: unixScheme + path})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	next, err := Listen(ListenOptions{Addr: unixScheme + path})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	_ = ln.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the new socket is gone: %v", err)
	}
}
