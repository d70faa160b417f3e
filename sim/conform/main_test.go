//go:build conform

package conform

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// workers is how many checks run at once unless -parallel says otherwise: they wait more than they compute.
const workers = 24

var (
	agentPath  = flag.String("agent", "", "the serf binary under test; empty builds and tests ours")
	knownList  = flag.String("known", "", "known differences to expect: debian, or empty for none")
	listChecks = flag.Bool("list-checks", false, "print name, section and statement of every check, tab separated, and exit")
	update     = flag.Bool("update", false, "rewrite checks.txt")
)

// families are the groups of checks, one test function each.
var families = []family{
	{"Gossip", "gossip", gossipChecks()},
	{"Serf", "serf", serfChecks()},
	{"RPC", "rpc", rpcChecks()},
	{"CLI", "cli", cliChecks()},
	{"Agent", "agent", agentChecks()},
	{"Handler", "agent", handlerChecks()},
}

func TestGossip(t *testing.T)  { runFamily(t, families[0]) }
func TestSerf(t *testing.T)    { runFamily(t, families[1]) }
func TestRPC(t *testing.T)     { runFamily(t, families[2]) }
func TestCLI(t *testing.T)     { runFamily(t, families[3]) }
func TestAgent(t *testing.T)   { runFamily(t, families[4]) }
func TestHandler(t *testing.T) { runFamily(t, families[5]) }

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if *listChecks {
		fmt.Print(checkList())
		return 0, nil
	}
	if _, ok := knownLists[*knownList]; !ok {
		return 1, fmt.Errorf("no list of known differences is called %q (there is: debian)", *knownList)
	}
	if !flagGiven("test.parallel") {
		if err := flag.Set("test.parallel", strconv.Itoa(workers)); err != nil {
			return 1, err
		}
	}
	dir, err := os.MkdirTemp("", "serf-conform-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := prepareBinary(dir); err != nil {
		return 1, err
	}
	code := m.Run()
	stopShared()
	fmt.Print(summary())
	return code, nil
}

// prepareBinary makes the path of the binary under test absolute, building ours when none was given.
func prepareBinary(dir string) error {
	if *agentPath != "" {
		path, err := exec.LookPath(*agentPath)
		if err != nil {
			return fmt.Errorf("-agent=%s: %w", *agentPath, err)
		}
		*agentPath, err = filepath.Abs(path)
		return err
	}
	*agentPath = filepath.Join(dir, "serf")
	out, err := exec.Command("go", "build", "-o", *agentPath, "serf/cmd/serf").CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("build: %w", err), errors.New(string(out)))
	}
	return nil
}

func flagGiven(name string) bool {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}
