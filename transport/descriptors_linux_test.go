package transport

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
)

// exhaustDescriptors lets no further descriptor be opened until the returned function is called.
func exhaustDescriptors(t *testing.T) (restore func()) {
	t.Helper()
	free, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	lowest := uint64(free.Fd())
	free.Close()
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: lowest, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	return func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) }
}

func TestWithoutDescriptorsPeersAreTurnedAwayAndLaterServed(t *testing.T) {
	reports := make(chan error, 100)
	n := listen(t, Config{Report: func(err error) { reports <- err }})
	early := dial(t, n, n.LocalAddr())

	restore := exhaustDescriptors(t)
	defer restore()
	greeted := make(chan net.Conn, 1)
	go func() {
		defer close(greeted)
		if conn, err := n.Accept(); err == nil {
			conn.Write([]byte("x"))
			greeted <- conn
		}
	}()
	if !refused(t, early) {
		t.Error("the waiting connection was not closed")
	}
	if err := <-reports; !errors.Is(err, syscall.EMFILE) {
		t.Errorf("reported %v, want EMFILE", err)
	}
	restore()

	for refused(t, dial(t, n, n.LocalAddr())) { // the last shedding may still go on
	}
	(<-greeted).Close()
	if s := n.Stats(); s.AcceptErrors == 0 || s.StreamsRefused == 0 || s.StreamsAccepted != 1 {
		t.Errorf("Stats = %+v, want accept errors, refused streams and 1 accepted", s)
	}
}
