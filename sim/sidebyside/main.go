//go:build linux

// Command sidebyside runs an idle cluster of this project's agents and one of Debian's serf, one after the other on this
// machine, and prints what each agent cost: resident memory, CPU time, packets and bytes, ours as a ratio of theirs.
//
//	go run ./sim/sidebyside -agents 20 -for 30s -ours bin/serf
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

const (
	// settle is how long a fresh cluster is left alone, so that joins are not counted as idling.
	settle = 20 * time.Second
	// convergeWithin is how long all agents may take to know each other.
	convergeWithin = 60 * time.Second
	// clockTicks is USER_HZ, the unit of the times in /proc/PID/stat; Linux fixes it at 100.
	clockTicks = 100
)

func main() {
	agents := flag.Int("agents", 20, "agents in each cluster")
	window := flag.Duration("for", 30*time.Second, "how long the idle cluster is watched")
	oursPath := flag.String("ours", "bin/serf", "binary of this project")
	theirsPath := flag.String("theirs", "/usr/bin/serf", "binary of the reference")
	flag.Parse()
	if err := run(os.Stdout, *agents, *window, *oursPath, *theirsPath); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, agents int, window time.Duration, oursPath, theirsPath string) error {
	if _, err := exec.LookPath(theirsPath); err != nil {
		fmt.Fprintf(w, "side by side: left out, the reference is not installed (apt-get install -y serf)\n")
		return nil
	}
	fmt.Fprintf(w, "side by side: %d idle agents each, watched for %v\n", agents, window)
	theirs, err := measure(theirsPath, "127.91.1", agents, window)
	if err != nil {
		return fmt.Errorf("theirs: %w", err)
	}
	ours, err := measure(oursPath, "127.91.2", agents, window)
	if err != nil {
		return fmt.Errorf("ours: %w", err)
	}
	table(w, ours, theirs)
	return nil
}

// cost is what one cluster used per agent over the window.
type cost struct {
	residentKiB float64
	cpuMillis   float64
	packets     float64 // UDP datagrams sent
	bytes       float64 // over the loopback interface, all protocols and headers
}

func table(w io.Writer, ours, theirs cost) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "per agent\tours\ttheirs\tours/theirs\t")
	row := func(name string, a, b float64) {
		fmt.Fprintf(tw, "%s\t%.1f\t%.1f\t%.2f\t\n", name, a, b, a/b)
	}
	row("resident memory, MiB", ours.residentKiB/1024, theirs.residentKiB/1024)
	row("CPU time, ms", ours.cpuMillis, theirs.cpuMillis)
	row("packets sent", ours.packets, theirs.packets)
	row("bytes, KiB", ours.bytes/1024, theirs.bytes/1024)
	tw.Flush()
}

// measure runs one cluster on addresses of its own subnet.
func measure(path, subnet string, agents int, window time.Duration) (cost, error) {
	var procs []*exec.Cmd
	defer func() {
		for _, p := range procs {
			_ = p.Process.Kill() // it may have ended
			_ = p.Wait()         // killed: the status says so
		}
	}()
	var seed, rpc string
	for i := range agents {
		bind, err := freePort(fmt.Sprintf("%s.%d", subnet, i+1))
		if err != nil {
			return cost{}, err
		}
		rpcAddr, err := freePort(fmt.Sprintf("%s.%d", subnet, i+1))
		if err != nil {
			return cost{}, err
		}
		args := []string{"agent", "-node=" + fmt.Sprintf("n%02d", i), "-bind=" + bind, "-rpc-addr=" + rpcAddr}
		if i == 0 {
			seed, rpc = bind, rpcAddr
		} else {
			args = append(args, "-retry-join="+seed, "-retry-interval=1s")
		}
		p := exec.Command(path, args...)
		p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := p.Start(); err != nil {
			return cost{}, err
		}
		procs = append(procs, p)
	}
	if err := converged(path, rpc, agents); err != nil {
		return cost{}, err
	}
	<-time.After(settle)
	return watch(procs, window)
}

func converged(path, rpc string, agents int) error {
	deadline := time.Now().Add(convergeWithin)
	for range time.Tick(500 * time.Millisecond) {
		out, err := exec.Command(path, "members", "-status=alive", "-rpc-addr="+rpc).Output()
		if err == nil && len(strings.Split(strings.TrimSpace(string(out)), "\n")) == agents {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d agents did not converge within %v; the first says:\n%s", agents, convergeWithin, out)
		}
	}
	return nil
}

func watch(procs []*exec.Cmd, window time.Duration) (cost, error) {
	cpu0, err := cpuTicks(procs)
	if err != nil {
		return cost{}, err
	}
	udp0, bytes0, err := traffic()
	if err != nil {
		return cost{}, err
	}
	<-time.After(window)
	udp1, bytes1, err := traffic()
	if err != nil {
		return cost{}, err
	}
	cpu1, err := cpuTicks(procs)
	if err != nil {
		return cost{}, err
	}
	resident, err := residentKiB(procs)
	if err != nil {
		return cost{}, err
	}
	n := float64(len(procs))
	return cost{
		residentKiB: float64(resident) / n,
		cpuMillis:   float64(cpu1-cpu0) * 1000 / clockTicks / n,
		packets:     float64(udp1-udp0) / n,
		bytes:       float64(bytes1-bytes0) / n,
	}, nil
}

// cpuTicks adds user and system time of all processes, fields 14 and 15 of /proc/PID/stat.
func cpuTicks(procs []*exec.Cmd) (int, error) {
	sum := 0
	for _, p := range procs {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
		if err != nil {
			return 0, err
		}
		// The command name, field 2, is in parentheses and may hold blanks.
		fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
		if len(fields) < 13 {
			return 0, errors.New("short /proc/PID/stat")
		}
		for _, f := range fields[11:13] {
			v, err := strconv.Atoi(f)
			if err != nil {
				return 0, err
			}
			sum += v
		}
	}
	return sum, nil
}

func residentKiB(procs []*exec.Cmd) (int, error) {
	sum := 0
	for _, p := range procs {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
		if err != nil {
			return 0, err
		}
		v, err := field(string(b), "VmRSS:")
		if err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, nil
}

// traffic returns the machine's count of sent UDP datagrams and of bytes that crossed the loopback interface. Nothing else
// should use the network meanwhile.
func traffic() (datagrams, bytes int, err error) {
	b, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		return 0, 0, err
	}
	lines := strings.Split(string(b), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "Udp:") && i+1 < len(lines) {
			names, values := strings.Fields(line), strings.Fields(lines[i+1])
			for j, name := range names {
				if name == "OutDatagrams" && j < len(values) {
					if datagrams, err = strconv.Atoi(values[j]); err != nil {
						return 0, 0, err
					}
				}
			}
			break
		}
	}
	b, err = os.ReadFile("/proc/net/dev")
	if err != nil {
		return 0, 0, err
	}
	bytes, err = field(string(b), "lo:")
	return datagrams, bytes, err
}

// field returns the number that follows name.
func field(s, name string) (int, error) {
	_, rest, found := strings.Cut(s, name)
	words := strings.Fields(rest)
	if !found || len(words) == 0 {
		return 0, fmt.Errorf("no field %s", name)
	}
	return strconv.Atoi(words[0])
}

func freePort(ip string) (string, error) {
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
