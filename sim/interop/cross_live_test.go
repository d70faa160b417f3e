//go:build interop

package interop

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"serf/sim/process"
)

// TestMonitorsOfBothSides follows each agent with each client: log, event, interrupt, end of the agent. Known difference: the reference prints the
// fields of an event in random order and members in a debug notation, so only the lines on which a script can rely are looked for.
func TestMonitorsOfBothSides(t *testing.T) {
	t.Parallel()
	for _, s := range []side{ours, theirs} {
		a := start(t, s, "watched-"+s.name)
		for _, client := range []side{ours, theirs} {
			m := follow(t, client, a)
			m.shows(t, "[INFO] agent: Serf agent starting\n")
			a.must(t, s, "event", "-coalesce=false", "deploy-"+client.name, "v1")
			m.shows(t, "[INFO] agent: Received event: user-event: deploy-"+client.name+"\n")
			m.shows(t, "Event Info:\n")
			m.shows(t, "\tEvent: \"user\"\n")
			m.shows(t, "\tName: \"deploy-"+client.name+"\"\n")
			m.shows(t, "\tCoalesce: false\n")
			if err := m.process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
			m.ends(t, 0)
		}
		last := []*monitor{follow(t, ours, a), follow(t, theirs, a)}
		for _, m := range last {
			m.shows(t, "[INFO] agent: Serf agent starting\n")
		}
		a.kill()
		for _, m := range last {
			m.ends(t, 1)
			m.shows(t, "\n\nRemote side ended the monitor! ")
		}
	}
}

// monitor is "serf monitor" under way.
type monitor struct {
	side
	process *process.Process
	out     *process.Output
}

func follow(t *testing.T, s side, a *agent) *monitor {
	t.Helper()
	m := &monitor{side: s, out: &process.Output{}}
	cmd := exec.Command(s.path, "monitor", "-rpc-addr="+a.rpc)
	cmd.Stdout, cmd.Stderr = m.out, m.out
	var err error
	if m.process, err = process.Start(cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.process.Kill)
	return m
}

func (m *monitor) shows(t *testing.T, text string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the monitor of %s shows %q", m.name, text), func() error {
		if got := m.out.String(); !strings.Contains(got, text) {
			return fmt.Errorf("printed %q", tail(got, 20))
		}
		return nil
	})
}

func (m *monitor) ends(t *testing.T, want int) {
	t.Helper()
	if status, err := m.process.Wait(convergeWithin); status != want || err != nil {
		t.Errorf("the monitor of %s exited with %d, %v, want %d", m.name, status, err, want)
	}
}

// TestLeavesByBothSides lets each agent leave by each client.
func TestLeavesByBothSides(t *testing.T) {
	t.Parallel()
	for _, s := range []side{ours, theirs} {
		var outcomes []outcome
		for _, client := range []side{theirs, ours} {
			a := start(t, s, "leaver-"+s.name+"-"+client.name)
			outcomes = append(outcomes, client.command(t, nil, "leave", "-rpc-addr="+a.rpc))
			exits(t, a, 0)
		}
		if outcomes[0] != outcomes[1] || outcomes[0].code != 0 {
			t.Errorf("leave of %s\ntheirs: %v\nours:   %v", s.name, outcomes[0], outcomes[1])
		}
	}
}
