package transcript

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"serf/swim"
)

// boring names counters that move with every packet and would bury the others.
var boring = map[string]bool{}

// Run plays the text of a transcript and returns it with the lines that really came about. It fails when a command is
// unknown or cannot be done, naming its line.
func Run(text string) (string, error) {
	w := newWorld()
	var out strings.Builder
	expected := false // inside the expected lines of a block, which are replaced
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n")
		case line == "----":
			expected = true
			out.WriteString("----\n")
			for _, l := range w.lines {
				out.WriteString(l + "\n")
			}
			w.lines = nil
		case strings.TrimSpace(line) == "":
			expected = false
			out.WriteString("\n")
		case !expected:
			if err := w.command(strings.Fields(line)); err != nil {
				return "", fmt.Errorf("line %d: %q: %w", i+1, line, err)
			}
			out.WriteString(line + "\n")
		}
	}
	if len(w.lines) > 0 {
		return "", fmt.Errorf("the last block has no ---- line; it would show:\n%s", strings.Join(w.lines, "\n"))
	}
	return out.String(), nil
}

func (w *world) command(args []string) error {
	name, args := args[0], args[1:]
	switch {
	case name == "node" && len(args) > 0:
		return w.startNode(args[0], args[1:])
	case name == "advance" && len(args) == 1:
		d, err := time.ParseDuration(args[0])
		if err == nil {
			w.advance(d)
		}
		return err
	case name == "tell" && len(args) >= 4:
		return w.tell(args)
	case (name == "drop" || name == "pass" || name == "cut" || name == "mend") && len(args) == 1:
		return w.link(name, args[0])
	case len(args) >= 1:
		a, err := w.actor(args[0])
		if err != nil {
			return err
		}
		return w.order1(name, a, args[1:])
	}
	return fmt.Errorf("unknown command")
}

// order1 is a command to one node.
func (w *world) order1(name string, a *actor, args []string) error {
	var err error
	switch {
	case name == "join" && len(args) == 1:
		b := w.actors[args[0]]
		if b == nil {
			return fmt.Errorf("no node %q", args[0])
		}
		_, err = a.node.Join(w.time(), b.addr, b.name)
	case name == "leave" && len(args) == 0:
		err = a.node.Leave(w.time())
	case name == "meta" && len(args) == 1:
		err = a.node.SetMeta(w.time(), []byte(args[0]))
	case name == "members" && len(args) == 0:
		w.members(a)
	case name == "crash" && len(args) == 0:
		a.node = nil
		return nil
	default:
		return fmt.Errorf("unknown command")
	}
	if err == nil {
		w.drain(a)
	}
	return err
}

func (w *world) startNode(name string, options []string) error {
	var failed error
	err := w.start(name, func(c *swim.Config) {
		c.PushPullInterval = 0 // plays are about one thing; option pushpull switches it on
		for _, o := range options {
			if err := option(c, o); err != nil {
				failed = err
			}
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

func option(c *swim.Config, text string) error {
	key, value, _ := strings.Cut(text, "=")
	if key == "k" {
		k, err := strconv.Atoi(value)
		c.IndirectChecks = k
		return err
	}
	durations := map[string]*time.Duration{
		"probe": &c.ProbeInterval, "timeout": &c.ProbeTimeout, "gossip": &c.GossipInterval, "pushpull": &c.PushPullInterval,
		"dead": &c.GossipToTheDeadTime, "reclaim": &c.DeadNodeReclaimTime,
	}
	p := durations[key]
	if p == nil {
		return fmt.Errorf("unknown option %q", key)
	}
	d, err := time.ParseDuration(value)
	*p = d
	return err
}

func (w *world) link(name, link string) error {
	from, to, ok := strings.Cut(link, "->")
	if !ok || w.actors[from] == nil || w.actors[to] == nil {
		return fmt.Errorf("want A->B with known nodes")
	}
	set := w.drop
	if name == "cut" || name == "mend" {
		set = w.cut
	}
	set[[2]string{from, to}] = name == "drop" || name == "cut"
	return nil
}

func (w *world) tell(args []string) error {
	a, err := w.actor(args[0])
	if err != nil {
		return err
	}
	inc, err := strconv.ParseUint(args[3], 10, 32)
	if err != nil {
		return err
	}
	var m []byte
	switch {
	case args[1] == "alive" && len(args) == 4:
		known, ok := a.node.Lookup(args[2])
		if !ok {
			return fmt.Errorf("%s does not know %s", a.name, args[2])
		}
		info := known.Info
		m = swim.AppendAlive(nil, &swim.AliveMessage{Incarnation: uint32(inc), Node: []byte(info.Name), Addr: info.Addr,
			Meta: info.Meta, Versions: info.Versions[:]})
	case args[1] == "suspect" && len(args) == 5:
		m = swim.AppendSuspect(nil, &swim.SuspectMessage{Incarnation: uint32(inc), Node: []byte(args[2]), From: []byte(args[4])})
	case args[1] == "dead" && len(args) == 5:
		m = swim.AppendDead(nil, &swim.DeadMessage{Incarnation: uint32(inc), Node: []byte(args[2]), From: []byte(args[4])})
	default:
		return fmt.Errorf("want suspect|dead NODE INC FROM or alive NODE INC")
	}
	_ = a.node.HandlePacket(w.time(), w.order[0].addr, m) // what it rejects shows in its counters
	w.drain(a)
	return nil
}
