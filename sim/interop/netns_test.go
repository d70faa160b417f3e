//go:build interop

package interop

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// lan is a network of its own: hosts are network namespaces, each with an interface eth0 on one bridge and no default route.
//
//	h1 ─ eth0 10.91.0.1/16 ─┐
//	h2 ─ eth0 10.91.0.2/16 ─┼─ bridge in a namespace of its own
//	h3 ─ eth0 10.91.0.3/16 ─┘
type lan struct {
	prefix string // of the names of the namespaces
	hosts  int
}

// newLAN needs the right to make network namespaces, and fails without.
func newLAN(t *testing.T) *lan {
	t.Helper()
	l := &lan{prefix: fmt.Sprintf("disc-%04x", rand.IntN(1<<16))}
	l.ns(t, "sw")
	ip(t, "-n", l.prefix+"-sw", "link", "add", "br0", "type", "bridge")
	ip(t, "-n", l.prefix+"-sw", "link", "set", "br0", "up")
	return l
}

// ns makes a namespace that ends with the test, with everything that is in it.
func (l *lan) ns(t *testing.T, name string) string {
	t.Helper()
	full := l.prefix + "-" + name
	ip(t, "netns", "add", full)
	t.Cleanup(func() { ip(t, "netns", "del", full) })
	// Addresses are of use at once, without a search for duplicates.
	setIPv6(t, full, "accept_dad", "0")
	ip(t, "-n", full, "link", "set", "lo", "up")
	return full
}

// host adds a host and returns its namespace and address.
func (l *lan) host(t *testing.T) (ns, addr string) {
	t.Helper()
	l.hosts++
	ns = l.ns(t, fmt.Sprintf("h%d", l.hosts))
	addr = fmt.Sprintf("10.91.0.%d", l.hosts)
	port := fmt.Sprintf("p%d", l.hosts)
	ip(t, "-n", ns, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", l.prefix+"-sw")
	ip(t, "-n", l.prefix+"-sw", "link", "set", port, "master", "br0", "up")
	ip(t, "-n", ns, "addr", "add", addr+"/16", "dev", "eth0")
	ip(t, "-n", ns, "link", "set", "eth0", "up")
	eventually(t, ns+" has its IPv6 route", func() error { // it comes a moment later
		return exec.Command("ip", "-n", ns, "-6", "route", "get", "ff02::fb", "oif", "eth0").Run()
	})
	return ns, addr
}

// routeMulticast lets programs of a host send multicast packets without naming an interface.
func routeMulticast(t *testing.T, ns string) {
	t.Helper()
	ip(t, "-n", ns, "route", "add", "224.0.0.0/4", "dev", "eth0")
}

// setIPv6 changes a setting of IPv6 in a namespace, for interfaces that are there and those to come.
func setIPv6(t *testing.T, ns, name, value string) {
	t.Helper()
	for _, which := range []string{"all", "default"} {
		ip(t, "netns", "exec", ns, "sh", "-c", fmt.Sprintf("echo %s > /proc/sys/net/ipv6/conf/%s/%s", value, which, name))
	}
}

// startIn runs an agent in a namespace; gossip is on a port of the address, RPC on one of 127.0.0.1 there.
func startIn(t *testing.T, s side, ns, node, addr string, port int, args ...string) *agent {
	t.Helper()
	a := &agent{side: s, node: node, netns: ns, bind: fmt.Sprintf("%s:%d", addr, port), rpc: fmt.Sprintf("127.0.0.1:%d", port+1)}
	a.args = append([]string{"agent", "-node=" + node, "-rpc-addr=" + a.rpc, "-log-level=debug"}, args...)
	a.start(t)
	return a
}

// inside runs f on a thread that is in a namespace; sockets made there stay there. The thread goes back afterwards: to end it would
// kill the agents that were started by it, by their death signal.
func inside(t *testing.T, ns string, f func() error) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	defer home.Close()
	there, err := os.Open("/var/run/netns/" + ns)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		t.Fatalf("entering a network namespace needs root: %v", err)
	}
	err = f()
	if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
		panic(err) // the thread is of no use to other tests
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("network namespaces need root and iproute2: ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
