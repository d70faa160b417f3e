//go:build package

package dist

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long an agent may take to start, to answer or to end on a busy machine.
const patience = time.Minute

// The package goes into an empty root by dpkg, and the agent runs from there as its unit says: as the package's user, with
// the installed configuration, its state where the unit wants it, telling the service manager when it is ready.
func TestInstalledPackageRunsAsItsUnitSays(t *testing.T) {
	root := scratchRoot(t)
	dpkg(t, root, "--install", packageFile(t))
	unit := readUnit(t, filepath.Join(root, "usr/lib/systemd/system/serf.service"))
	uid, gid := account(t, root, unit["User"])
	checkOwner(t, filepath.Join(root, "var/lib", unit["StateDirectory"]), uid, 0o750)
	addr := freeAddress(t)
	rpc := net.JoinHostPort(addr, "7373")
	write(t, filepath.Join(root, "etc/serf/90-test.json"),
		`{"node_name": "packaged", "bind": "`+addr+`", "rpc_addr": "`+rpc+`", "log_level": "debug"}`)

	notify := listenNotify(t, root, uid)
	agent, output := start(t, root, uid, gid, strings.Fields(unit["ExecStart"]))
	if message := notify.next(t); !strings.Contains(message, "READY=1") {
		t.Errorf("first message to the service manager: got %q, want READY=1\n%s", message, output)
	}
	members := run(t, root, uid, gid, "/usr/bin/serf", "members", "-rpc-addr="+rpc)
	if want := "packaged  " + addr + ":7946  alive"; !strings.Contains(members, want) {
		t.Errorf("members: got %q, want %q in it", members, want)
	}
	agent.stop(t, signalOf(t, unit["KillSignal"]))
	if status := agent.ProcessState.ExitCode(); status != 0 {
		t.Errorf("exit status after %s: got %d, want 0\n%s", unit["KillSignal"], status, output)
	}
	checkOwner(t, filepath.Join(root, "var/lib/serf/snapshot"), uid, 0)

	dpkg(t, root, "--purge", "serf")
	for _, path := range []string{"usr/bin/serf", "var/lib/serf", "etc/serf/00-package.json"} {
		if _, err := os.Stat(filepath.Join(root, path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s after the purge: got %v, want it gone", path, err)
		}
	}
	if passwd, _ := os.ReadFile(filepath.Join(root, "etc/passwd")); strings.Contains(string(passwd), unit["User"]) {
		t.Errorf("user after the purge: got %q, want none", passwd)
	}
}

// An administrator's change of a configuration file survives the installation of the package again.
func TestInstallingAgainKeepsChangedConfiguration(t *testing.T) {
	root := scratchRoot(t)
	dpkg(t, root, "--install", packageFile(t))
	changed := filepath.Join(root, "etc/serf/00-package.json")
	write(t, changed, `{"log_level": "warn"}`)
	dpkg(t, root, "--install", packageFile(t))
	content, err := os.ReadFile(changed)
	if err != nil || !strings.Contains(string(content), "warn") {
		t.Errorf("configuration after installing again: got %q, %v, want the administrator's", content, err)
	}
}

// packageFile returns the package that "make deb" built.
func packageFile(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob("../../../bin/serf_*.deb")
	if err != nil || len(found) != 1 {
		t.Fatalf("packages in bin: got %v, %v, want one; run make check-deb", found, err)
	}
	path, err := filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// scratchRoot returns a folder with what dpkg and useradd need of a system, and no program.
func scratchRoot(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("dpkg installs as root only: run the test as root")
	}
	root := t.TempDir()
	for dir := root; dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755) // the package's user has to reach it
	}
	for _, dir := range []string{"etc", "run", "tmp", "dev", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/log"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")
	write(t, filepath.Join(root, "etc/group"), "root:x:0:\n")
	for _, file := range []string{"etc/shadow", "etc/gshadow", "etc/login.defs", "var/lib/dpkg/status", "var/lib/dpkg/available"} {
		write(t, filepath.Join(root, file), "")
	}
	return root
}

