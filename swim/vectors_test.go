package swim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"serf/broadcast"
)

// machineCase is a recorded run of the reference's transitions.
type machineCase struct {
	Name, Description, Watch string
	ReclaimMillis            int `json:"dead_node_reclaim_ms"`
	Setup, Steps             []machineStep
	Expect                   machineResult
}

type machineStep struct {
	Do     string
	Fields machineFields
}

type machineFields struct {
	Incarnation      uint32
	Node, Name, From string
	Addr             string
	Port             uint16
	Meta, Vsn        *string
	State            int
}

type machineResult struct {
	Known         bool
	State         string
	Incarnation   uint32
	Addr          string
	Port          uint16
	Meta, Vsn     string
	Suspicion     bool `json:"suspicion_timer"`
	Health        int  `json:"health_score"`
	Events        []string
	Broadcasts    []machineBroadcast
	broadcastText []string
}

type machineBroadcast struct {
	Type   string
	Fields machineFields
}

func (f *machineFields) versions() []byte {
	if f.Vsn == nil {
		return nil
	}
	return bytesOf(*f.Vsn)
}

func (f *machineFields) meta() []byte {
	if f.Meta == nil {
		return nil
	}
	return bytesOf(*f.Meta)
}

func bytesOf(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func (f *machineFields) addr() netip.AddrPort {
	a, _ := netip.AddrFromSlice(bytesOf(f.Addr))
	return netip.AddrPortFrom(a, f.Port)
}

// text describes a broadcast; addresses in one form, since the recorded node announced its own IPv4 address in 16 bytes.
func (b *machineBroadcast) text() string {
	f := &b.Fields
	if b.Type != "alive" {
		return fmt.Sprintf("%s %s@%d from %s", b.Type, f.Node, f.Incarnation, f.From)
	}
	return fmt.Sprintf("alive %s@%d %s meta %x versions %x", f.Node, f.Incarnation, plain(f.addr()), f.meta(), f.versions())
}

func messageText(b []byte) string {
	switch MessageType(b[0]) {
	case TypeAlive:
		m, _ := DecodeAlive(b)
		return fmt.Sprintf("alive %s@%d %s meta %x versions %x", m.Node, m.Incarnation, plain(m.Addr), m.Meta, m.Versions)
	case TypeSuspect:
		m, _ := DecodeSuspect(b)
		return fmt.Sprintf("suspect %s@%d from %s", m.Node, m.Incarnation, m.From)
	case TypeDead:
		m, _ := DecodeDead(b)
		return fmt.Sprintf("dead %s@%d from %s", m.Node, m.Incarnation, m.From)
	}
	return fmt.Sprintf("%x", b)
}

// machineDeviations are the recorded cases in which this node does something else on purpose.
var machineDeviations = map[string]struct {
	why  string
	want machineResult
}{
	"new-alive-no-vsn": {
		"an entry without versions would block the push/pulls of reference peers",
		machineResult{},
	},
	"alive-conflict-16-byte": {
		"both forms of an IPv4 address are the same address",
		machineResult{
			Known: true, State: "alive", Incarnation: 6, Addr: "127.0.0.2", Port: 7946, Meta: "6d", Vsn: "010502020504",
			broadcastText: []string{"alive b@6 127.0.0.2:7946 meta 6d versions 010502020504"},
		},
	},
	"suspect-self-max": {
		"nothing can outdo the largest incarnation, and the reference wraps to 0",
		machineResult{Known: true, State: "alive", Incarnation: 1, Addr: "127.0.0.1", Port: 1, Meta: "6d", Vsn: "010502020504"},
	},
}

func TestStateMachineVectors(t *testing.T) {
	var cases []machineCase
	readVectors(t, "state-machine.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			want := c.Expect
			for _, b := range want.Broadcasts {
				want.broadcastText = append(want.broadcastText, b.text())
			}
			if d, ok := machineDeviations[c.Name]; ok {
				if machineText(d.want) == machineText(want) {
					t.Fatalf("%s: listed as a deviation, but is none", d.why)
				}
				want = d.want
			}
			got := runMachine(t, &c)
			if g, w := machineText(got), machineText(want); g != w {
				t.Errorf("%s\n got %s\nwant %s", c.Description, g, w)
			}
		})
	}
}

