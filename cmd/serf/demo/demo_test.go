//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"serf/agent/rpc"
)

const patience = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChanges(t *testing.T) {
	seen := map[string]rpc.Member{
		"a": member("a", 1, "alive"), "b": member("b", 2, "alive"), "c": member("c", 3, "failed"),
		"d": member("d", 4, "alive"), "e": member("e", 5, "left"), "f": member("f", 6, "alive"), "g": member("g", 7, "alive"),
	}
	now := []rpc.Member{
		member("a", 1, "alive"), member("b", 2, "failed"), member("c", 3, "alive"), member("d", 4, "leaving"),
		member("f", 60, "alive"), member("g", 7, "left"), member("h", 8, "alive"),
	}
	want := []string{
		"b failed: it does not answer any more", "c is back: alive", "d is leaving", "e is forgotten",
		"f moved to 10.0.0.60:7946", "g left", "h joined: alive at 10.0.0.8:7946",
	}
	if got := changes(seen, now); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func member(name string, last byte, status string) rpc.Member {
	return rpc.Member{Name: name, Addr: net.IPv4(10, 0, 0, last), Port: 7946, Status: status}
}

func TestAddressInUseIsSaid(t *testing.T) {
	network := freeNetwork(t)
	held, err := net.Listen("tcp", network+".3:7373")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	var out bytes.Buffer
	status := run(context.Background(), []string{"-net=" + network, "-serf=" + os.Args[0]}, &out)
	want := fmt.Sprintf("demo: %s.3:7373 is in use: end the other demo, or take other addresses: -net=127.78.0\n", network)
	if status != 1 || out.String() != want {
		t.Errorf("status %d, %q; want 1, %q", status, out.String(), want)
	}
}

func TestMissingProgramIsSaid(t *testing.T) {
	var out bytes.Buffer
	status := run(context.Background(), []string{"-serf=no/such/serf"}, &out)
	if want := "demo: there is no program no/such/serf: make build builds it\n"; status != 1 || out.String() != want {
		t.Errorf("status %d, %q; want 1, %q", status, out.String(), want)
	}
}

// TestDemo kills an agent, and ends the demo, as a reader would.
func TestDemo(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "serf")
	if out, err := exec.Command("go", "build", "-o", binary, "serf/cmd/serf").CombinedOutput(); err != nil {
		t.Fatalf("building serf: %v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(context.Background())
	out := &screen{more: make(chan struct{})}
	status := make(chan int, 1)
	go func() { status <- run(ctx, []string{"-net=" + freeNetwork(t), "-serf=" + binary}, out) }()
	defer cancel()

	pid, err := strconv.Atoi(out.expect(t, `kill -9 (\d+)`)[1])
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "  alive"); got != agentsCount {
		t.Errorf("%d members alive at the start, want %d:\n%s", got, agentsCount, out)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	out.expect(t, `the process of n5 \(\d+\) has ended: signal: killed`)
	out.expect(t, `n5 failed: it does not answer any more`)
	cancel()
	if got := <-status; got != 0 {
		t.Errorf("status %d, want 0", got)
	}
	ended := regexp.MustCompile(`n\d \((\d+)\)`).FindAllStringSubmatch(out.expect(t, `Ended the processes of (.*)\.`)[1], -1)
	if len(ended) != agentsCount-1 {
		t.Errorf("ended %v, want %d processes", ended, agentsCount-1)
	}
	for _, m := range ended {
		pid, _ := strconv.Atoi(m[1])
		if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
			t.Errorf("process %d: %v, want it gone", pid, err)
		}
	}
}

// screen gathers the output of a demo.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed by the next write
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.text.Write(b)
}

func (s *screen) now() (string, chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.more
}

func (s *screen) String() string {
	text, _ := s.now()
	return text
}

// expect waits for expr and returns the match.
func (s *screen) expect(t *testing.T, expr string) []string {
	t.Helper()
	re := regexp.MustCompile(expr)
	deadline := time.After(patience)
	for {
		text, more := s.now()
		if m := re.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-more:
		case <-deadline:
			t.Fatalf("no %q in the output:\n%s", expr, text)
		}
	}
}

// freeNetwork returns the first three bytes of loopback addresses that nobody is likely to use.
func freeNetwork(t *testing.T) string {
	t.Helper()
	for range 20 {
		network := fmt.Sprintf("127.%d.%d", 100+rand.IntN(100), rand.IntN(256))
		if newAgents("", network, nil).checkFree() == nil {
			return network
		}
	}
	t.Fatal("no free loopback addresses")
	return ""
}