// dpkg runs dpkg on root. What the package depends on is not there, and its scripts run outside, with the root named.
func dpkg(t *testing.T, root string, args ...string) {
	t.Helper()
	args = append([]string{"--root=" + root, "--force-depends", "--force-script-chrootless", "--force-confold",
		"--log=" + filepath.Join(root, "var/log/dpkg.log")}, args...)
	if out, err := exec.Command("dpkg", args...).CombinedOutput(); err != nil {
		t.Fatalf("dpkg %v: %v\n%s", args, err, out)
	}
}

// readUnit returns the settings of a unit file.
func readUnit(t *testing.T, path string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	settings := make(map[string]string)
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			settings[name] = value
		}
	}
	if settings["Type"] != "notify" {
		t.Errorf("Type of the unit: got %q, want notify", settings["Type"])
	}
	return settings
}

// account looks user up in the root.
func account(t *testing.T, root, user string) (uid, gid uint32) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "etc/passwd"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Split(line, ":")
		if fields[0] != user || len(fields) < 4 {
			continue
		}
		u, err1 := strconv.ParseUint(fields[2], 10, 32)
		g, err2 := strconv.ParseUint(fields[3], 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatalf("account %q: %v", line, err)
		}
		return uint32(u), uint32(g)
	}
	t.Fatalf("accounts after the installation: got %q, want %s", content, user)
	return 0, 0
}

// checkOwner compares who owns path, and its mode unless that is 0.
func checkOwner(t *testing.T, path string, uid uint32, mode fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if got := info.Sys().(*syscall.Stat_t).Uid; got != uid {
		t.Errorf("owner of %s: got %d, want %d", path, got, uid)
	}
	if mode != 0 && info.Mode().Perm() != mode {
		t.Errorf("mode of %s: got %v, want %v", path, info.Mode().Perm(), mode)
	}
}

// freeAddress returns a loopback address on which the agent's ports are free.
func freeAddress(t *testing.T) string {
	t.Helper()
	for host := byte(2); host < 250; host++ {
		addr := net.IPv4(127, 77, 1, host).String()
		gossip, err := net.Listen("tcp", net.JoinHostPort(addr, "7946"))
		if err != nil {
			continue
		}
		gossip.Close()
		rpc, err := net.Listen("tcp", net.JoinHostPort(addr, "7373"))
		if err != nil {
			continue
		}
		rpc.Close()
		return addr
	}
	t.Fatal("no loopback address with free ports")
	return ""
}

// output is what a process has written so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a running agent.
type process struct {
	*exec.Cmd
	done chan error
}

// start runs a command in the root as the given user, told where the service manager listens.
func start(t *testing.T, root string, uid, gid uint32, args []string) (*process, *output) {
	t.Helper()
	output := new(output)
	p := &process{Cmd: command(root, uid, gid, args), done: make(chan error, 1)}
	p.Stdout, p.Stderr = output, output
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.Wait() }()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.done
	})
	return p, output
}

// stop sends the signal and waits for the end.
func (p *process) stop(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		p.done <- err
	case <-time.After(patience):
		t.Fatalf("the agent still runs %v after %v", patience, s)
	}
}

func run(t *testing.T, root string, uid, gid uint32, args ...string) string {
	t.Helper()
	out, err := command(root, uid, gid, args).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func command(root string, uid, gid uint32, args []string) *exec.Cmd {
	return &exec.Cmd{
		Path: args[0], Args: args, Dir: "/",
		Env: []string{"PATH=/usr/bin", "NOTIFY_SOCKET=/run/notify"},
		SysProcAttr: &syscall.SysProcAttr{
			Chroot:     root,
			Credential: &syscall.Credential{Uid: uid, Gid: gid},
		},
	}
}

func signalOf(t *testing.T, name string) syscall.Signal {
	t.Helper()
	if name != "SIGINT" {
		t.Fatalf("KillSignal: got %q, want SIGINT, which makes an agent leave", name)
	}
	return syscall.SIGINT
}

// notifySocket is the service manager's end.
type notifySocket struct{ conn *net.UnixConn }

func listenNotify(t *testing.T, root string, uid uint32) *notifySocket {
	t.Helper()
	path := filepath.Join(root, "run/notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := os.Chown(path, int(uid), -1); err != nil {
		t.Fatal(err)
	}
	return &notifySocket{conn}
}

func (s *notifySocket) next(t *testing.T) string {
	t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := s.conn.Read(b)
	if err != nil {
		t.Errorf("reading what the agent tells the service manager: %v", err)
	}
	return string(b[:n])
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