func machineText(r machineResult) string {
	if !r.Known {
		r = machineResult{Health: r.Health, Events: r.Events, broadcastText: r.broadcastText}
	}
	return fmt.Sprintf("known %v %s@%d %s:%d meta %s versions %s suspicion %v health %d events %v broadcasts %v", r.Known,
		r.State, r.Incarnation, r.Addr, r.Port, r.Meta, r.Vsn, r.Suspicion, r.Health, r.Events, r.broadcastText)
}

func machineConfig() Config {
	c := DefaultLAN()
	c.Name = "local"
	c.Advertise = netip.MustParseAddrPort("127.0.0.1:1")
	c.Meta = []byte("m")
	c.DelegateMin, c.DelegateMax, c.DelegateVersion = 2, 5, 4
	return c
}

func runMachine(t *testing.T, c *machineCase) machineResult {
	cfg := machineConfig()
	cfg.DeadNodeReclaimTime = time.Duration(c.ReclaimMillis) * time.Millisecond
	now := epoch
	n, err := New(cfg, now, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Setup {
		now = now.Add(machineDo(t, n, now, s))
	}
	n.queue.Prune(0)
	machineEvents(n)
	for _, s := range c.Steps {
		now = now.Add(machineDo(t, n, now, s))
	}
	r := machineResult{Health: n.Health(), Events: machineEvents(n)}
	var b broadcast.Batch
	n.queue.Take(&b, 0, 1<<20, n.Len())
	b.All(func(m []byte) bool { r.broadcastText = append(r.broadcastText, messageText(m)); return true })
	m, ok := n.Lookup(c.Watch)
	if !ok {
		return r
	}
	member, _ := n.dir.find(c.Watch)
	r.Known, r.State, r.Incarnation = true, m.Status.String(), m.Incarnation
	r.Addr, r.Port = m.Info.Addr.Addr().Unmap().String(), m.Info.Addr.Port()
	r.Meta, r.Vsn = hex.EncodeToString(m.Info.Meta), hex.EncodeToString(m.Info.Versions[:])
	_, r.Suspicion = n.suspicions[member]
	return r
}

// machineDo carries out one step and returns how long it takes.
func machineDo(t *testing.T, n *Node, now time.Time, s machineStep) time.Duration {
	f := &s.Fields
	from := netip.MustParseAddrPort("127.0.0.9:7946")
	var b []byte
	switch s.Do {
	case "alive":
		b = AppendAlive(nil, &AliveMessage{Incarnation: f.Incarnation, Node: []byte(f.Node), Addr: f.addr(), Meta: f.meta(),
			Versions: f.versions()})
	case "suspect":
		b = AppendSuspect(nil, &SuspectMessage{Incarnation: f.Incarnation, Node: []byte(f.Node), From: []byte(f.From)})
	case "dead":
		b = AppendDead(nil, &DeadMessage{Incarnation: f.Incarnation, Node: []byte(f.Node), From: []byte(f.From)})
	case "merge":
		info := &Info{Name: f.Name, Addr: f.addr(), Meta: f.meta(), Versions: ParseVersions(f.versions())}
		m := MemberState{Info: info, Incarnation: f.Incarnation, Status: Status(f.State)}
		n.HandleState(now, Accepted(1), &State{Members: []MemberState{m}})
		return 0
	case "leave":
		n.Leave(now)
		return 0
	case "sleep":
		return 60 * time.Millisecond
	default:
		t.Fatalf("unknown step %q", s.Do)
	}
	if err := n.HandlePacket(now, from, b); err != nil {
		t.Errorf("%s: %v", s.Do, err)
	}
	return 0
}

// machineEvents takes the events that the reference has too.
func machineEvents(n *Node) (list []string) {
	names := map[EventKind]string{EventJoin: "join", EventLeave: "leave", EventUpdate: "update", EventConflict: "conflict"}
	for e, ok := n.NextEffect(); ok; e, ok = n.NextEffect() {
		if name := names[e.Event.Kind]; e.Kind == EffectEvent && name != "" {
			list = append(list, name+":"+e.Event.Info.Name)
		}
	}
	return list
}

// versionDeviations are the recorded push/pulls that this node merges in part instead of refusing them whole.
var versionDeviations = map[string]string{
	"remote-dead-bad":     "the dead entry is passed over; the peer itself is compatible",
	"remote-no-vsn-dead":  "the dead entry is passed over; the peer itself is compatible",
	"local-zero-vsn":      "such an entry is never accepted into the table",
	"local-zero-vsn-dead": "such an entry is never accepted into the table",
}

func TestVerifyProtocolVectors(t *testing.T) {
	type entry struct {
		State int
		Vsn   *string
	}
	var cases []struct {
		Name, Description string
		OK                bool
		Remote            []entry `json:"remote_nodes"`
		Local             []entry `json:"other_local_nodes"`
	}
	readVectors(t, "verify-protocol.json", &cases)
	state := func(prefix string, list []entry) *State {
		s := &State{}
		for i, e := range list {
			f := machineFields{Vsn: e.Vsn}
			s.Members = append(s.Members, MemberState{Incarnation: 1, Status: Status(e.State), Info: &Info{
				Name: fmt.Sprint(prefix, i), Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, byte(i)}), 7946),
				Versions: ParseVersions(f.versions())}})
		}
		return s
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			n, err := New(machineConfig(), epoch, rand.New(rand.NewPCG(1, 2)))
			if err != nil {
				t.Fatal(err)
			}
			n.HandleState(epoch, Accepted(1), state("local", c.Local))
			err = n.HandleState(epoch, Accepted(2), state("remote", c.Remote))
			ok := c.OK
			if why := versionDeviations[c.Name]; why != "" {
				ok = !ok
			}
			if got := err == nil; got != ok {
				t.Errorf("%s: got %v, want ok %v", c.Description, err, ok)
			}
			if len(c.Local) > 0 {
				want(t, "members without versions in the table", strings.Contains(fmt.Sprint(n.View().Members), "local"), false)
			}
		})
	}
}

func TestFormulaVectors(t *testing.T) {
	var v struct {
		Suspicion []struct {
			IntervalMS int `json:"interval_ms"`
			Mult, N    int
			Timeout    int64 `json:"timeout_ns"`
		} `json:"suspicion_timeout"`
		Scale []struct {
			IntervalMS int `json:"interval_ms"`
			N          int
			Scaled     int `json:"scaled_ms"`
		} `json:"push_pull_scale"`
		Remaining []struct {
			N, K      int
			ElapsedMS int   `json:"elapsed_ms"`
			MinMS     int   `json:"min_ms"`
			MaxMS     int   `json:"max_ms"`
			Remaining int64 `json:"remaining_ns"`
		} `json:"remaining_suspicion"`
	}
	readVectors(t, "formulas.json", &v)
	for _, c := range v.Suspicion {
		got := suspicionTimeout(c.Mult, c.N, time.Duration(c.IntervalMS)*time.Millisecond)
		want(t, fmt.Sprintf("suspicion timeout %+v", c), int64(got), c.Timeout)
	}
	for _, c := range v.Scale {
		want(t, fmt.Sprintf("push/pull scale %+v", c), c.IntervalMS*pushPullScale(c.N), c.Scaled)
	}
	for _, c := range v.Remaining {
		ms := time.Millisecond
		total := suspicionTotal(c.N, c.K, time.Duration(c.MinMS)*ms, time.Duration(c.MaxMS)*ms)
		want(t, fmt.Sprintf("remaining %+v", c), int64(total-time.Duration(c.ElapsedMS)*ms), c.Remaining)
	}
	if len(v.Suspicion) == 0 || len(v.Scale) == 0 || len(v.Remaining) == 0 {
		t.Error("vectors are missing")
	}
}

func readVectors(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}
